// Package filter is the processor that keeps the records for which a condition is true.
package filter
