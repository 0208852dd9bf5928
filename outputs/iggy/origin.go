package iggy

import (
	"encoding/binary"
	"strconv"

	"github.com/zeebo/xxh3"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// originHeader is the user header that says which record a message is made of: PRODUCER/SPLIT/ORDINAL/K, where K counts
// the messages of one record. The producer stays as long as a record that is sent again is a repeat.
const originHeader = "iggy-flow-origin"

// origins give messages the identity of their records.
type origins struct {
	producer string
	splits   map[string]*split
	last     place // of the row before, over all batches
}

// split is what the messages of one split share.
type split struct {
	name   string
	prefix []byte // PRODUCER/SPLIT/
	hash   [16]byte
	turn   uint64 // where its records begin among the partitions
}

// place is the record that a row is made of.
type place struct {
	split   *split
	ordinal int64
	k       int64
}

func (o *origins) split(name string) *split {
	if s, ok := o.splits[name]; ok {
		return s
	}
	s := &split{name: name, prefix: []byte(o.producer + "/" + name + "/")}
	s.hash = xxh3.Hash128(s.prefix).Bytes()
	s.turn = xxh3.HashString(name)
	if o.splits == nil {
		o.splits = map[string]*split{}
	}
	o.splits[name] = s
	return s
}

// walk goes through the rows of a batch.
func (o *origins) walk(origin engine.Origin) walk { return walk{origins: o, origin: origin} }

type walk struct {
	*origins
	origin engine.Origin
	run    int
	row    int // within the run
	split  *split
}

// next is the place of the next row.
func (w *walk) next() place {
	for w.row == w.origin[w.run].Rows {
		w.run, w.row, w.split = w.run+1, 0, nil
	}
	r := w.origin[w.run]
	if w.split == nil {
		w.split = w.origins.split(r.Split)
	}
	p := place{split: w.split, ordinal: r.Ordinal + int64(w.row)}
	if w.last.split == p.split && w.last.ordinal == p.ordinal {
		p.k = w.last.k + 1
	}
	w.last = p
	w.row++
	return p
}

// id is the message's id: the same whenever the record comes.
func (p place) id() wire.MessageID {
	var text [32]byte
	copy(text[:], p.split.hash[:])
	binary.LittleEndian.PutUint64(text[16:], uint64(p.ordinal))
	binary.LittleEndian.PutUint64(text[24:], uint64(p.k))
	return wire.MessageID(xxh3.Hash128(text[:]).Bytes())
}

// appendHeader appends the origin header.
func (p place) appendHeader(dst []byte) []byte {
	var text [maxHeader]byte
	value := append(text[:0], p.split.prefix...)
	value = strconv.AppendInt(value, p.ordinal, 10)
	value = append(value, '/')
	value = strconv.AppendInt(value, p.k, 10)
	out, err := wire.AppendHeader(dst, wire.Header{KeyKind: wire.HeaderString, Key: []byte(originHeader), ValueKind: wire.HeaderString, Value: value})
	if err != nil {
		return dst // the prefix is too long for a header: such a split has none
	}
	return out
}
