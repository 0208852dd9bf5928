// Package lint finds in a document at rest what run would find in flight, and what is valid but unwise.
//
// Errors come from the packages that own what is wrong; the rules of this package, one file each, look at a whole
// document and its plan.
package lint
