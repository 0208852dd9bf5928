package engine_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

// away is an input whose server does not answer.
type away struct {
	numbers
	asked chan struct{}
}

func (in *away) Open(ctx context.Context, _ engine.Positions) error {
	close(in.asked)
	<-ctx.Done()
	return ctx.Err()
}

// TestAStopEndsAStartThatWaits: a server that is away must not keep a process from ending cleanly.
func TestAStopEndsAStartThatWaits(t *testing.T) {
	w, asked := newWorld(10), make(chan struct{})
	r := w.registry()
	engine.AddInput(r, engine.InputSpec[numbersConfig]{Name: "away", Replay: engine.Replayable, Bounded: true, New: func(c numbersConfig, env engine.Env) (engine.Input, error) {
		return &away{numbers: numbers{world: w, env: env, split: "log"}, asked: asked}, nil
	}})
	d, ds := dsl.Parse(source.NewFile("away.yaml", []byte("name: away\ninput: {away: {}}\noutput: {table: {name: good}}\n")), ".", dsl.Options{Specs: r})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	plan, ds := engine.NewPlan(d, r, engine.PlanOptions{Mem: arrowtest.Allocator(t), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	runner := engine.NewRunner(plan, engine.RunOptions{Store: store{w}})
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(t.Context()) }()
	<-asked
	runner.Stop()
	if err := <-ended; err != nil || !runner.Status().Stopped {
		t.Errorf("a stop while it connects gives %v, %+v", err, runner.Status())
	}
}
