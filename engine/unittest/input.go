package unittest

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/engine/scanner"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// split is the split that the records of a case come from.
const split = "input"

// records are the bytes that stand for the input's, and how they are decoded.
type records struct {
	data     []byte
	format   *codec.Format
	declared *dsl.DeclaredSchema // nil where the schema is inferred
	schema   *schemas.Schema
}

// records reads what a case gives as input to plan, and finds its schema. The error is told as the case's failure.
func (c testCase) records(plan *engine.Plan, r *engine.Registry, schema *dsl.DeclaredSchema) (records, error) {
	env := plan.Input.Env()
	in := records{format: env.Format, declared: env.Declared}
	if schema != nil {
		in.declared = schema
	}
	native := json.Format()
	if in.format == nil { // the input's records have a form of their own: fixtures stand for them
		in.format = &native
	}
	var b strings.Builder
	switch {
	case c.Input.Rows != nil:
		in.format = &native
		for _, n := range c.Input.Rows {
			b.Write(append(appendNode(nil, n), '\n'))
		}
	case c.Input.Lines != nil:
		for _, n := range c.Input.Lines {
			b.WriteString(n.Text + "\n")
		}
	default:
		data, err := os.ReadFile(c.Input.File.Value)
		if err != nil {
			return in, fmt.Errorf("read the records: %w", err)
		}
		if f, ok := r.Formats.ForPath(c.Input.File.Value); ok && env.Format == nil {
			in.format = f
		}
		b.Write(data)
	}
	in.data = []byte(b.String())
	if in.declared != nil {
		in.schema = in.declared.Schema
		return in, nil
	}
	env.Format = in.format
	inferred, err := scanner.Infer(env, in.data, true, codec.SampleLimits{})
	if err != nil {
		return in, fmt.Errorf("infer the schema of the records: %w", err)
	}
	if inferred == nil || inferred.Len() == 0 {
		inferred = schemas.New()
	}
	in.schema = inferred
	return in, nil
}

// intake is what was decoded.
type intake struct {
	batches []*engine.Batch // owned
	letters []letter
	frames  int64
}

var _ engine.Sink = (*intake)(nil)

// Emit implements engine.Sink.
func (i *intake) Emit(_ context.Context, b *engine.Batch) error {
	i.batches = append(i.batches, b)
	return nil
}

// Reject implements engine.Sink: a decoder rejects records, not rows.
func (i *intake) Reject(_ context.Context, at engine.Site, _ *engine.Batch, rows []engine.Rejection) error {
	return fmt.Errorf("%s rejects %d rows while it decodes: this is a bug in iggy-flow, please report it", at.Path, len(rows))
}

// RejectRaw implements engine.Sink.
func (i *intake) RejectRaw(_ context.Context, at engine.Site, rows []engine.RawRejection) error {
	for _, r := range rows {
		i.letters = append(i.letters, letter{site: at, code: r.Code, message: r.Message, ordinal: r.Ordinal, raw: r.Original.Raw})
	}
	return nil
}

func (i *intake) release() {
	for _, b := range i.batches {
		b.Release()
	}
	i.batches = nil
}

// decode decodes in as the input of plan does. The caller releases what it returns, also with an error.
func decode(ctx context.Context, plan *engine.Plan, in records, m *meta) (*intake, error) {
	taken := &intake{}
	env := plan.Input.Env()
	env.Format, env.Declared, env.Keep = in.format, in.declared, true
	s := scanner.New(env, 0, m.build)
	s.UseSchema(in.schema)
	if err := s.Begin(split, 0, 0, nil, nil); err != nil {
		return taken, fmt.Errorf("decode the records: %w", err)
	}
	defer s.Release()
	s.Append(in.data)
	s.End()
	out := engine.NewOut(plan.Input.Site, taken)
	for !s.Ended() {
		before := s.Pending()
		if _, err := s.Decode(); err != nil {
			return taken, fmt.Errorf("decode the records, byte %d: %w", s.Offset(), err)
		}
		first := s.Ordinal()
		if err := s.Flush(ctx, out); err != nil {
			return taken, err
		}
		if s.Pending() == before && s.Ordinal() == first {
			return taken, fmt.Errorf("decode the records, byte %d: the format `%s` makes nothing of what follows: this is a bug in iggy-flow, please report it", s.Offset(), in.format.Name)
		}
		if err := ctx.Err(); err != nil {
			return taken, err
		}
	}
	taken.frames = s.Ordinal()
	return taken, nil
}

// loadSchema reads the schema of a case.
func (c testCase) loadSchema(plan *engine.Plan, s *dsl.Scope) (*dsl.DeclaredSchema, source.Diagnostics) {
	if c.Schema == nil {
		return nil, nil
	}
	if plan.Input.Env().Declared != nil {
		return nil, source.Diagnostics{finding("test-schema", place(c.Schema), "a schema, and the document declares one", "the document's", "remove `schema` here")}
	}
	return dsl.LoadSchema(c.Schema, s)
}
