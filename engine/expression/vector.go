package expression

import (
	"math/bits"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// vec holds one value for each row of a batch. What stands in rows that were not asked for, and in null rows, is
// undefined but safe to read.
type vec struct {
	store  storage
	temp   bool     // nobody else reads it: it can be given back when its consumer is done
	kept   bool     // a memo holds it until the end of the batch
	borrow bool     // the buffers are a column's and never go to the pools
	pinned bool     // data is pointed into until the end of the batch
	owned  bool     // ok may be written to
	ok     []uint64 // bit i: row i has a value; nil: all have
	bools  []byte   // 0 or 1
	ints   []int64
	uints  []uint64
	floats []float64
	decs   []decimal128.Num
	anys   []any
	arr    arrow.Array  // in inArrays: row i of the vector is element i; borrowed
	typ    schemas.Type // of arr

	// Texts, dense: row i is data[offs[i]:offs[i+1]]. So are columns, and what kernels write for all rows in order.
	offs []int32
	data []byte

	// Texts, scattered: row i is where views[i] says. Neither form holds pointers in rows, which would cost the
	// collector's attention for each.
	views []view
	table *[][]byte
}

// has reports whether row i has a value.
func (v *vec) has(i int32) bool { return v.ok == nil || v.ok[i>>6]>>(uint(i)&63)&1 != 0 }

// str returns the text of row i, which lives as long as the batch, or until the vector is done.
func (v *vec) str(i int32) string {
	if v.views == nil {
		from, to := v.offs[i], v.offs[i+1]
		return unsafe.String(unsafe.SliceData(v.data[from:]), int(to-from))
	}
	w := v.views[i]
	if w.size == 0 {
		return ""
	}
	return unsafe.String(unsafe.SliceData((*v.table)[w.source][w.at:]), int(w.size))
}

func words(n int) int { return (n + 63) >> 6 }

// both is the validity of a value that needs two others.
func (s *scratch) both(a, b []uint64, n int) []uint64 {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	out := s.bitmap(n)
	for i := range out {
		out[i] = a[i] & b[i]
	}
	return out
}

// ones is a bitmap of n rows that all have values.
func (s *scratch) ones(n int) []uint64 {
	out := s.bitmap(n)
	for i := range out {
		out[i] = ^uint64(0)
	}
	return out
}

// zeros is a bitmap of n rows without values.
func (s *scratch) zeros(n int) []uint64 {
	out := s.bitmap(n)
	clear(out)
	return out
}

// own makes the bitmap of v writable.
func (s *scratch) own(v *vec, n int) {
	if v.owned {
		return
	}
	if v.ok == nil {
		v.ok = s.ones(n)
	} else {
		out := s.bitmap(n)
		copy(out, v.ok)
		v.ok = out
	}
	v.owned = true
}

// null makes row i null. The bitmap must be owned.
func (v *vec) null(i int32) { v.ok[i>>6] &^= 1 << (uint(i) & 63) }

func setBit(b []uint64, i int32) { b[i>>6] |= 1 << (uint(i) & 63) }

func hasBit(b []uint64, i int32) bool { return b[i>>6]>>(uint(i)&63)&1 != 0 }

// countNulls counts the rows of n without a value.
func countNulls(ok []uint64, n int) int {
	if ok == nil {
		return 0
	}
	count := n
	for i, w := range ok {
		if rest := n - i<<6; rest < 64 {
			w &= 1<<uint(rest) - 1
		}
		count -= bits.OnesCount64(w)
	}
	return count
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
