// Package connect is what a document says about an Apache Iggy server: the part of their configs that the input and the
// output share.
package connect
