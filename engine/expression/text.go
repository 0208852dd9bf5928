package expression

import "unsafe"

// view is where a text stands: size bytes of a source. The zero view is the empty text.
type view struct{ source, at, size uint32 }

// texts are what views point into during a batch: columns, dense vectors, and chunks that kernels write to.
type texts struct {
	sources [][]byte
	chunk   int    // the source that is written to, -1 when there is none
	used    int    // bytes of it
	spare   []byte // the largest chunk so far, for the next batch
	total   int    // bytes that kernels made in this batch
}

const textChunk = 64 << 10

// reset forgets the texts of the last batch.
func (t *texts) reset() {
	clear(t.sources)
	t.sources, t.chunk, t.used, t.total = t.sources[:0], -1, 0, 0
	if t.spare != nil {
		t.chunk = int(t.register(t.spare))
	}
}

// register makes b a source.
func (t *texts) register(b []byte) uint32 {
	t.sources = append(t.sources, b)
	return uint32(len(t.sources) - 1)
}

// room returns an empty slice with space for n bytes behind what was kept so far.
func (t *texts) room(n int) []byte {
	if t.chunk < 0 || len(t.sources[t.chunk])-t.used < n {
		size := textChunk
		if t.chunk >= 0 {
			size = min(2*len(t.sources[t.chunk]), 4<<20)
		}
		chunk := make([]byte, max(n, size))
		if len(chunk) > len(t.spare) {
			t.spare = chunk
		}
		t.chunk, t.used = int(t.register(chunk)), 0
	}
	chunk := t.sources[t.chunk]
	return chunk[t.used:t.used:len(chunk)]
}

// keep returns the view of b, which grew in what room returned.
func (t *texts) keep(b []byte) view {
	t.total += len(b)
	if len(b) == 0 {
		return view{}
	}
	chunk := t.sources[t.chunk]
	if t.used+len(b) <= len(chunk) && unsafe.SliceData(b) == unsafe.SliceData(chunk[t.used:]) {
		v := view{uint32(t.chunk), uint32(t.used), uint32(len(b))}
		t.used += len(b)
		return v
	}
	return view{t.register(b), 0, uint32(len(b))} // it outgrew the chunk
}

// add copies a text.
func (t *texts) add(s string) view {
	if s == "" {
		return view{}
	}
	return t.keep(append(t.room(len(s)), s...))
}

// pin keeps the texts of a dense vector alive to the end of the batch, since something else points into them.
func (s *scratch) pin(v *vec) {
	if v.offs == nil || v.borrow || v.pinned {
		return
	}
	v.pinned = true
	s.pinned = append(s.pinned, v.data)
}

// origin is what a view of row i of v needs beside it: the source of a dense vector or constant.
func (s *scratch) origin(v *vec) uint32 {
	switch {
	case v.views == nil:
		s.pin(v)
		return s.text.register(v.data)
	case v.table != &s.text.sources && len(*v.table) > 0: // a constant
		return s.text.register((*v.table)[0])
	}
	return 0
}

// viewAt is where the text of row i of v stands; source is what origin returned for v.
func (s *scratch) viewAt(v *vec, source uint32, i int32) view {
	if v.views == nil {
		from, to := v.offs[i], v.offs[i+1]
		return view{source, uint32(from), uint32(to - from)}
	}
	w := v.views[i]
	if v.table != &s.text.sources {
		w.source = source
	}
	return w
}

// within is the view of a part of the text of a view; part is a slice of it.
func (w view) within(whole, part string) view {
	if part == "" {
		return view{}
	}
	w.at += uint32(uintptr(unsafe.Pointer(unsafe.StringData(part))) - uintptr(unsafe.Pointer(unsafe.StringData(whole))))
	w.size = uint32(len(part))
	return w
}

// dense returns a vector for texts that are written for all rows in order.
func (ev *Evaluator) dense(ok []uint64) *vec {
	v := ev.fresh(inStrings)
	v.ok = ok
	v.offs = ev.rows.get(ev.n + 1)
	v.offs[0] = 0
	v.data = ev.bytes.get(0)
	return v
}

// written makes a vector of texts that write appends to b; when it reports false, or made too much, the row was rejected
// or is now. Rows that are null are empty.
func (ev *Evaluator) written(n *node, rows []int32, ok []uint64, write func(v *vec, i int32, b []byte) ([]byte, bool)) *vec {
	if rows != nil {
		v := ev.vector(inStrings, ev.n)
		v.ok = ok
		for _, i := range rows {
			v.views[i] = view{}
			if !v.has(i) {
				continue
			}
			if b, fine := write(v, i, ev.text.room(64)); fine && ev.affords(n, v, i, len(b)) {
				v.views[i] = ev.text.keep(b)
			}
		}
		return v
	}
	v := ev.dense(ok)
	for i := range int32(ev.n) {
		if v.has(i) {
			start := len(v.data)
			if b, fine := write(v, i, v.data); fine && ev.affords(n, v, i, len(b)-start) {
				ev.text.total += len(b) - start
				v.data = b
			}
		}
		v.offs[i+1] = int32(len(v.data))
	}
	return v
}

// affords counts bytes of new text for row i; false when the batch or the value has no more room, which fails the row.
func (ev *Evaluator) affords(n *node, v *vec, i int32, size int) bool {
	if size <= maxValueText && ev.text.total+size <= maxBatchText {
		return true
	}
	ev.reject(n, v, i, codeLimit, "the text that the expression makes is too long")
	return false
}
