// Package stdout is the output that writes records to standard output.
package stdout
