// Package merge is the input that joins the records of several inputs to one stream.
package merge
