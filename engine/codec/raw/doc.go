// Package raw is the format of records that are bytes and nothing more: a whole file or a message each, in the column
// payload.
package raw
