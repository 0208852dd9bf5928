// Package source holds the text of documents and what is said about it: files, ranges and diagnostics.
//
// A [Range] is a pair of byte offsets into a [File]; lines and columns are computed when a [Diagnostic] is rendered.
// The package imports nothing else of this project, so that every other one can report at a position.
package source
