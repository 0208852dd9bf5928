// Package house holds the rules of this repository that a test can check: who imports whom, no registration by init, no
// package that nobody owns, files of a readable length.
package house
