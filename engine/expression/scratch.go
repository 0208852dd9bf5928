package expression

import "github.com/apache/arrow-go/v18/arrow/decimal128"

// pool keeps the buffers of one element type between nodes and batches.
type pool[T any] struct{ free [][]T }

func (p *pool[T]) get(n int) []T {
	for len(p.free) > 0 {
		s := p.free[len(p.free)-1]
		p.free = p.free[:len(p.free)-1]
		if cap(s) >= n {
			return s[:n]
		}
	}
	return make([]T, n, n+64) // offsets are one longer than rows
}

func (p *pool[T]) put(s []T) {
	if cap(s) > 0 {
		p.free = append(p.free, s)
	}
}

// scratch is the reusable memory of an evaluator.
type scratch struct {
	bools  pool[byte] // hold nothing but 0 and 1, also where a row is null
	bytes  pool[byte]
	ints   pool[int64]
	uints  pool[uint64]
	floats pool[float64]
	decs   pool[decimal128.Num]
	views  pool[view]
	anys   pool[any]
	rows   pool[int32]
	vecs   []*vec

	// Bitmaps are small and shared by vectors: all of a batch's are dropped together.
	bitmaps []uint64
	bitsAt  int

	text   texts
	pinned [][]byte // dense texts that views point into
}

// reset forgets the bitmaps and the text of the last batch.
func (s *scratch) reset() {
	s.bitsAt = 0
	s.text.reset()
	for _, b := range s.pinned {
		s.bytes.put(b)
	}
	s.pinned = s.pinned[:0]
}

// bitmap returns words for n rows, of undefined content.
func (s *scratch) bitmap(n int) []uint64 {
	w := words(n)
	if s.bitsAt+w > len(s.bitmaps) {
		s.bitmaps, s.bitsAt = make([]uint64, max(16*w, 2*len(s.bitmaps))), 0
	}
	b := s.bitmaps[s.bitsAt : s.bitsAt+w : s.bitsAt+w]
	s.bitsAt += w
	return b
}

// fresh returns a temporary vector without buffers.
func (s *scratch) fresh(store storage) *vec {
	var v *vec
	if k := len(s.vecs); k > 0 {
		v = s.vecs[k-1]
		s.vecs = s.vecs[:k-1]
	} else {
		v = new(vec)
	}
	*v = vec{store: store, temp: true}
	return v
}

// vector returns a temporary vector with room for n values of a storage.
func (s *scratch) vector(store storage, n int) *vec {
	v := s.fresh(store)
	switch store {
	case inBools:
		v.bools = s.bools.get(n)
	case inInts:
		v.ints = s.ints.get(n)
	case inUints:
		v.uints = s.uints.get(n)
	case inFloats:
		v.floats = s.floats.get(n)
	case inDecimals:
		v.decs = s.decs.get(n)
	case inStrings:
		v.views, v.table = s.views.get(n), &s.text.sources
	case inAnys:
		v.anys = s.anys.get(n)
	}
	return v
}

// done gives a temporary vector back. Its bitmap lives on, since others may share it.
func (s *scratch) done(v *vec) {
	if !v.temp {
		return
	}
	if !v.borrow {
		s.bools.put(v.bools)
		s.ints.put(v.ints)
		s.uints.put(v.uints)
		s.floats.put(v.floats)
		s.decs.put(v.decs)
		s.views.put(v.views)
		s.rows.put(v.offs)
		if !v.pinned {
			s.bytes.put(v.data)
		}
		s.anys.put(v.anys)
	}
	v.temp = false
	s.vecs = append(s.vecs, v)
}
