// Command mutate checks that tests notice when a decision is wrong.
//
// It changes one decision of a source file at a time (a condition, a boundary, a call, an assignment, an early return),
// runs the tests of its packages on the changed file by way of `go test -overlay`, and reports the changes that no test
// notices. Those that change nothing that anyone could notice are listed, with the reason, in equivalent.txt.
package main
