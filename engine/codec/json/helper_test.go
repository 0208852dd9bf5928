package json_test

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// fataler is *testing.T, *testing.B, *testing.F and *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// columns is the schema of the members of a struct type, written without its frame: "id: int64, name: string".
func columns(t fataler, text string) *schemas.Schema {
	t.Helper()
	parsed, err := schemas.ParseType("struct{" + text + "}")
	if err != nil {
		t.Fatalf("schema %q: %v", text, err)
	}
	return schemas.New(parsed.Fields...)
}

func newDecoder(t fataler, o codec.DecodeOptions) codec.Decoder {
	t.Helper()
	d, err := json.Format().NewDecoder(o)
	if err != nil {
		t.Fatalf("new decoder: %v", err)
	}
	return d
}

// padded is a copy of data that has Padding bytes behind its end and not one more, all of them tempting.
func padded(data string) []byte {
	b := append(make([]byte, 0, len(data)+codec.Padding), data...)
	for i := range codec.Padding {
		b[:cap(b)][len(b)+i] = `1"\u0`[i%5]
	}
	return b
}

// outcome is what became of a text: its rows as text, and its failures.
type outcome struct {
	Rows   []string
	Failed []string
	Err    string
	Schema string
	Frames int
	Kept   int64
	Taken  int
}

// decode reads data to its end in pieces that end at the offsets in cuts, and flushes whenever the batch is full.
func decode(t fataler, o codec.DecodeOptions, data string, cuts ...int) outcome {
	t.Helper()
	return decodeWith(newDecoder(t, o), data, cuts...)
}

func decodeWith(d codec.Decoder, data string, cuts ...int) (out outcome) {
	flush := func() { out.add(d.Flush()) }
	defer flush()
	at := 0
	for _, cut := range append(cuts, len(data)) {
		cut = min(max(cut, at), len(data))
		for {
			n, err := d.Decode(padded(data[at:cut]), cut == len(data))
			at += n
			out.Taken = at
			if err != nil {
				out.Err = err.Error()
				return out
			}
			_, full := d.Held()
			if !full {
				break
			}
			flush()
		}
	}
	return out
}

func (o *outcome) add(r codec.Rows) {
	o.Schema = r.Schema.String()
	o.Kept += r.Unknown
	for _, f := range r.Failed {
		o.Failed = append(o.Failed, fmt.Sprintf("%d %s %q %s", o.Frames+f.Frame, f.Code, f.Raw, f.Message))
	}
	o.Frames += r.Frames
	if r.Record == nil {
		return
	}
	defer r.Record.Release()
	for i, c := range r.Record.Columns() {
		if wrong := miscounted(c.Data()); wrong != "" {
			o.Failed = append(o.Failed, fmt.Sprintf("column %d: %s", i, wrong))
		}
	}
	o.Rows = append(o.Rows, rows(r.Record)...)
}

// rows writes every row of r with Arrow's own text of each value.
func rows(r arrow.RecordBatch) []string {
	out := make([]string, r.NumRows())
	for i := range out {
		var b strings.Builder
		for k, c := range r.Columns() {
			if k > 0 {
				b.WriteString(" | ")
			}
			b.WriteString(c.ValueStr(i))
		}
		out[i] = b.String()
	}
	return out
}

// options are those of most tests.
func options(t arrowtest.TB, s *schemas.Schema) codec.DecodeOptions {
	return codec.DecodeOptions{Mem: arrowtest.Allocator(t), Schema: s}
}

// encode writes r with a new encoder.
func encode(t fataler, s *schemas.Schema, r arrow.RecordBatch) (string, []codec.RowFailure) {
	t.Helper()
	e, err := json.Format().NewEncoder(s)
	if err != nil {
		t.Fatalf("new encoder: %v", err)
	}
	out, failed := e.Encode(e.Begin(nil), r)
	return string(e.Finish(out)), failed
}

// record decodes lines that must all be rows. The caller releases it.
func record(t fataler, mem memory.Allocator, s *schemas.Schema, lines string) arrow.RecordBatch {
	t.Helper()
	d := newDecoder(t, codec.DecodeOptions{Mem: mem, Schema: s})
	if _, err := d.Decode(padded(lines), true); err != nil {
		t.Fatalf("decode %q: %v", lines, err)
	}
	r := d.Flush()
	if len(r.Failed) > 0 || r.Record == nil {
		t.Fatalf("decode %q: failures %v", lines, r.Failed)
	}
	return r.Record
}

// message is that of a failure as outcome writes it.
func message(failed string) string {
	_, rest, _ := strings.Cut(failed, `}" `)
	return rest
}

// miscounted says which part of an array counts other nulls than it has, or has a buffer that is too short.
func miscounted(d arrow.ArrayData) string {
	nulls := 0
	if b := d.Buffers()[0]; b != nil {
		for i := range d.Len() {
			if b.Bytes()[i>>3]>>(i&7)&1 == 0 {
				nulls++
			}
		}
	}
	if nulls != d.NullN() {
		return fmt.Sprintf("%s has %d nulls and counts %d", d.DataType(), nulls, d.NullN())
	}
	for _, child := range d.Children() {
		if wrong := miscounted(child); wrong != "" {
			return wrong
		}
	}
	return ""
}
