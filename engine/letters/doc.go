// Package letters reads the files that a dead letter was written to: to show what was rejected and why, and to put the
// records through their document again.
//
// A [File] is a dead letter as it was when it was looked at; it may grow behind that. [Group] joins letters that have the
// same reason. [Input] stands in for a document's input and gives the records as they first came: their bytes, decoded as
// the document says, and their meta.
package letters
