// Package unittest runs the tests of documents, without any server.
//
// A test file, NAME_test.yaml or .toml, stands beside the document NAME. Each of its cases gives records and says what
// must come of them. The input, output and dead letter are replaced; decoding, the processors and the output's router are
// the real ones. [Run] runs the cases of test files and returns a [Report]. docs/testing.md describes the format.
//
// Every case is run twice, on the batches as they were decoded and on batches of one and three rows. The two must agree: a
// component whose result depends on where a batch ends is wrong, and the report says so.
package unittest
