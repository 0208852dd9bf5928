// Package selection is the processor `select`, which makes a new record by expressions. Its name is not the folder's
// because select is a word of Go.
package selection
