package enginetest

import (
	"context"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Outbox returns an Out for an output under test, and what is rejected through it. The caller counts with
// [engine.Out.Receive] what it hands over.
func Outbox(t TB) (*engine.Out, *Result) {
	c := &collector{t: t, result: &Result{}}
	return engine.NewOut(engine.Site{Path: "output", Name: "test"}, c), c.result
}

// Output builds and binds the output of a document, for [OrdersSchema] where the document declares no other. It is
// neither opened nor closed.
func Output(t TB, register func(*engine.Registry), f *source.File) engine.Output {
	t.Helper()
	p, ds := plan(register, allocator(t), f)
	if ds.HasErrors() {
		t.Fatalf("the output cannot be built:\n%s", ds.Render())
	}
	schema, err := p.Sample(context.Background(), true)
	if err != nil {
		t.Fatalf("sample %s: %v", f.Name, err)
	}
	if schema[0].Open() {
		schema[0] = OrdersSchema()
	}
	if ds := p.Bind(schema); ds.HasErrors() {
		t.Fatalf("the output cannot be bound:\n%s", ds.Render())
	}
	return p.Output.Output
}
