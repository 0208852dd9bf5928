// Package limit is the processor that lets a number of records pass and then ends the input.
package limit
