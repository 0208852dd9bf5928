// Package text is the format of records that are plain text: a line of a file or a message each, in the column payload.
//
// A decoder takes whole lines from the bytes of a split; what is no UTF-8 fails alone. Messages may hold line ends.
package text
