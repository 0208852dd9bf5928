package partition_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

var compareGot = cmp.AllowUnexported(got{})

// TestLogIsItsModel: whatever is appended, deleted, cut and opened again, the log holds what a slice would.
func TestLogIsItsModel(t *testing.T) {
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		path := filepath.Join(dir, fmt.Sprint(run))
		options := partition.Options{SegmentBytes: rapid.Int64Range(200, 4000).Draw(t, "segment bytes"), SaveMessages: 10, SaveBytes: 1 << 20}
		l, err := partition.Open(path, options)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		var model []got // by offset, from first on
		var first, next, now uint64
		kept := func(from uint64, count int) []got {
			var out []got
			for _, m := range model {
				if m.offset >= from && len(out) < count {
					out = append(out, m)
				}
			}
			return out
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				now += uint64(rapid.IntRange(0, 3).Draw(t, "later"))
				batch := make([]message, rapid.IntRange(1, 8).Draw(t, "messages"))
				for i := range batch {
					batch[i] = message{payload: strings.Repeat("x", rapid.IntRange(1, 90).Draw(t, "bytes")), headers: strings.Repeat("h", rapid.IntRange(0, 9).Draw(t, "headers"))}
					model = append(model, got{next + uint64(i), now, batch[i].payload})
				}
				if base := appendTo(t, l, now, batch...); base != next {
					t.Fatalf("appended at %d, want %d", base, next)
				}
				next += uint64(len(batch))
			},
			"delete segments": func(t *rapid.T) {
				if _, err := l.DeleteSegments(uint32(rapid.IntRange(1, 3).Draw(t, "segments"))); err != nil {
					t.Fatal(err)
				}
				first = l.First()
				model = kept(first, len(model))
			},
			"expire": func(t *rapid.T) {
				before := uint64(rapid.IntRange(0, int(now)+1).Draw(t, "before"))
				if err := l.Expire(before); err != nil {
					t.Fatal(err)
				}
				first = l.First()
				for _, m := range model {
					if m.offset < first && m.timestamp >= before {
						t.Fatalf("message %d of time %d expired before %d", m.offset, m.timestamp, before)
					}
				}
				model = kept(first, len(model))
			},
			"cut": func(t *rapid.T) {
				at := rapid.Uint64Range(first, next).Draw(t, "at")
				if err := l.Truncate(at); err != nil {
					t.Fatal(err)
				}
				next = at
				model = kept(0, int(max(next, first)-first))
			},
			"open again": func(t *rapid.T) {
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				if l, err = partition.Open(path, options); err != nil {
					t.Fatal(err)
				}
			},
			"torn append": func(t *rapid.T) {
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				tear(t, path, rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "torn"))
				if l, err = partition.Open(path, options); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				from, count := rapid.Uint64Range(0, next+2).Draw(t, "from"), rapid.IntRange(1, 30).Draw(t, "count")
				if diff := cmp.Diff(kept(from, count), readAll(t, l, from, uint32(count)), compareGot); diff != "" {
					t.Fatalf("read %d from %d (-want +got):\n%s", count, from, diff)
				}
				if l.Next() != next {
					t.Fatalf("next is %d, want %d", l.Next(), next)
				}
				at := rapid.Uint64Range(0, now+1).Draw(t, "time")
				want := next
				for i := len(model) - 1; i >= 0 && model[i].timestamp >= at; i-- {
					want = model[i].offset
				}
				if l.At(at) != want {
					t.Fatalf("the first message from time %d on is %d, want %d", at, l.At(at), want)
				}
				if s := l.Stats(); s.Messages != uint64(len(model)) {
					t.Fatalf("%d messages counted, want %d", s.Messages, len(model))
				}
			},
		})
	})
}

// tear appends bytes to the last segment, as a write that was cut leaves them.
func tear(t interface{ Fatal(...any) }, dir string, torn []byte) {
	names, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(names) == 0 {
		t.Fatal("no segments", err)
	}
	f, err := os.OpenFile(names[len(names)-1], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(torn); err != nil {
		t.Fatal(err)
	}
}

// TestTornTailIsCutAtEveryByte: a killed process leaves any part of a batch; all before it stays, and the log goes on.
func TestTornTailIsCutAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	options := partition.Options{SegmentBytes: 1 << 16}
	l := open(t, dir, options)
	appendTo(t, l, 1, message{payload: "first"})
	whole, err := os.ReadFile(filepath.Join(dir, "00000000000000000000.log"))
	if err != nil {
		t.Fatal(err)
	}
	appendTo(t, l, 2, message{payload: "second"}, message{payload: "third"})
	both, err := os.ReadFile(filepath.Join(dir, "00000000000000000000.log"))
	if err != nil {
		t.Fatal(err)
	}
	for n := len(whole); n < len(both); n++ {
		other := filepath.Join(t.TempDir(), "p")
		if err := os.Mkdir(other, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(other, "00000000000000000000.log"), both[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, other, options)
		if base := appendTo(t, l, 3, message{payload: "again"}); base != 1 {
			t.Fatalf("after a tail of %d bytes the next offset is %d, want 1", n-len(whole), base)
		}
		want := []got{{0, 1, "first"}, {1, 3, "again"}}
		if diff := cmp.Diff(want, readAll(t, l, 0, 10), compareGot); diff != "" {
			t.Fatalf("a tail of %d bytes (-want +got):\n%s", n-len(whole), diff)
		}
	}
}

func TestDamageBeforeTheLastSegmentRefusesTheStart(t *testing.T) {
	dir := t.TempDir()
	options := partition.Options{SegmentBytes: 300}
	l := open(t, dir, options)
	for range 6 {
		appendTo(t, l, 1, message{payload: strings.Repeat("x", 100)})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "00000000000000000000.log")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[150] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = partition.Open(dir, options)
	if err == nil || !strings.Contains(err.Error(), name+" is damaged at byte 0") {
		t.Errorf("opened with %v; want the damaged file named", err)
	}
}

func TestMessagesAreStamped(t *testing.T) {
	l := open(t, t.TempDir(), partition.Options{SegmentBytes: 1 << 16})
	appendTo(t, l, 77, message{payload: "a"})
	appendTo(t, l, 5, message{payload: "b", headers: "hh", id: 9}) // the clock stepped back
	_, view := read(l, 0, 10)
	defer view.Release()
	for i, s := range view.Slices {
		if sum := binary.LittleEndian.Uint64(s); sum != xxh3.Hash(s[8:]) {
			t.Errorf("message %d has checksum %x", i, sum)
		}
		if id := binary.LittleEndian.Uint64(s[8:]); (i == 1) != (id == 9) || id == 0 {
			t.Errorf("message %d has id %d", i, id)
		}
		if at := binary.LittleEndian.Uint64(s[32:]); at != 77 {
			t.Errorf("message %d has timestamp %d, want 77", i, at)
		}
	}
}

// TestViewOutlivesItsSegment: what is being sent stays readable while retention deletes the file.
func TestViewOutlivesItsSegment(t *testing.T) {
	l := open(t, t.TempDir(), partition.Options{SegmentBytes: 200})
	for range 5 {
		appendTo(t, l, 1, message{payload: strings.Repeat("x", 100)})
	}
	var view partition.View
	l.Read(&view, 0, 1)
	if n, err := l.DeleteSegments(9); err != nil || n != 4 {
		t.Fatalf("deleted %d segments, %v; want all but the active one", n, err)
	}
	if got := string(view.Slices[0][partition.MessageHeaderBytes:]); got != strings.Repeat("x", 100) {
		t.Errorf("the view holds %q", got)
	}
	if err := view.Release(); err != nil {
		t.Error(err)
	}
	if l.First() != 4 || l.Next() != 5 {
		t.Errorf("kept %d to %d, want 4 to 5", l.First(), l.Next())
	}
}

func TestBadFramesAppendNothing(t *testing.T) {
	l := open(t, t.TempDir(), partition.Options{SegmentBytes: 1 << 16})
	good, start := frame(message{payload: "abc"})
	for name, test := range map[string]struct {
		buf   []byte
		start int
		count uint32
	}{
		"no room for the header": {good[start-8:], 8, 1},
		"no messages":            {good, start, 0},
		"too few messages":       {good, start, 2},
		"bytes behind":           {append(append([]byte{}, good...), 1), start, 1},
		"cut in the header":      {good[:start+20], start, 1},
		"cut in the payload":     {good[:len(good)-1], start, 1},
	} {
		if _, err := l.Append(append([]byte{}, test.buf...), test.start, test.count, 1); err == nil {
			t.Errorf("%s: appended", name)
		}
	}
	if l.Next() != 0 {
		t.Errorf("%d messages appended, want none", l.Next())
	}
}

func TestPurgeBeginsAtZero(t *testing.T) {
	l := open(t, t.TempDir(), partition.Options{SegmentBytes: 200})
	for range 3 {
		appendTo(t, l, 1, message{payload: strings.Repeat("x", 100)})
	}
	if err := l.Purge(); err != nil {
		t.Fatal(err)
	}
	if base := appendTo(t, l, 2, message{payload: "new"}); base != 0 {
		t.Errorf("the first message has offset %d", base)
	}
}

func TestSavedMarkFollowsTheServersRules(t *testing.T) {
	l := open(t, t.TempDir(), partition.Options{SegmentBytes: 1 << 16, SaveMessages: 3, SaveBytes: 1 << 20})
	appendTo(t, l, 1, message{payload: "a"}, message{payload: "b"})
	if l.Saved() != 0 {
		t.Errorf("saved %d after 2 messages, want 0", l.Saved())
	}
	appendTo(t, l, 1, message{payload: "c"})
	if l.Saved() != 3 {
		t.Errorf("saved %d after 3 messages, want 3", l.Saved())
	}
	appendTo(t, l, 1, message{payload: "d"})
	if err := l.Sync(); err != nil || l.Saved() != 4 {
		t.Errorf("saved %d after a sync, %v; want 4", l.Saved(), err)
	}
}

func TestMissingSegmentRefusesTheStart(t *testing.T) {
	dir := t.TempDir()
	options := partition.Options{SegmentBytes: 200}
	l := open(t, dir, options)
	for range 3 {
		appendTo(t, l, 1, message{payload: strings.Repeat("x", 100)})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "00000000000000000001.log")); err != nil {
		t.Fatal(err)
	}
	if _, err := partition.Open(dir, options); err == nil || !strings.Contains(err.Error(), "a segment begins at offset 2, the one before it ends at 1") {
		t.Errorf("opened with %v; want the gap named", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := partition.Open(dir, options); err == nil || !strings.Contains(err.Error(), "notes.log is no segment") {
		t.Errorf("opened with %v; want the foreign file named", err)
	}
}

// TestOpenedAgainTheLogGoesOn: what was found counts as saved, and a clock that stepped back does not show.
func TestOpenedAgainTheLogGoesOn(t *testing.T) {
	dir := t.TempDir()
	options := partition.Options{SegmentBytes: 1 << 16, SaveMessages: 100, SaveBytes: 250}
	l := open(t, dir, options)
	appendTo(t, l, 50, message{payload: strings.Repeat("x", 60)})
	if l.Saved() != 0 {
		t.Errorf("saved %d after 156 bytes, want 0", l.Saved())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, options)
	if l.Saved() != 1 {
		t.Errorf("saved %d after it was opened again, want 1", l.Saved())
	}
	appendTo(t, l, 40, message{payload: strings.Repeat("y", 60)})
	appendTo(t, l, 40, message{payload: strings.Repeat("z", 60)})
	if l.Saved() != 3 {
		t.Errorf("saved %d after 312 bytes more, want 3", l.Saved())
	}
	for _, m := range readAll(t, l, 0, 9) {
		if m.timestamp != 50 {
			t.Errorf("message %d has timestamp %d, want 50", m.offset, m.timestamp)
		}
	}
}

func TestSealedSegmentsAreSaved(t *testing.T) {
	l := open(t, t.TempDir(), partition.Options{SegmentBytes: 400, SaveMessages: 100, SaveBytes: 1 << 20})
	for range 5 { // two in each segment
		appendTo(t, l, 1, message{payload: strings.Repeat("x", 100)})
	}
	if l.Saved() != 4 {
		t.Errorf("saved %d of 5 messages, want the 4 in sealed segments", l.Saved())
	}
}

func TestFrameMayBeginAtItsMessages(t *testing.T) {
	l := open(t, t.TempDir(), partition.Options{SegmentBytes: 1 << 16})
	buf, start := frame(message{payload: "a"})
	buf = buf[start-partition.HeaderBytes:]
	if base, err := l.Append(buf, partition.HeaderBytes, 1, 1); err != nil || base != 0 {
		t.Errorf("appended at %d, %v", base, err)
	}
}
