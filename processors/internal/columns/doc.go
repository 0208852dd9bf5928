// Package columns finds the columns that a document names and keeps their order stable when an inferred schema grows:
// what every processor that takes names of columns shares.
package columns
