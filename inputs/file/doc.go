// Package file is the input that reads files: one after the other, each from its first record to its last.
package file
