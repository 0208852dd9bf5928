package engine_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// bomb is where a component panics: once, as the name of its kind and method says.
type bomb struct {
	at   string
	gone atomic.Bool
}

// pass panics when it is the method that is meant.
func (b *bomb) pass(at string) {
	if b.at == at && b.gone.CompareAndSwap(false, true) {
		panic("index out of range in " + at)
	}
}

// The components of a world, each with a bomb at every method that a running pipeline calls.
type (
	bombInput struct {
		*numbers
		bomb *bomb
	}
	bombProcessor struct {
		fives
		bomb *bomb
	}
	bombOutput struct {
		*table
		bomb *bomb
	}
)

func (in bombInput) Open(ctx context.Context, at engine.Positions) error {
	in.bomb.pass("input.Open")
	return in.numbers.Open(ctx, at)
}

func (in bombInput) Read(ctx context.Context, out *engine.Out) error {
	in.bomb.pass("input.Read")
	return in.numbers.Read(ctx, out)
}

func (in bombInput) Positions() (engine.Positions, error) {
	in.bomb.pass("input.Positions")
	return in.numbers.Positions()
}

func (in bombInput) Commit(ctx context.Context, at engine.Positions) error {
	in.bomb.pass("input.Commit")
	return in.numbers.Commit(ctx, at)
}

func (in bombInput) Close(ctx context.Context) error {
	in.bomb.pass("input.Close")
	return in.numbers.Close(ctx)
}

func (p bombProcessor) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	p.bomb.pass("processor.Process")
	return p.fives.Process(ctx, b, out)
}

func (o bombOutput) pass(method string) { o.bomb.pass(o.name + "." + method) }

func (o bombOutput) Open(ctx context.Context, start engine.Start) error {
	o.pass("Open")
	return o.table.Open(ctx, start)
}

func (o bombOutput) Write(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	o.pass("Write")
	return o.table.Write(ctx, b, out)
}

func (o bombOutput) Prepare(ctx context.Context, b engine.Barrier, out *engine.Out) (engine.Prepared, error) {
	o.pass("Prepare")
	return o.table.Prepare(ctx, b, out)
}

func (o bombOutput) Commit(ctx context.Context, cs []engine.Committable, told engine.Positions) error {
	o.pass("Commit")
	return o.table.Commit(ctx, cs, told)
}

func (o bombOutput) Close(ctx context.Context) error {
	o.pass("Close")
	return o.table.Close(ctx)
}

// registry is the world's, of components with bombs.
func (b *bomb) registry(w *world) *engine.Registry {
	r := engine.NewRegistry()
	engine.AddInput(r, engine.InputSpec[onceOnly]{Name: "numbers", Replay: engine.Replayable, Bounded: true, New: func(_ onceOnly, env engine.Env) (engine.Input, error) {
		return bombInput{&numbers{world: w, env: env}, b}, nil
	}})
	engine.AddProcessor(r, engine.ProcessorSpec[onceOnly]{Name: "fives", New: func(_ onceOnly, env engine.Env) (engine.Processor, error) {
		return bombProcessor{fives{env}, b}, nil
	}})
	engine.AddOutput(r, engine.OutputSpec[tableConfig]{Name: "table", Guarantee: engine.Transactional, New: func(c tableConfig, _ engine.Env) (engine.Output, error) {
		return bombOutput{&table{world: w, name: c.Name}, b}, nil
	}})
	return r
}

// TestFault50PanicInAComponent: whichever component panics, in whichever method, the pipeline fails and names it, every
// goroutine ends, and the next start has every record once.
func TestFault50PanicInAComponent(t *testing.T) {
	for _, test := range []struct{ at, where string }{
		{"input.Open", "input"}, {"input.Read", "input"}, {"input.Positions", "input"}, {"input.Commit", "input"}, {"input.Close", "input"},
		{"processor.Process", "processors[0]"},
		{"good.Open", "output"}, {"good.Write", "output"}, {"good.Prepare", "output"}, {"good.Commit", "the output for good"}, {"good.Close", "output"},
		{"bad.Write", "dead_letter"}, {"bad.Prepare", "dead_letter"}, {"bad.Commit", "the output for bad"},
	} {
		t.Run(test.at, func(t *testing.T) {
			w, b := newWorld(100), &bomb{at: test.at}
			var log bytes.Buffer
			run := func() error {
				r := b.registry(w)
				d, ds := dsl.Parse(source.NewFile("numbers.yaml", []byte(numbersDocument)), ".", dsl.Options{Specs: r})
				if ds.HasErrors() {
					t.Fatal(ds.Render())
				}
				// What a component had when it panicked is garbage: no checked allocator.
				plan, ds := engine.NewPlan(d, r, engine.PlanOptions{Mem: memory.NewGoAllocator(), Log: slog.New(slog.NewTextHandler(&log, nil))})
				if ds.HasErrors() {
					t.Fatal(ds.Render())
				}
				return engine.NewRunner(plan, engine.RunOptions{Store: store{w}}).Run(t.Context())
			}
			err := run()
			panicked, ok := errors.AsType[*engine.PanicError](err)
			if !ok || panicked.Where != test.where || !strings.Contains(err.Error(), "bug in iggy-flow") || !strings.Contains(err.Error(), "out of range in "+test.at) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(log.String(), "guard_test.go") {
				t.Errorf("the log has no stack:\n%s", log.String())
			}
			if w.current == nil || !last(t, w).Complete {
				if err := run(); err != nil {
					t.Fatal(err)
				}
			}
			check(t, w)
		})
	}
}
