// Package iggytest runs a broker of package iggybroker inside a test.
//
// [Start] gives a test its own broker on a free port of loopback, with files in a temporary directory. The test can restart
// it, with its tail or without, make it fail, and move its clock.
package iggytest
