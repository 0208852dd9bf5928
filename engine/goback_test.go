package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

// damaged is a store whose last checkpoint cannot be read until it is replaced.
type damaged struct {
	store
	broken *bool
	aside  *[]byte
}

var _ checkpoint.Mender = damaged{}

func (s damaged) Load(ctx context.Context) ([]byte, error) {
	if *s.broken {
		return nil, &checkpoint.CorruptError{Place: "memory", Reason: "its checksum is wrong"}
	}
	return s.store.Load(ctx)
}

func (s damaged) Replace(_ context.Context, data []byte) (aside string, err error) {
	err = s.do(func() error {
		*s.aside, s.current, *s.broken = s.current, data, false
		return nil
	})
	return "aside", err
}

func (damaged) Place() string                                              { return "memory" }
func (damaged) Leftovers(context.Context) (stale, aside []string, e error) { return nil, nil, nil }
func (damaged) Clean(context.Context) ([]string, error)                    { return nil, nil }

// Rewinds implements engine.Rewinder for all tables but one.
func (o *table) Rewinds() bool { return o.name != "without positions" }

// back returns a start with --state-recover=previous over a store that is damaged when broken says so.
func (w *world) back(t testing.TB, mem memory.Allocator, document string, broken *bool, takeover engine.Takeover) *engine.Runner {
	t.Helper()
	return w.startOptions(t, mem, document, engine.RunOptions{Store: damaged{store{w}, broken, new([]byte)}, Takeover: takeover, Previous: true})
}

// TestFault18StateCorruptGoesBackAndNothingIsLostOrDoubled damages the last checkpoint wherever the process died, more
// than once, and lets later processes die anywhere too: with --state-recover=previous every record ends where it belongs,
// once, though targets were ahead.
func TestFault18StateCorruptGoesBackAndNothingIsLostOrDoubled(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rapid.Int64Range(0, 120).Draw(rt, "records"))
		broken := false
		for life := 0; ; life++ {
			crash := 0
			if life < 12 {
				crash = rapid.IntRange(0, 60).Draw(rt, "dies at")
			}
			w.revive(crash, rapid.Bool().Draw(rt, "behind the effect"))
			if w.previous != nil && life < 12 && rapid.IntRange(0, 2).Draw(rt, "is damaged") == 0 {
				broken = true
			}
			err := w.back(t, arrowtest.Allocator(rt), numbersDocument, &broken, engine.Refuse).Run(t.Context())
			if !broken && w.current != nil && last(t, w).Complete {
				break
			}
			if err != nil && !errors.Is(err, errCrash) {
				rt.Fatalf("life %d: %v (state %s)", life, err, w.current)
			}
		}
		check(rt, w)
	})
}

// TestFault18StateCorruptWhileTargetsAreAhead lets the process die at every operation in turn, damages the checkpoint
// where a target has committed it, and looks at what that target drops.
func TestFault18StateCorruptWhileTargetsAreAhead(t *testing.T) {
	ahead := 0
	for crash := 1; ; crash++ {
		w := newWorld(60)
		w.revive(crash, true)
		if err := w.start(t, arrowtest.Allocator(t), numbersDocument, engine.Refuse).Run(t.Context()); err == nil {
			break // it ended before that many operations
		}
		w.revive(0, false)
		record := w.target("good").record
		if w.previous == nil || record == nil || int64(record.Epoch) <= decode(t, w.previous).Epoch {
			continue
		}
		ahead++
		broken := true
		r := w.back(t, arrowtest.Allocator(t), numbersDocument, &broken, engine.Refuse)
		if err := r.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, w)
		if c := last(t, w); c.Recovered == 0 && !c.Final {
			t.Errorf("dead at operation %d: the state does not say that it went back: %+v", crash, c)
		}
	}
	if ahead == 0 {
		t.Error("no target was ever ahead of the checkpoint that was gone back to")
	}
}

func decode(t interface{ Fatal(...any) }, data []byte) *checkpoint.Checkpoint {
	c, err := checkpoint.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// stopped runs document until it has stopped, with checkpoints behind it and records left.
func stopped(t *testing.T, w *world, document string) {
	t.Helper()
	r := w.start(t, arrowtest.Allocator(t), document, engine.Refuse)
	r.Stop()
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestFault18StateCorruptIsRefusedUnlessAsked(t *testing.T) {
	w := newWorld(1000)
	stopped(t, w, numbersDocument)
	broken := true
	r := w.startOptions(t, arrowtest.Allocator(t), numbersDocument, engine.RunOptions{Store: damaged{store{w}, &broken, new([]byte)}})
	err := r.Run(t.Context())
	if _, ok := errors.AsType[*checkpoint.CorruptError](err); !ok || !strings.Contains(err.Error(), "--state-recover=previous") {
		t.Errorf("a damaged state gives %v", err)
	}
}

func TestFault18StateCorruptIsNoWayBackWhereRowsWouldBeLostOrDoubled(t *testing.T) {
	for name, test := range map[string]struct{ document, at string }{
		"stateful processor":       {strings.Replace(numbersDocument, "[{fives: {}}]", "[{fives: {}}, {counter: {}}]", 1), "processors[1]"},
		"target without positions": {strings.Replace(numbersDocument, "name: good", "name: without positions", 1), "output"},
		"dead letter without them": {strings.Replace(numbersDocument, "name: bad", "name: without positions", 1), "dead_letter"},
		"input that is read once":  {strings.Replace(numbersDocument, "numbers: {}", "once: {}", 1), "input"},
	} {
		w := newWorld(1000)
		stopped(t, w, test.document)
		before, broken := slices.Clone(w.current), true
		err := w.back(t, arrowtest.Allocator(t), test.document, &broken, engine.Refuse).Run(t.Context())
		if !engine.IsPermanent(err) || !strings.Contains(err.Error(), "and "+test.at+" cannot go on") || !strings.Contains(err.Error(), "--fresh") {
			t.Errorf("%s: %v", name, err)
		}
		if !broken || !slices.Equal(before, w.current) {
			t.Errorf("%s: a refused start changed the state", name)
		}
		if err := w.back(t, arrowtest.Allocator(t), test.document, &broken, engine.Fresh).Run(t.Context()); err != nil {
			t.Errorf("%s: the way out that it names gives %v", name, err)
		}
	}
}

func TestFault18StateCorruptTwiceIsRefused(t *testing.T) {
	w := newWorld(1000)
	stopped(t, w, numbersDocument)
	w.previous = nil
	broken := true
	err := w.back(t, arrowtest.Allocator(t), numbersDocument, &broken, engine.Refuse).Run(t.Context())
	if !engine.IsPermanent(err) || !strings.Contains(err.Error(), "there is none") {
		t.Errorf("without a previous checkpoint: %v", err)
	}
}

// counter is a stateful processor that passes everything on.
type counter struct{ n byte }

func (*counter) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) { return in, nil }

func (p *counter) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	p.n++
	return out.Emit(ctx, b)
}

func (p *counter) Snapshot() ([]byte, error)  { return []byte{p.n}, nil }
func (p *counter) Restore(state []byte) error { p.n = state[0]; return nil }
func (p *counter) Held() int64                { return 0 }

var _ engine.Stateful = (*counter)(nil)
