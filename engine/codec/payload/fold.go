package payload

import (
	"encoding/binary"
	"fmt"
)

// The framing states of folded frames. Their letters are what positions hold: they never change.
const (
	atLength  = 'f' // in front of a frame's length
	skipsRest = 'F' // inside a frame that is too long; the bytes that are left follow as a uvarint
)

// FoldState is the framing state of folded frames.
var FoldState = []byte{atLength}

// Fold appends frame behind its length.
func Fold(dst, frame []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(frame))), frame...)
}

// Folded is where in folded frames a decoder stands.
type Folded struct {
	On   bool // it stands in folded frames at all
	skip uint64
}

// State is what Restore takes.
func (f *Folded) State() []byte {
	if f.skip > 0 {
		return binary.AppendUvarint([]byte{skipsRest}, f.skip)
	}
	return []byte{atLength}
}

// Restore reports whether state is one of folded frames, and goes on from it.
func (f *Folded) Restore(state []byte) bool {
	switch {
	case len(state) == 1 && state[0] == atLength:
		f.On = true
	case len(state) > 1 && state[0] == skipsRest:
		skip, n := binary.Uvarint(state[1:])
		f.On, f.skip = n == len(state)-1 && skip > 0, skip
	}
	return f.On
}

// Next takes the next frame of data: bytes [from, to), n in all. Found is false where nothing is a whole frame yet, or n
// bytes are passed over. A frame beyond limit bytes is long, and its beginning is returned.
func (f *Folded) Next(data []byte, limit int, last bool) (from, to, n int, found, long bool, err error) {
	if f.skip > 0 {
		n = int(min(f.skip, uint64(len(data))))
		f.skip -= uint64(n)
		return 0, 0, n, false, false, nil
	}
	size, head := binary.Uvarint(data)
	switch {
	case head < 0 || head == 0 && last:
		return 0, 0, 0, false, false, fmt.Errorf("the length of a record is cut or too large: %.10x", data[:min(10, len(data))])
	case head == 0:
		return 0, 0, 0, false, false, nil
	case size > uint64(limit):
		n = int(min(uint64(len(data)), uint64(head)+size))
		f.skip = uint64(head) + size - uint64(n)
		return head, n, n, true, true, nil
	case size > uint64(len(data)-head):
		if last {
			err = fmt.Errorf("the data ends inside a record of %d bytes", size)
		}
		return 0, 0, 0, false, false, err
	}
	return head, head + int(size), head + int(size), true, false, nil
}
