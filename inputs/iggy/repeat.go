package iggy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// originHeader is the user header in which the iggy output says which record a message is made of: PRODUCER/SPLIT/ORDINAL/K,
// where K counts the messages of one record.
const originHeader = "iggy-flow-origin"

// maxProducers is how many producers' splits a partition remembers; beyond it the one that was seen longest ago is
// forgotten. A position has all of them.
const maxProducers = 1000

// repeats remembers what has been read of each split of each producer. The producers send a split's records in order, and
// begin again before what they cannot know to be there: what is not beyond the last one is a repeat.
type repeats struct {
	seen map[string]*mark // by PRODUCER/SPLIT
}

// mark is the last message of a producer's split.
type mark struct {
	Ordinal int64  `json:"ordinal"`
	K       int64  `json:"k"`
	Offset  uint64 `json:"offset"` // of the message in this topic: when it was seen
}

// restore reads what state has returned.
func (r *repeats) restore(state []byte) error {
	r.seen = map[string]*mark{}
	if len(state) == 0 {
		return nil
	}
	if err := json.Unmarshal(state, &r.seen); err != nil {
		return fmt.Errorf("read what was seen of the producers: %w", err)
	}
	return nil
}

// state is what a position keeps.
func (r *repeats) state() []byte {
	if r == nil || len(r.seen) == 0 {
		return nil
	}
	text, err := json.Marshal(r.seen)
	if err != nil {
		panic(err) // numbers and texts
	}
	return text
}

// repeated reports whether the message at offset, which has these user headers, was read before; it remembers it else. One
// without an origin is none.
func (r *repeats) repeated(offset uint64, headers []byte) bool {
	key, ordinal, k, ok := originOf(headers)
	if !ok {
		return false
	}
	m := r.seen[string(key)]
	switch {
	case m == nil:
		r.seen[string(key)] = &mark{Ordinal: ordinal, K: k, Offset: offset}
		if len(r.seen) > maxProducers {
			r.forget()
		}
		return false
	case ordinal < m.Ordinal || ordinal == m.Ordinal && k <= m.K:
		m.Offset = offset
		return true
	}
	m.Ordinal, m.K, m.Offset = ordinal, k, offset
	return false
}

// forget drops the mark that was seen longest ago.
func (r *repeats) forget() {
	oldest := ""
	for key, m := range r.seen {
		if oldest == "" || m.Offset < r.seen[oldest].Offset {
			oldest = key
		}
	}
	delete(r.seen, oldest)
}

// originOf finds the origin among user headers.
func originOf(headers []byte) (key []byte, ordinal, k int64, ok bool) {
	if len(headers) == 0 {
		return nil, 0, 0, false
	}
	err := wire.EachHeader(headers, func(h wire.Header) bool {
		if h.KeyKind != wire.HeaderString || h.ValueKind != wire.HeaderString || string(h.Key) != originHeader {
			return true
		}
		key, ordinal, k, ok = parseOrigin(h.Value)
		return false
	})
	return key, ordinal, k, ok && err == nil
}

// parseOrigin takes PRODUCER/SPLIT/ORDINAL/K apart.
func parseOrigin(text []byte) (key []byte, ordinal, k int64, ok bool) {
	last := bytes.LastIndexByte(text, '/')
	if last < 0 {
		return nil, 0, 0, false
	}
	middle := bytes.LastIndexByte(text[:last], '/')
	if middle <= 0 {
		return nil, 0, 0, false
	}
	ordinal, wrong := strconv.ParseInt(string(text[middle+1:last]), 10, 64)
	k, other := strconv.ParseInt(string(text[last+1:]), 10, 64)
	return text[:middle], ordinal, k, wrong == nil && other == nil && ordinal >= 0 && k >= 0
}
