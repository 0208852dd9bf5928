package enginetest

import (
	"context"
	"io"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// testMeta are the meta fields of the input `test`: offset is the record's ordinal, key a text.
var testMeta = []schemas.Field{
	{Name: "offset", Type: schemas.Of(schemas.Int64), Doc: "number of the record"},
	{Name: "key", Type: schemas.Of(schemas.String), Doc: "k and the number of the record"},
}

// fakes adds what documents of tests name and nobody runs, unless the test brings the real thing.
func fakes(r *engine.Registry) {
	fileMeta := []schemas.Field{{Name: "path", Type: schemas.Of(schemas.String)}, {Name: "record", Type: schemas.Of(schemas.Int64)}}
	if _, taken := r.Spec(dsl.Input, "stdin"); !taken {
		engine.AddInput(r, engine.InputSpec[nothing]{Name: "stdin", Summary: "A fake.", Bytes: true, New: newInput[nothing]})
	}
	if _, taken := r.Spec(dsl.Input, "file"); !taken {
		engine.AddInput(r, engine.InputSpec[files]{Name: "file", Summary: "A fake.", Bytes: true, Replay: engine.Replayable, Meta: fileMeta, New: newInput[files]})
	}
	engine.AddInput(r, engine.InputSpec[nothing]{Name: "test", Summary: "A fake.", Bytes: true, Replay: engine.Replayable, Meta: testMeta, New: newInput[nothing]})
	for _, name := range []string{"stdout", "test"} {
		if _, taken := r.Spec(dsl.Output, name); !taken {
			engine.AddOutput(r, engine.OutputSpec[nothing]{Name: name, Summary: "A fake.", Bytes: true, New: newOutput})
		}
	}
}

type nothing struct{}

type files struct {
	Paths []dsl.Text `flow:"paths,required" doc:"Files."`
}

// fakeInput has no records.
type fakeInput struct{}

var _ engine.Input = fakeInput{}

func newInput[C any](C, engine.Env) (engine.Input, error) { return fakeInput{}, nil }

func (fakeInput) Open(context.Context, engine.Positions) error   { return nil }
func (fakeInput) Read(context.Context, *engine.Out) error        { return io.EOF }
func (fakeInput) Positions() (engine.Positions, error)           { return nil, nil }
func (fakeInput) Commit(context.Context, engine.Positions) error { return nil }
func (fakeInput) Close(context.Context) error                    { return nil }

// fakeOutput is bound and never opened.
type fakeOutput struct{}

var _ engine.Output = fakeOutput{}

func newOutput(nothing, engine.Env) (engine.Output, error) { return fakeOutput{}, nil }

func (fakeOutput) Bind(engine.Shape) source.Diagnostics     { return nil }
func (fakeOutput) Open(context.Context, engine.Start) error { return nil }
func (fakeOutput) Flush(context.Context, *engine.Out) error { return nil }
func (fakeOutput) Close(context.Context) error              { return nil }

func (fakeOutput) Write(_ context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	out.Count(engine.Dropped, b.Len())
	return nil
}
