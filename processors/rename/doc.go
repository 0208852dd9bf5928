// Package rename is the processor that gives columns other names.
package rename
