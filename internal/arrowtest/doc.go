// Package arrowtest holds what tests of Arrow memory need.
//
// [Allocator] is the allocator of every test: it fails the test that leaks, and names the call that allocated.
package arrowtest
