// Package stdin is the input that reads standard input until it ends.
package stdin
