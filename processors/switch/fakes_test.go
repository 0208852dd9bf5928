package switching_test

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// registerFakes adds processors that do what a chain may do and no built-in one of this test does: `twice` emits each row
// twice, `backwards` turns the order around and emits two batches.
func registerFakes(r *engine.Registry) {
	add := func(name string, process func(context.Context, memory.Allocator, *engine.Batch, *engine.Out) error) {
		engine.AddProcessor(r, engine.ProcessorSpec[struct{}]{
			Name: name, Summary: "A fake.", Examples: []dsl.Example{{Title: "None", Document: "name: none\ninput: {stdin: {}}\noutput: {stdout: {}}\n"}},
			New: func(_ struct{}, env engine.Env) (engine.Processor, error) { return &fake{env.Mem, process}, nil },
		})
	}
	engine.AddProcessor(r, engine.ProcessorSpec[struct{}]{
		Name: "tally", Summary: "A fake.", Examples: []dsl.Example{{Title: "None", Document: "name: none\ninput: {stdin: {}}\noutput: {stdout: {}}\n"}},
		New: func(struct{}, engine.Env) (engine.Processor, error) { return tally{}, nil },
	})
	add("twice", func(ctx context.Context, mem memory.Allocator, b *engine.Batch, out *engine.Out) error {
		var rows []int32
		for i := range b.Len() {
			rows = append(rows, int32(i), int32(i))
		}
		out.Count(engine.Created, b.Len())
		return emit(ctx, mem, b, rows, out)
	})
	add("backwards", func(ctx context.Context, mem memory.Allocator, b *engine.Batch, out *engine.Out) error {
		var rows []int32
		for i := b.Len() - 1; i >= 0; i-- {
			rows = append(rows, int32(i))
		}
		half := len(rows) / 2
		if err := emit(ctx, mem, b, rows[:half], out); err != nil {
			return err
		}
		return emit(ctx, mem, b, rows[half:], out)
	})
}

func emit(ctx context.Context, mem memory.Allocator, b *engine.Batch, rows []int32, out *engine.Out) error {
	taken, err := b.Take(ctx, mem, rows)
	if err != nil {
		return err
	}
	return out.Emit(ctx, taken)
}

type fake struct {
	mem     memory.Allocator
	process func(context.Context, memory.Allocator, *engine.Batch, *engine.Out) error
}

func (f *fake) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) { return in, nil }

func (f *fake) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	return f.process(ctx, f.mem, b, out)
}

// tally carries something from batch to batch.
type tally struct{}

var _ engine.Stateful = tally{}

func (tally) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) { return in, nil }
func (tally) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	return out.Emit(ctx, b)
}
func (tally) Snapshot() ([]byte, error) { return nil, nil }
func (tally) Restore([]byte) error      { return nil }
func (tally) Held() int64               { return 0 }
