// Package set is the processor that adds and replaces columns by expressions.
package set
