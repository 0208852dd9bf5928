// Package remove is the processor that drops the named columns.
package remove
