// Package golden compares texts with what a folder of txtar archives wants, and rewrites the archives with -update.
//
// An archive holds inputs and what is to be said of each: a file called `want` follows the one input, or a file
// INPUT/want follows each of several. Its diff is reviewed like code.
package golden
