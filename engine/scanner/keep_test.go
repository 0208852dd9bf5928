package scanner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/engine/scanner"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

const maxFrame = 300

// letters takes what a scanner gives, and asks for the original of each record, as a dead letter would of all.
type letters struct {
	t    interface{ Errorf(string, ...any) }
	held []*engine.Batch // until the end: what they refer to must not be used again
	raw  map[int64]engine.Original
}

func (l *letters) Emit(_ context.Context, b *engine.Batch) error {
	l.held = append(l.held, b)
	return nil
}

func (l *letters) Reject(context.Context, engine.Site, *engine.Batch, []engine.Rejection) error {
	return errors.New("a scanner has no rows to reject")
}

func (l *letters) RejectRaw(_ context.Context, _ engine.Site, rows []engine.RawRejection) error {
	for _, r := range rows {
		l.raw[r.Ordinal] = r.Original
	}
	return nil
}

// settle reads the originals of all rows and gives the batches back.
func (l *letters) settle() {
	for _, b := range l.held {
		for row := range b.Len() {
			split, ordinal := b.Origin.At(row)
			o, ok := b.Originals.Original(split, ordinal)
			if !ok {
				l.t.Errorf("record %d has no original", ordinal)
			}
			o.Raw, o.Meta = bytes.Clone(o.Raw), bytes.Clone(o.Meta)
			l.raw[ordinal] = o
		}
		if _, ok := b.Originals.Original("another", 0); ok {
			l.t.Errorf("a record of another split is found")
		}
		b.Release()
	}
}

// drawRecords draws the frames of a split and the text that holds them.
func drawRecords(t *rapid.T) (frames []string, text string) {
	array := rapid.Bool().Draw(t, "array")
	frame := rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 99), func(n int) string { return fmt.Sprintf(`{"n":%d}`, n) }),
		rapid.Map(rapid.IntRange(0, 99), func(n int) string { return fmt.Sprintf(`{"n":"%d", "x":[{},"}]"]}`, n) }),
		rapid.Map(rapid.IntRange(0, 2*maxFrame), func(n int) string { return fmt.Sprintf(`{"n":1,"s":"%s"}`, strings.Repeat("é", n)) }),
		rapid.Just("\"\xff\xfe\""),
	)
	if !array {
		frame = rapid.OneOf(frame, rapid.SampledFrom([]string{"not json", `{"n":1}}`, `{"n":`, "\x00{\"n\":2}", ` {"n":3} `, "[1]", "{\"s\":\"\xff\"}"}))
	}
	frames = rapid.SliceOfN(frame, 0, 60).Draw(t, "frames")
	if array {
		return frames, "[ " + strings.Join(frames, " ,\n") + "\r\n]\n"
	}
	var b strings.Builder
	if rapid.Bool().Draw(t, "byte order mark") {
		b.WriteString("\xef\xbb\xbf")
	}
	for i, f := range frames {
		if i == 0 {
			f = strings.TrimLeft(f, " ") // white space in front of all is none of the first record
			if strings.HasPrefix(f, "[") {
				f = "x" + f // else it begins an array
			}
			frames[i] = f
		}
		b.WriteString(f + rapid.SampledFrom([]string{"\n", "\r\n", "\n\n", "\n \t\r\n"}).Draw(t, "end"))
	}
	text = b.String()
	if rapid.Bool().Draw(t, "cut") {
		text = strings.TrimRight(text, "\r\n\t")
	}
	return frames, text
}

// TestFault26EveryRecordKeepsItsBytes: whatever a record holds and wherever reads and batches end, its dead letter has the
// bytes that the split has.
func TestFault26EveryRecordKeepsItsBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frames, text := drawRecords(t)
		format := json.Format()
		env := engine.Env{Mem: arrowtest.Allocator(t), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Format: &format, Keep: true}
		s := scanner.New(env, maxFrame, nil)
		s.UseSchema(schemas.New(schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)}))
		s.Describe(func(split string, ordinal int64) []byte { return fmt.Appendf(nil, `{"at":"%s/%d"}`, split, ordinal) })
		if err := s.Begin("log", 0, 0, nil, nil); err != nil {
			t.Fatal(err)
		}
		got := &letters{t: t, raw: map[int64]engine.Original{}}
		out := engine.NewOut(engine.Site{Path: "input"}, got)
		for !s.Ended() {
			n := min(rapid.IntRange(1, 2*maxFrame).Draw(t, "read"), len(text))
			s.Append([]byte(text[:n]))
			if text = text[n:]; text == "" {
				s.End()
			}
			flush, err := s.Decode()
			if err != nil {
				t.Fatal(err)
			}
			if flush || rapid.Bool().Draw(t, "flush") {
				if err := s.Flush(t.Context(), out); err != nil {
					t.Fatal(err)
				}
			}
		}
		s.Release()
		got.settle()
		if len(got.raw) != len(frames) {
			t.Fatalf("%d records of %d", len(got.raw), len(frames))
		}
		for i, want := range frames {
			o := got.raw[int64(i)]
			if meta := fmt.Sprintf(`{"at":"log/%d"}`, i); string(o.Meta) != meta {
				t.Errorf("the meta of record %d is %s", i, o.Meta)
			}
			if o.Cut != (len(want) > maxFrame) || o.Cut && !strings.HasPrefix(want, string(o.Raw)) || !o.Cut && string(o.Raw) != want {
				t.Errorf("record %d is %q, cut %v; want %q", i, o.Raw, o.Cut, want)
			}
		}
	})
}

// TestFault27LargeRecordsAreKeptWhole: what a decoder cuts in its own copy is in the dead letter up to the limit of the
// input, and what few columns make little of does not gather without bound.
func TestFault27LargeRecordsAreKeptWhole(t *testing.T) {
	format := json.Format()
	env := engine.Env{Mem: arrowtest.Allocator(t), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Format: &format, Keep: true}
	s := scanner.New(env, 1<<20, nil)
	s.UseSchema(schemas.New(schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)}))
	if err := s.Begin("log", 0, 0, nil, nil); err != nil {
		t.Fatal(err)
	}
	large := func(head string, size int) string { return head + strings.Repeat("x", size) + `"}` }
	records := []string{large(`{"n":"`, 500<<10), large(`{"n":1,"s":"`, 1<<21), `{"n":2}`}
	for range 40 {
		records = append(records, large(`{"n":3,"s":"`, 900<<10))
	}
	text := strings.NewReader(strings.Join(records, "\n") + "\n")
	got := &letters{t: t, raw: map[int64]engine.Original{}}
	out := engine.NewOut(engine.Site{Path: "input"}, got)
	for !s.Ended() {
		flush, err := s.Decode()
		if err != nil {
			t.Fatal(err)
		}
		if flush {
			if err := s.Flush(t.Context(), out); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if _, err := s.Fill(text); err != nil {
			t.Fatal(err)
		}
	}
	s.Release()
	for _, b := range got.held {
		if n := b.Originals.Bytes(); n > 6<<20 || b.Bytes() < n {
			t.Errorf("a batch of %d rows keeps %d bytes and counts %d", b.Len(), n, b.Bytes())
		}
	}
	got.settle()
	if o := got.raw[0]; o.Cut || string(o.Raw) != records[0] {
		t.Errorf("the record below the limit has %d of %d bytes", len(o.Raw), len(records[0]))
	}
	if o := got.raw[1]; !o.Cut || len(o.Raw) == 0 || !strings.HasPrefix(records[1], string(o.Raw)) {
		t.Errorf("the record beyond the limit has %d bytes, cut %v", len(o.Raw), o.Cut)
	}
}
