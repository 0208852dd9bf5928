package payload_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/payload"
	"github.com/iggy-flow/iggy-flow/engine/codec/raw"
	"github.com/iggy-flow/iggy-flow/engine/codec/text"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var formats = map[string]codec.Format{"raw": raw.Format(), "text": text.Format()}

// outcome is what became of some bytes, in order: rows as they are, failures as their code before their bytes.
type outcome struct {
	Rows []string
	Err  string
}

func (o *outcome) add(t *testing.T, r codec.Rows) {
	t.Helper()
	at, failed := 0, r.Failed
	for frame := range r.Frames {
		if len(failed) > 0 && failed[0].Frame == frame {
			cut := ""
			if failed[0].Cut {
				cut = "..."
			}
			o.Rows = append(o.Rows, failed[0].Code+cut)
			failed = failed[1:]
			continue
		}
		o.Rows = append(o.Rows, string(r.Record.Column(0).(array.BinaryLike).ValueBytes()[r.Record.Column(0).(array.BinaryLike).ValueOffset64(at):][:r.Record.Column(0).(array.BinaryLike).ValueLen(at)]))
		at++
	}
	if r.Record != nil {
		if int(r.Record.NumRows()) != at {
			t.Errorf("%d rows of %d frames with %d failures", r.Record.NumRows(), r.Frames, len(r.Failed))
		}
		r.Record.Release()
	}
}

func padded(data []byte) []byte {
	return append(append(make([]byte, 0, len(data)+codec.Padding), data...), bytes.Repeat([]byte{'\n'}, codec.Padding)...)[:len(data)]
}

func options(t *testing.T, f codec.Format) codec.DecodeOptions {
	return codec.DecodeOptions{Mem: arrowtest.Allocator(t), Schema: f.Columns, MaxFrame: 8, MaxRows: 3}
}

// decode decodes data in two pieces, the second with a decoder that is restored where the first one stopped when again is set.
func decode(t *testing.T, f codec.Format, state, data []byte, cut int, again bool) (out outcome) {
	t.Helper()
	o := options(t, f)
	fresh := func(state []byte) codec.Decoder {
		d, err := f.NewDecoder(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Restore(state); err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := fresh(state)
	at := 0
	for _, end := range []int{cut, len(data)} {
		last := end == len(data)
		for {
			n, err := d.Decode(padded(data[at:end]), last)
			at += n
			frames, _ := d.Held()
			out.add(t, d.Flush())
			if err != nil {
				out.Err = err.Error()
				return out
			}
			if n == 0 && frames == 0 || at == len(data) {
				break
			}
		}
		if again && !last {
			d = fresh(d.State())
		}
		if last {
			break
		}
	}
	return out
}

func TestFrames(t *testing.T) {
	for _, test := range []struct {
		format, text string
		want         []string
	}{
		{"text", "a\nb\r\n\nc", []string{"a", "b", "", "c"}},
		{"text", "a\n", []string{"a"}},
		{"text", "", nil},
		{"text", "\xef\xbb\xbfa\n\xef\xbb\xbfb", []string{"a", "\ufeffb"}},
		{"text", "\xef\xbb\xbf", nil},
		{"text", "\xff\nx\n\xc3", []string{"text-encoding", "x", "text-encoding"}},
		{"text", "12345678\n123456789\n1234567\r\nthis is long", []string{"12345678", "frame-too-long...", "1234567", "frame-too-long..."}},
		{"text", "\x00\t\n", []string{"\x00\t"}},
		{"raw", "a\nb\x00\xff", []string{"a\nb\x00\xff"}},
		{"raw", "", nil},
		{"raw", "123456789", []string{"frame-too-long..."}},
	} {
		for cut := range len(test.text) + 1 {
			for _, again := range []bool{false, true} {
				got := decode(t, formats[test.format], nil, []byte(test.text), cut, again)
				if diff := cmp.Diff(outcome{Rows: test.want}, got); diff != "" {
					t.Errorf("%s of %q cut at %d (-want +got):\n%s", test.format, test.text, cut, diff)
				}
			}
		}
		found, err := formats[test.format].Frames(nil, []byte(test.text), options(t, formats[test.format]))
		if err != nil || len(found) != len(test.want) {
			t.Errorf("%s: Frames of %q are %v, %v", test.format, test.text, found, err)
		}
	}
}

// TestMessagesAreRecords: whatever a message holds, it is one record, alone and folded among others.
func TestMessagesAreRecords(t *testing.T) {
	messages := []string{"a", "a\nb", "\r\n", "", "\xff", "123456789", "\xef\xbb\xbfx"}
	for name, want := range map[string][]string{
		"text": {"a", "a\nb", "\r\n", "", "text-encoding", "frame-too-long...", "\ufeffx"},
		"raw":  {"a", "a\nb", "\r\n", "", "\xff", "frame-too-long...", "\xef\xbb\xbfx"},
	} {
		f := formats[name]
		var got outcome
		var folded []byte
		for _, m := range messages {
			d, err := f.NewDecoder(options(t, f))
			if err != nil {
				t.Fatal(err)
			}
			d.(codec.FrameDecoder).DecodeFrame(padded([]byte(m)))
			got.add(t, d.Flush())
			folded = f.Refold(folded, []byte(m))
		}
		if diff := cmp.Diff(outcome{Rows: want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for cut := range len(folded) + 1 {
			for _, again := range []bool{false, true} {
				if diff := cmp.Diff(outcome{Rows: want}, decode(t, f, f.RefoldState, folded, cut, again)); diff != "" {
					t.Errorf("%s folded, cut at %d (-want +got):\n%s", name, cut, diff)
				}
			}
		}
		if found, err := f.Frames(f.RefoldState, folded, options(t, f)); err != nil || len(found) != len(want) {
			t.Errorf("%s: the frames of folded messages are %v, %v", name, found, err)
		}
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	b := array.NewStringBuilder(arrowtest.Allocator(t))
	defer b.Release()
	b.AppendValues([]string{"skipped", "a", "", "b\nc", "d\r", "", "\r"}, []bool{true, true, false, true, true, true, true})
	all := b.NewArray()
	defer all.Release()
	part := array.NewSlice(all, 1, int64(all.Len()))
	defer part.Release()
	s := payload.Schema(schemas.String)
	record := array.NewRecordBatch(s.Arrow(), []arrow.Array{part}, int64(part.Len()))
	defer record.Release()
	for name, want := range map[string]string{
		"text": `"a\n\n" [1 text-null 2 text-line 3 text-line 5 text-line]; frames "ab\ncd\r\r" [1 1 4 6 6 7] [1 text-null]`,
		"raw":  `"ab\ncd\r\r" [1 raw-null]; frames "ab\ncd\r\r" [1 1 4 6 6 7] [1 raw-null]`,
	} {
		e, err := formats[name].NewEncoder(s)
		if err != nil {
			t.Fatal(err)
		}
		codes := func(failed []codec.RowFailure) (out []string) {
			for _, f := range failed {
				out = append(out, fmt.Sprint(f.Row), f.Code)
			}
			return out
		}
		lines, failed := e.Encode(e.Begin(nil), record)
		got := fmt.Sprintf("%q %v", e.Finish(lines), codes(failed))
		frames, ends, failed := e.(codec.FrameEncoder).EncodeFrames(nil, nil, record)
		if got += fmt.Sprintf("; frames %q %v %v", frames, ends, codes(failed)); got != want {
			t.Errorf("%s writes %s; want %s", name, got, want)
		}
	}
}

func TestOtherColumnsAreRefused(t *testing.T) {
	for name, kinds := range map[string]string{"text": "string", "raw": "binary"} {
		s := schemas.New(schemas.Field{Name: "id", Type: schemas.Of(schemas.Int64)})
		want := "the format " + name + " has one column, payload: " + kinds + "; found id: int64"
		if _, err := formats[name].NewEncoder(s); err == nil || err.Error() != want {
			t.Errorf("encoder: %v; want %s", err, want)
		}
		if _, err := formats[name].NewDecoder(codec.DecodeOptions{Schema: s}); err == nil || err.Error() != want {
			t.Errorf("decoder: %v; want %s", err, want)
		}
	}
	for _, state := range []string{"?", "ll", "F", "F\x80", "f1"} {
		for name, f := range formats {
			d, err := f.NewDecoder(options(t, f))
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Restore([]byte(state)); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s restored %q: %v", name, state, err)
			}
		}
	}
}
