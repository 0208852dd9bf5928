package unittest_test

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/processors"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// registry has the real processors, and inputs and outputs that nobody opens.
func registry() *engine.Registry {
	r := engine.NewRegistry()
	processors.Register(r)
	engine.AddInput(r, engine.InputSpec[nothing]{
		Name: "feed", Summary: "A fake.", Bytes: true, Replay: engine.Replayable, New: newFeed,
		Meta: []schemas.Field{
			{Name: "offset", Type: schemas.Of(schemas.Int64), Required: true, Doc: "number of the record"},
			{Name: "key", Type: schemas.Of(schemas.String), Doc: "its key"},
		},
	})
	engine.AddProcessor(r, engine.ProcessorSpec[nothing]{Name: "borders", Summary: "Counts from each batch's first row.", New: newBorders})
	engine.AddProcessor(r, engine.ProcessorSpec[nothing]{Name: "loser", Summary: "Loses every row.", New: newLoser})
	engine.AddProcessor(r, engine.ProcessorSpec[nothing]{Name: "clock", Summary: "Adds the time.", New: newClock})
	engine.AddOutput(r, engine.OutputSpec[lakeConfig]{Name: "lake", Summary: "A fake router.", New: newLake})
	engine.AddOutput(r, engine.OutputSpec[nothing]{Name: "sink", Summary: "A fake.", New: newSink})
	return r
}

type nothing struct{}

// feed has no records: tests give them.
type feed struct{}

func newFeed(nothing, engine.Env) (engine.Input, error) { return feed{}, nil }

func (feed) Open(context.Context, engine.Positions) error   { return nil }
func (feed) Read(context.Context, *engine.Out) error        { return io.EOF }
func (feed) Positions() (engine.Positions, error)           { return nil, nil }
func (feed) Commit(context.Context, engine.Positions) error { return nil }
func (feed) Close(context.Context) error                    { return nil }

// sink is bound and never opened.
type sink struct{}

func newSink(nothing, engine.Env) (engine.Output, error) { return sink{}, nil }

func (sink) Bind(engine.Shape) source.Diagnostics                          { return nil }
func (sink) Open(context.Context, engine.Start) error                      { panic("a test opens the output") }
func (sink) Write(_ context.Context, b *engine.Batch, _ *engine.Out) error { panic("a test writes") }
func (sink) Flush(context.Context, *engine.Out) error                      { panic("a test flushes") }
func (sink) Close(context.Context) error                                   { return nil }

type lakeConfig struct {
	Route dsl.Expression `flow:"route,required" doc:"The target."`
}

// lake routes by an expression; null and empty names are rejected.
type lake struct {
	sink
	config lakeConfig
	env    engine.Env
	route  *expression.Evaluator
}

var _ engine.Router = (*lake)(nil)

func newLake(c lakeConfig, env engine.Env) (engine.Output, error) {
	return &lake{config: c, env: env}, nil
}

// Bind implements engine.Output.
func (l *lake) Bind(in engine.Shape) source.Diagnostics {
	p, ds := l.env.Compile(in, l.config.Route)
	if p != nil {
		l.route = p.NewEvaluator(l.env.Mem)
	}
	return ds
}

// Route implements engine.Router.
func (l *lake) Route(ctx context.Context, b *engine.Batch) (arrow.Array, []engine.Rejection, error) {
	out, failed, err := l.route.Eval(ctx, expression.Rows{Columns: b.Columns, Meta: b.Meta, Now: l.env.Now()})
	if err != nil {
		return nil, nil, err
	}
	rejected := engine.Rejections(failed)
	for i := range out[0].Len() {
		if out[0].IsNull(i) {
			rejected = append(rejected, engine.Rejection{Row: i, Code: "no-route", Message: "the route is null", Range: l.config.Route.Range})
		}
	}
	return out[0], rejected, nil
}

// adder adds a column to every batch.
type adder struct {
	env    engine.Env
	field  schemas.Field
	out    *schemas.Schema
	append func(b array.Builder, row int)
}

// newBorders returns a processor as none may be: what it gives depends on where batches begin.
func newBorders(_ nothing, env engine.Env) (engine.Processor, error) {
	return &adder{env: env, field: schemas.Field{Name: "place", Type: schemas.Of(schemas.Int64)}, append: func(b array.Builder, row int) {
		b.(*array.Int64Builder).Append(int64(row))
	}}, nil
}

func newClock(_ nothing, env engine.Env) (engine.Processor, error) {
	return &adder{env: env, field: schemas.Field{Name: "at", Type: schemas.Of(schemas.Timestamp)}, append: func(b array.Builder, _ int) {
		b.(*array.TimestampBuilder).AppendTime(env.Now())
	}}, nil
}

// Bind implements engine.Processor.
func (a *adder) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) {
	a.out = schemas.New(append(in.Columns.Fields(), a.field)...)
	return engine.Shape{Columns: a.out, Meta: in.Meta}, nil
}

// Process implements engine.Processor. It takes b.
func (a *adder) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	builder := array.NewBuilder(a.env.Mem, a.field.Type.Arrow())
	defer builder.Release()
	for row := range b.Len() {
		a.append(builder, row)
	}
	added := builder.NewArray()
	defer added.Release()
	columns := append(append([]arrow.Array{}, b.Columns.Columns()...), added)
	return out.Emit(ctx, b.With(a.out, array.NewRecordBatch(a.out.Arrow(), columns, b.Columns.NumRows())))
}

// loser forgets its rows without a word: it neither emits, rejects nor counts them.
type loser struct{}

func newLoser(nothing, engine.Env) (engine.Processor, error) { return loser{}, nil }

func (loser) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) { return in, nil }

func (loser) Process(_ context.Context, b *engine.Batch, _ *engine.Out) error {
	b.Release()
	return nil
}
