// Package loginput is the input `log`, which reads internal/ledger/logserver as a member of its group. It is no part of
// iggy-flow: the crash harness patches it into the program that it kills.
package loginput
