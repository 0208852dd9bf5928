package partition

import (
	"errors"
	"slices"
)

// maxViewBytes bounds one view: a reply's length is a u32, and nobody wants more at once.
const maxViewBytes = 256 << 20

// View is messages in the log, in order, as slices of its mapped files. It must be released, and its slices not be used
// after that.
type View struct {
	Slices [][]byte
	Bytes  int
	Count  uint32
	Last   uint64 // offset of the last message; only with a Count
	held   []*segment
}

// Release gives the slices back. The view can be read into again.
func (v *View) Release() error {
	var err error
	for _, s := range v.held {
		err = errors.Join(err, s.release())
	}
	clear(v.Slices)
	v.Slices, v.held, v.Bytes, v.Count, v.Last = v.Slices[:0], v.held[:0], 0, 0, 0
	return err
}

// Read fills v, which must be empty, with up to count messages from the offset on; the first kept message where the offset is
// older than all.
func (l *Log) Read(v *View, from uint64, count uint32) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.segments) == 0 {
		return
	}
	i := l.segmentOf(from)
	for ; i < len(l.segments) && count > 0; i++ {
		s := l.segments[i]
		before := v.Count
		more := v.take(s, max(from, s.base), &count)
		if v.Count > before {
			s.refs.Add(1)
			v.held = append(v.held, s)
		}
		if !more {
			return
		}
	}
}

// segmentOf is the position of the segment that holds the offset, or of the first one behind it.
func (l *Log) segmentOf(offset uint64) int {
	i, _ := slices.BinarySearchFunc(l.segments, offset, func(s *segment, offset uint64) int {
		if s.next() <= offset {
			return -1
		}
		return 1
	})
	return i
}

// take appends messages of s and lowers count; more is false when the view is full.
func (v *View) take(s *segment, from uint64, count *uint32) (more bool) {
	for _, e := range s.index[s.find(from):] {
		body, n := s.messages(e), e.count
		if skip := from - e.base; from > e.base {
			body, n = body[span(body, uint32(skip)):], n-uint32(skip)
		}
		if n > *count {
			n = *count
			body = body[:span(body, n):len(body)]
		}
		if v.Count > 0 && v.Bytes+len(body) > maxViewBytes {
			return false
		}
		v.Slices = append(v.Slices, body)
		v.Bytes += len(body)
		v.Count += n
		v.Last = max(from, e.base) + uint64(n) - 1
		if *count -= n; *count == 0 {
			return false
		}
	}
	return true
}

// span is the length of the first n messages of body.
func span(body []byte, n uint32) int {
	at := 0
	for range n {
		at += messageBytes(body[at:])
	}
	return at
}

// First is the offset of the oldest kept message, or Next when there is none.
func (l *Log) First() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, s := range l.segments {
		if len(s.index) > 0 {
			return s.base
		}
	}
	return l.next()
}

// Next is the offset that the next message gets.
func (l *Log) Next() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.next()
}

func (l *Log) next() uint64 {
	if len(l.segments) == 0 {
		return 0
	}
	return l.active().next()
}

// At is the offset of the first message that is not older than timestamp, in microseconds since 1970; Next when all are.
func (l *Log) At(timestamp uint64) uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, s := range l.segments {
		if s.lastTimestamp() < timestamp || len(s.index) == 0 {
			continue
		}
		i, _ := slices.BinarySearchFunc(s.index, timestamp, func(e entry, t uint64) int {
			if e.timestamp < t {
				return -1
			}
			return 1
		})
		return s.index[i].base
	}
	return l.next()
}

// Stats are the sizes of a log.
type Stats struct {
	Segments uint32
	Bytes    uint64 // of the messages, without the headers of their batches
	Messages uint64
}

// Stats counts what the log holds.
func (l *Log) Stats() Stats {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := Stats{Segments: uint32(len(l.segments))}
	for _, s := range l.segments {
		out.Bytes += uint64(s.size) - uint64(len(s.index))*HeaderBytes
		out.Messages += s.next() - s.base
	}
	return out
}
