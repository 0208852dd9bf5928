package enginetest

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Input builds the input that document, one with `output: {test: {}}`, names. Relative paths begin at dir.
func Input(t TB, register func(*engine.Registry), dir, document string) engine.Input {
	t.Helper()
	r := engine.NewRegistry()
	register(r)
	fakes(r)
	d, ds := dsl.Parse(source.NewFile("test.yaml", []byte(document)), dir, dsl.Options{Specs: r})
	if ds.HasErrors() {
		t.Fatalf("the document is wrong:\n%s", ds.Render())
	}
	p, ds := engine.NewPlan(d, r, engine.PlanOptions{Mem: allocator(t), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if ds.HasErrors() {
		t.Fatalf("the input cannot be built:\n%s", ds.Render())
	}
	schema, err := p.Sample(context.Background(), false)
	if err != nil {
		t.Fatalf("sample the input: %v", err)
	}
	in := p.Input.Input
	if s, ok := in.(engine.SchemaSetter); ok {
		s.UseSchema(schema[0])
	}
	return in
}

// Records is what an input gave: each row as JSON behind its ordinal, rejected records behind theirs.
type Records struct {
	Rows     []Record
	Rejected []engine.RawRejection
}

// Record is one row and where it came from.
type Record struct {
	Split   string
	Ordinal int64
	Text    string
}

// recorder is the sink of an input under test.
type recorder struct {
	t   TB
	got *Records
}

// Emit implements engine.Sink.
func (r *recorder) Emit(_ context.Context, b *engine.Batch) error {
	defer b.Release()
	if b.Origin.Len() != b.Len() || int(b.Meta.NumRows()) != b.Len() {
		r.t.Errorf("a batch of %d rows has %d origins and %d rows of meta", b.Len(), b.Origin.Len(), b.Meta.NumRows())
	}
	for i := range b.Len() {
		one := b.Slice(i, i+1)
		split, ordinal := b.Origin.At(i)
		r.got.Rows = append(r.got.Rows, Record{split, ordinal, Text(one)})
		one.Release()
	}
	return nil
}

// Reject implements engine.Sink; an input has no rows to reject.
func (r *recorder) Reject(context.Context, engine.Site, *engine.Batch, []engine.Rejection) error {
	return errors.New("an input rejected rows of a batch")
}

// RejectRaw implements engine.Sink.
func (r *recorder) RejectRaw(_ context.Context, _ engine.Site, rows []engine.RawRejection) error {
	r.got.Rejected = append(r.got.Rejected, rows...)
	return nil
}

// ReadInput opens in at the positions and calls Read until the input ends, or at most reads times when that is not
// negative. It returns what came, and where the input stands.
func ReadInput(t TB, in engine.Input, at engine.Positions, reads int) (Records, engine.Positions) {
	t.Helper()
	ctx := context.Background()
	if err := in.Open(ctx, at); err != nil {
		t.Fatalf("open the input: %v", err)
	}
	var got Records
	out := engine.NewOut(engine.Site{Path: "input"}, &recorder{t, &got})
	for ; reads != 0; reads-- {
		err := in.Read(ctx, out)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("read: %v", err)
		}
	}
	if a := out.Account(); a.Count(engine.Taken) != a.Emitted+a.Rejected {
		t.Errorf("the input took %d records, emitted %d and rejected %d", a.Count(engine.Taken), a.Emitted, a.Rejected)
	}
	positions, err := in.Positions()
	if err != nil {
		t.Fatalf("take the positions: %v", err)
	}
	return got, positions
}
