package partition_test

import (
	"encoding/binary"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

// message is what a test knows of one.
type message struct {
	payload, headers string
	id               uint64 // the lower half; 0: none
}

// frame is a request to append the messages, and where they begin in it.
func frame(messages ...message) (buf []byte, start int) {
	buf = make([]byte, partition.HeaderBytes+7)
	start = len(buf)
	for _, m := range messages {
		h := make([]byte, partition.MessageHeaderBytes)
		binary.LittleEndian.PutUint64(h[8:], m.id)
		binary.LittleEndian.PutUint32(h[48:], uint32(len(m.headers)))
		binary.LittleEndian.PutUint32(h[52:], uint32(len(m.payload)))
		buf = append(append(append(buf, h...), m.payload...), m.headers...)
	}
	return buf, start
}

// got is a message as a poll gives it.
type got struct {
	offset, timestamp uint64
	payload           string
}

func appendTo(t interface {
	Helper()
	Fatal(...any)
}, l *partition.Log, now uint64, messages ...message) uint64 {
	t.Helper()
	buf, start := frame(messages...)
	base, err := l.Append(buf, start, uint32(len(messages)), now)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func read(l *partition.Log, from uint64, count uint32) (out []got, view partition.View) {
	l.Read(&view, from, count)
	for _, s := range view.Slices {
		for len(s) > 0 {
			headers, payload := binary.LittleEndian.Uint32(s[48:]), binary.LittleEndian.Uint32(s[52:])
			body := s[partition.MessageHeaderBytes:]
			out = append(out, got{binary.LittleEndian.Uint64(s[24:]), binary.LittleEndian.Uint64(s[32:]), string(body[:payload])})
			s = body[headers+payload:]
		}
	}
	return out, view
}

func readAll(t interface {
	Helper()
	Fatal(...any)
}, l *partition.Log, from uint64, count uint32) []got {
	t.Helper()
	out, view := read(l, from, count)
	if int(view.Count) != len(out) {
		t.Fatal("the view counts", view.Count, "messages and holds", len(out))
	}
	held := 0
	for _, part := range view.Slices {
		held += len(part)
	}
	if held != view.Bytes {
		t.Fatal("the view says", view.Bytes, "bytes and holds", held)
	}
	if n := len(out); n > 0 && out[n-1].offset != view.Last {
		t.Fatal("the view ends at", view.Last, "and holds", out[n-1].offset)
	}
	if err := view.Release(); err != nil {
		t.Fatal(err)
	}
	return out
}

func open(t testing.TB, dir string, options partition.Options) *partition.Log {
	t.Helper()
	l, err := partition.Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}
