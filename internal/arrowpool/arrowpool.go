// Package arrowpool is the allocator of running pipelines: it hands Arrow buffers out again instead of leaving them to
// the garbage collector, which costs a fresh page and its zeroing each time.
package arrowpool

import (
	"math/bits"
	"sync"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// The size classes are powers of two between these; what is larger is rare and goes to the garbage collector.
const (
	minShift = 6 // 64 bytes: Arrow's alignment
	maxShift = 26
)

// Allocator pools buffers by size class. It is safe for concurrent use. What nobody uses is given up by the garbage
// collector, as with every sync.Pool.
type Allocator struct {
	classes [maxShift + 1]sync.Pool
}

var _ memory.Allocator = (*Allocator)(nil)

// New returns an empty pool.
func New() *Allocator { return &Allocator{} }

// class is the exponent of the smallest size class that holds size bytes.
func class(size int) int { return max(bits.Len(uint(size-1)), minShift) }

// Allocate implements memory.Allocator: the bytes are zero and begin at a multiple of 64.
func (a *Allocator) Allocate(size int) []byte {
	if size <= 0 {
		return nil
	}
	c := class(size)
	if c > maxShift {
		return aligned(size)
	}
	if p, ok := a.classes[c].Get().(*byte); ok {
		buf := unsafe.Slice(p, 1<<c)[:size] // Free put in the start of a whole class
		clear(buf)
		return buf
	}
	return aligned(1 << c)[:size]
}

// aligned allocates n zero bytes at a multiple of 64.
func aligned(n int) []byte {
	buf := make([]byte, n+64)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(buf))) & 63)
	return buf[skip : skip+n : skip+n]
}

// Reallocate implements memory.Allocator.
func (a *Allocator) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) && cap(b) > 0 && size > 0 && class(size) == class(cap(b)) {
		grown := b[:size]
		if size > len(b) {
			clear(grown[len(b):])
		}
		return grown
	}
	fresh := a.Allocate(size)
	copy(fresh, b)
	a.Free(b)
	return fresh
}

// Free implements memory.Allocator. A buffer that is no whole class was not made here, or is too large, and is left alone.
func (a *Allocator) Free(b []byte) {
	n := cap(b)
	if n < 1<<minShift || n > 1<<maxShift || n&(n-1) != 0 {
		return
	}
	a.classes[bits.Len(uint(n))-1].Put(unsafe.SliceData(b[:n]))
}
