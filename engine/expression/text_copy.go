package expression

import "unsafe"

// Texts of records are short, and a call of memmove costs more than the bytes: up to 32 are copied as 16 or 32, where both
// sides have the room. Buffers that are written to this way end in slack.
const slack = 32

// copyText copies size bytes of in from an offset to another of out.
func copyText(out []byte, at int, in []byte, from, size int) {
	switch {
	case size <= 16 && at+16 <= len(out) && from+16 <= len(in):
		*(*[16]byte)(unsafe.Pointer(&out[at])) = *(*[16]byte)(unsafe.Pointer(&in[from]))
	case size <= 32 && at+32 <= len(out) && from+32 <= len(in):
		*(*[32]byte)(unsafe.Pointer(&out[at])) = *(*[32]byte)(unsafe.Pointer(&in[from]))
	default:
		copy(out[at:at+size], in[from:from+size])
	}
}

// piece is one text of several that make a row: a dense vector, a scattered one, or a constant.
type piece struct {
	offs  []int32
	data  []byte
	views []view
	table *[][]byte
	size  int // of a constant
}

func (ev *Evaluator) piece(n *node, v *vec) piece {
	p := piece{offs: v.offs, data: v.data}
	if v.views == nil {
		return p
	}
	p.table = v.table
	if n.isConst() {
		p.data = (*v.table)[0]
		p.size = int(v.views[0].size)
	} else {
		p.views = v.views
	}
	return p
}

// total is at most how many bytes the piece is in all rows.
func (p *piece) total(n int) int {
	switch {
	case p.offs != nil:
		return int(p.offs[n] - p.offs[0])
	case p.views != nil:
		size := 0
		for i := range p.views[:n] {
			size += int(p.views[i].size)
		}
		return size
	default:
		return n * p.size
	}
}

// at is where the text of row i stands.
func (p *piece) at(i int) (data []byte, from, size int) {
	switch {
	case p.offs != nil:
		from = int(p.offs[i])
		return p.data, from, int(p.offs[i+1]) - from
	case p.views != nil:
		w := &p.views[i]
		if w.size == 0 {
			return nil, 0, 0
		}
		return (*p.table)[w.source], int(w.at), int(w.size)
	default:
		return p.data, 0, p.size
	}
}

// joined writes the texts of pieces behind each other, for all rows in order; ok is false when that could be too much.
func (ev *Evaluator) joined(pieces []piece, valid []uint64) (v *vec, ok bool) {
	total := 0
	for k := range pieces {
		total += pieces[k].total(ev.n)
	}
	if total > maxValueText || ev.text.total+total > maxBatchText {
		return nil, false
	}
	v = ev.dense(valid)
	v.data = grown(v.data, total+slack)
	out, at := v.data, 0
	for i := range ev.n {
		if v.has(int32(i)) {
			for k := range pieces {
				data, from, size := pieces[k].at(i)
				copyText(out, at, data, from, size)
				at += size
			}
		}
		v.offs[i+1] = int32(at)
	}
	v.data = out[:at]
	ev.text.total += at
	return v, true
}

// either writes the texts of a where it has a value and of b elsewhere, for all rows in order.
func (ev *Evaluator) either(a, b piece, ok []uint64, valid []uint64) (v *vec, fits bool) {
	total := a.total(ev.n) + b.total(ev.n)
	if total > maxValueText || ev.text.total+total > maxBatchText {
		return nil, false
	}
	v = ev.dense(valid)
	v.data = grown(v.data, total+slack)
	out, at := v.data, 0
	pieces := [2]piece{b, a}
	for i := range ev.n {
		if v.has(int32(i)) {
			data, from, size := pieces[ok[i>>6]>>(uint(i)&63)&1].at(i)
			copyText(out, at, data, from, size)
			at += size
		}
		v.offs[i+1] = int32(at)
	}
	v.data = out[:at]
	ev.text.total += at
	return v, true
}

// grown is b, or a larger buffer, with length n. Its bytes are undefined.
func grown(b []byte, n int) []byte {
	if cap(b) >= n {
		return b[:n]
	}
	return make([]byte, n, n+n/4)
}
