package partition_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

// segments is a log with a message in each of n segments; message i has timestamp 10 + i.
func segments(t *testing.T, n int) *partition.Log {
	t.Helper()
	l := open(t, t.TempDir(), partition.Options{SegmentBytes: 200})
	for i := range n {
		appendTo(t, l, uint64(10+i), message{payload: strings.Repeat("x", 100)})
	}
	return l
}

func TestDeleteSegmentsDeletesAsManyAsAsked(t *testing.T) {
	l := segments(t, 5)
	if n, err := l.DeleteSegments(2); n != 2 || err != nil || l.First() != 2 {
		t.Errorf("deleted %d, %v; the first message is %d", n, err, l.First())
	}
	if n, err := l.DeleteSegments(0); n != 0 || err != nil {
		t.Errorf("deleted %d, %v; want none", n, err)
	}
}

func TestExpireKeepsWhatIsAsOldAsTheLimit(t *testing.T) {
	l := segments(t, 4)
	if err := l.Expire(12); err != nil || l.First() != 2 {
		t.Errorf("the first message is %d, %v; want 2, of time 12", l.First(), err)
	}
	if err := l.Expire(13); err != nil || l.First() != 3 {
		t.Errorf("the first message is %d, %v; want 3, of time 13", l.First(), err)
	}
	if err := l.Expire(14); err != nil || l.First() != 4 || l.Next() != 4 {
		t.Errorf("the log goes from %d to %d, %v; want 4 to 4: all are older than 14", l.First(), l.Next(), err)
	}
}

func TestOldestIsOfTheFirstSealedSegment(t *testing.T) {
	l := segments(t, 2)
	if at, ok := l.Oldest(); !ok || at != 10 {
		t.Errorf("oldest is %d, %v; want 10", at, ok)
	}
	if _, err := l.DeleteSegments(1); err != nil {
		t.Fatal(err)
	}
	if at, ok := l.Oldest(); ok {
		t.Errorf("oldest is %d; the active segment does not count", at)
	}
}

func TestTruncateRefusesWhatItCannotDo(t *testing.T) {
	l := segments(t, 4)
	if _, err := l.DeleteSegments(2); err != nil {
		t.Fatal(err)
	}
	if err := l.Truncate(1); err == nil || !strings.Contains(err.Error(), "begins at offset 2, it cannot end at 1") {
		t.Errorf("cut before its beginning: %v", err)
	}
	var view partition.View
	l.Read(&view, 3, 1)
	if err := l.Truncate(3); err != nil { // a view outlives a segment that goes whole
		t.Errorf("cut at the beginning of a segment that is read: %v", err)
	}
	if err := view.Release(); err != nil {
		t.Fatal(err)
	}
	l.Read(&view, 2, 1)
	if err := l.Truncate(2); err == nil || !strings.Contains(err.Error(), "is being read") {
		t.Errorf("cut a segment that is read: %v", err)
	}
	if err := view.Release(); err != nil {
		t.Fatal(err)
	}
	if err := l.Truncate(2); err != nil || l.Next() != 2 || l.Saved() != 2 {
		t.Errorf("then cut: %v; the next message is %d, saved %d; want 2", err, l.Next(), l.Saved())
	}
	if s := l.Stats(); s != (partition.Stats{Segments: 1}) {
		t.Errorf("an empty log has %+v", s)
	}
	appendTo(t, l, 20, message{payload: "abc"})
	if s := l.Stats(); s != (partition.Stats{Segments: 1, Bytes: partition.MessageHeaderBytes + 3, Messages: 1}) {
		t.Errorf("with one message the log has %+v", s)
	}
}

func TestClosedLogSaysSo(t *testing.T) {
	l := segments(t, 2)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	buf, start := frame(message{payload: "a"})
	_, appended := l.Append(buf, start, 1, 1)
	for what, err := range map[string]error{
		"append": appended, "expire": l.Expire(99), "truncate": l.Truncate(0), "purge": l.Purge(), "sync": l.Sync(),
	} {
		if !errors.Is(err, partition.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := readAll(t, l, 0, 9); len(got) != 0 || l.Next() != 0 {
		t.Errorf("a closed log gives %d messages", len(got))
	}
	if err := l.Close(); err != nil {
		t.Errorf("to close it again: %v", err)
	}
}
