package drop

import (
	"context"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Config is what a document says under drop: nothing.
type Config struct{}

// Register adds the drop output to r.
func Register(r *engine.Registry) {
	engine.AddOutput(r, engine.OutputSpec[Config]{
		Name:    "drop",
		Summary: "Discards every record.",
		Description: "The records are counted as dropped and are gone: a checkpoint goes past them. It is for measuring what stands before it, and for a " +
			"`dead_letter` whose records nobody wants.",
		Since:     "0.1.0",
		Examples:  []dsl.Example{{Title: "Measure how fast a file is read", Document: measureExample}},
		Guarantee: engine.AppendOnly,
		Conditions: []string{
			"Nobody wants the records.",
		},
		New: newOutput,
	})
}

const measureExample = `name: measure
input: {file: orders.ndjson}
output: {drop: {}}
`

type output struct{}

var (
	_ engine.Output   = output{}
	_ engine.Rewinder = output{}
)

func newOutput(Config, engine.Env) (engine.Output, error) { return output{}, nil }

// Bind implements engine.Output: every shape will do.
func (output) Bind(engine.Shape) source.Diagnostics { return nil }

// Open implements engine.Output.
func (output) Open(context.Context, engine.Start) error { return nil }

// Write counts the rows of b as dropped. It takes b.
func (output) Write(_ context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	out.Count(engine.Dropped, b.Len())
	return nil
}

// Flush implements engine.Output: nothing is pending.
func (output) Flush(context.Context, *engine.Out) error { return nil }

// Rewinds implements engine.Rewinder: nothing is written, so nothing is written twice.
func (output) Rewinds() bool { return true }

// Close implements engine.Output.
func (output) Close(context.Context) error { return nil }
