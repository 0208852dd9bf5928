package stdout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Config is what a document says under stdout: nothing; `format` stands beside it.
type Config struct{}

// Register adds the stdout output to r.
func Register(r *engine.Registry) {
	engine.AddOutput(r, engine.OutputSpec[Config]{
		Name:    "stdout",
		Summary: "Writes records to standard output.",
		Description: "Each batch is written as soon as it arrives, so that a person or the next program of a pipe sees it at once. What was written cannot be " +
			"taken back: after a crash some records are written again. When the reader of the pipe goes away, the pipeline stops.",
		Since:     "0.1.0",
		Examples:  []dsl.Example{{Title: "Look at a file", Document: lookExample}},
		Bytes:     true,
		Guarantee: engine.AppendOnly,
		Conditions: []string{
			"Whoever reads has what was written: a pipe may lose what is in it when its reader dies.",
		},
		New: func(_ Config, env engine.Env) (engine.Output, error) { return newOutput(env, os.Stdout), nil },
	})
}

const lookExample = `name: look
input: {file: orders.ndjson}
output:
  stdout: {}
  format: json
`

// maxBuffer is the largest buffer that is kept for the next batch: a single huge one must not pin its memory for ever.
const maxBuffer = 8 << 20

type output struct {
	env     engine.Env
	w       io.Writer
	schema  *schemas.Schema
	encoder codec.Encoder
	head    []byte // what stands before the first row, once it is written
	begun   bool
	broken  bool // a write failed: nothing more is written
	buf     []byte
}

var _ engine.Output = (*output)(nil)

func newOutput(env engine.Env, w io.Writer) *output { return &output{env: env, w: w} }

// Bind implements engine.Output. Once a head is written that names the columns, they cannot change any more.
func (o *output) Bind(in engine.Shape) source.Diagnostics {
	if in.Columns.Open() || slices.ContainsFunc(in.Columns.Fields(), unknown) {
		return nil // lint alone binds to these: what the format makes of them shows when they are known
	}
	var at source.Range
	if o.env.Node != nil {
		at = o.env.Node.Range
	}
	encoder, err := o.env.Format.NewEncoder(in.Columns)
	if err != nil {
		return source.Diagnostics{{Code: "stdout-format", Range: at, Found: "the format " + o.env.Format.Name + " cannot hold these records: " + err.Error()}}
	}
	if o.begun && !bytes.Equal(encoder.Begin(nil), o.head) {
		return source.Diagnostics{{
			Code: "stdout-columns", Range: at, Found: "the columns changed from " + o.schema.String() + " to " + in.Columns.String() + " behind the head that names them",
			Expected: "the same columns to the end", Fix: "declare the input's `schema`, or choose the columns with `select`",
		}}
	}
	o.schema, o.encoder = in.Columns, encoder
	return nil
}

// unknown reports whether the type of f, or of a part of it, is not known.
func unknown(f schemas.Field) bool {
	t := f.Type
	return t.Kind == schemas.Unknown || t.Elem != nil && unknown(schemas.Field{Type: *t.Elem}) || slices.ContainsFunc(t.Fields, unknown)
}

// Open implements engine.Output.
func (o *output) Open(context.Context, engine.Start) error { return nil }

// Write encodes b and writes it at once. Rows that the format cannot hold are rejected. It takes b.
func (o *output) Write(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	o.buf = o.buf[:0]
	if !o.begun {
		o.buf = o.encoder.Begin(o.buf)
		o.head, o.begun = bytes.Clone(o.buf), true
	}
	var failed []codec.RowFailure
	o.buf, failed = o.encoder.Encode(o.buf, b.Columns)
	rejected := make([]engine.Rejection, len(failed))
	for i, f := range failed {
		rejected[i] = engine.Rejection{Row: f.Row, Code: f.Code, Message: f.Message}
	}
	if err := out.Reject(ctx, b, rejected); err != nil {
		return err
	}
	if err := o.write(); err != nil {
		return err
	}
	out.Count(engine.Delivered, b.Len()-len(failed))
	return nil
}

// write hands the buffer to the operating system.
func (o *output) write() error {
	if len(o.buf) == 0 {
		return nil
	}
	if _, err := o.w.Write(o.buf); err != nil {
		o.broken = true
		if errors.Is(err, syscall.EPIPE) {
			return engine.Permanent(fmt.Errorf("write to standard output: its reader has gone away: %w", err))
		}
		return fmt.Errorf("write to standard output: %w", err)
	}
	if cap(o.buf) > maxBuffer {
		o.buf = nil
	}
	return nil
}

// Flush implements engine.Output: Write leaves nothing pending.
func (o *output) Flush(context.Context, *engine.Out) error { return nil }

// Close writes what the format has behind the last row. Standard output itself belongs to the process.
func (o *output) Close(context.Context) error {
	if !o.begun || o.broken {
		return nil
	}
	o.begun = false
	o.buf = o.encoder.Finish(o.buf[:0])
	return o.write()
}
