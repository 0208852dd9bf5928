package engine_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

// slow is an input that waits for each batch, as long as inputs may.
type slow struct{ *numbers }

func (in slow) Read(ctx context.Context, out *engine.Out) error {
	time.Sleep(100 * time.Millisecond)
	return in.numbers.Read(ctx, out)
}

// clockStore notes when checkpoints are stored.
type clockStore struct {
	store
	began time.Time
	saves *[]time.Duration
}

func (s clockStore) Save(ctx context.Context, data []byte) error {
	*s.saves = append(*s.saves, time.Since(s.began))
	return s.store.Save(ctx, data)
}

// TestFault20ClockJump: the wall clock jumps forth and back by a day, again and again; checkpoints are taken when they
// would be taken anyway, and nothing is lost.
func TestFault20ClockJump(t *testing.T) {
	saves := func(now func() time.Time) (at []time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(7 * 400) // 40 s of batches; no checkpoint is due in the instant in which one ends
			r := engine.NewRegistry()
			engine.AddInput(r, engine.InputSpec[onceOnly]{Name: "slow", Replay: engine.Replayable, Bounded: true, New: func(_ onceOnly, env engine.Env) (engine.Input, error) {
				return slow{&numbers{world: w, env: env}}, nil
			}})
			engine.AddProcessor(r, engine.ProcessorSpec[onceOnly]{Name: "fives", New: func(_ onceOnly, env engine.Env) (engine.Processor, error) { return fives{env}, nil }})
			engine.AddOutput(r, engine.OutputSpec[tableConfig]{Name: "table", Guarantee: engine.Transactional, New: func(c tableConfig, _ engine.Env) (engine.Output, error) {
				return &table{world: w, name: c.Name}, nil
			}})
			document := "name: clock\ninput: {slow: {}}\nprocessors: [{fives: {}}]\noutput: {table: {name: good}}\ndead_letter: {table: {name: bad}}\ncheckpoint: {interval: 7013ms}\n"
			o := engine.RunOptions{Store: clockStore{store{w}, time.Now(), &at}, Now: now}
			if err := w.startWith(t, arrowtest.Allocator(t), r, document, o).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			check(t, w)
		})
		return at
	}
	steady := saves(time.Now)
	jump := -24 * time.Hour
	jumping := saves(func() time.Time {
		jump = -jump
		return time.Now().Add(jump)
	})
	if len(steady) < 6 || !slices.Equal(steady, jumping) {
		t.Errorf("checkpoints were stored at %v, and with a clock that jumps at %v", steady, jumping)
	}
}
