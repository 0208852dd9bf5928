package arrowtest

import (
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// TB is what the allocator needs of a test: *testing.T, *testing.B and *rapid.T have it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}

// Allocator returns an allocator for one test, which fails at its end when a byte of it is still in use.
//
// With *rapid.T it is one allocator for each case, checked at the end of the case.
func Allocator(t TB) memory.Allocator {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() {
		t.Helper()
		mem.AssertSize(t, 0)
	})
	return mem
}
