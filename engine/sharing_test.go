package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// sharers divide the splits of a log among the replicas that read it, and remembers how far they are.
type sharers struct {
	mu      sync.Mutex
	records int64 // of each split
	members []string
	owner   map[string]string // of a split, until it gives it up or is expelled
	stored  engine.Positions
	targets map[string]*sharedTarget
	changed chan struct{} // closed and made anew whenever a target has got rows
}

// sharedTarget is a table whose rows and record change together.
type sharedTarget struct {
	rows   map[string][]int64
	record *engine.Record
	thrown int // commits that another replica had overtaken
}

func newSharers(records int64) *sharers {
	g := &sharers{records: records, owner: map[string]string{}, stored: engine.Positions{}, targets: map[string]*sharedTarget{}, changed: make(chan struct{})}
	for _, name := range []string{"even", "odd"} {
		g.targets[name] = &sharedTarget{rows: map[string][]int64{}}
	}
	return g
}

var groupSplits = []string{"p0", "p1", "p2", "p3", "p4"}

// wants is whose turn it is to own each split.
func (g *sharers) wants(member string) (splits []string) {
	for i, s := range groupSplits {
		if len(g.members) > 0 && g.members[i%len(g.members)] == member {
			splits = append(splits, s)
		}
	}
	return splits
}

func (g *sharers) join(member string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Contains(g.members, member) {
		g.members = append(g.members, member)
		slices.Sort(g.members)
	}
}

// expel takes everything from a member, which does not know it yet.
func (g *sharers) expel(member string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = slices.DeleteFunc(g.members, func(m string) bool { return m == member })
	maps.DeleteFunc(g.owner, func(_, owner string) bool { return owner == member })
}

// done reports whether every target holds what belongs to it, or what is wrong.
func (g *sharers) done() (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	whole := true
	for name, t := range g.targets {
		for _, split := range groupSplits {
			var want []int64
			for n := range g.records {
				if (n%2 == 0) == (name == "even") {
					want = append(want, n)
				}
			}
			got := t.rows[split]
			if len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
				return false, fmt.Errorf("table %s holds %v of %s: lost, doubled or out of order", name, got, split)
			}
			whole = whole && len(got) == len(want)
		}
	}
	return whole, nil
}

// sharing is a member's input.
type sharing struct {
	*sharers
	env    engine.Env
	member string

	mine  sync.Mutex
	at    map[string]int64 // of the splits that it owns
	going map[string]bool  // of those, the ones that are to move away
}

var _ engine.SharedInput = (*sharing)(nil)

func (in *sharing) Shared() bool { return true }

func (in *sharing) Open(context.Context, engine.Positions) error { in.join(in.member); return nil }

func (in *sharing) Close(context.Context) error { in.expel(in.member); return nil }

func (in *sharing) UseSchema(*schemas.Schema) {}

func (in *sharing) Read(ctx context.Context, out *engine.Out) error {
	in.mine.Lock()
	defer in.mine.Unlock()
	in.sharers.mu.Lock()
	wanted, owner, expelled := in.wants(in.member), maps.Clone(in.owner), !slices.Contains(in.members, in.member)
	in.sharers.mu.Unlock()
	if expelled && len(in.at) == 0 {
		in.join(in.member)
	}
	for split := range in.at {
		if owner[split] != in.member {
			clear(in.at)
			clear(in.going)
			in.join(in.member)
			return fmt.Errorf("split %s was taken away: %w", split, engine.ErrThrownBack)
		}
		if !slices.Contains(wanted, split) && !in.going[split] {
			in.going[split] = true
			in.env.Ask()
		}
	}
	if err := in.acquire(ctx, wanted, out); err != nil {
		return err
	}
	some := false
	for _, split := range slices.Sorted(maps.Keys(in.at)) {
		n := min(in.records-in.at[split], 3)
		if n == 0 || in.going[split] {
			continue
		}
		out.Count(engine.Taken, int(n))
		b := numbersBatch(in.env.Mem, numberSchema, split, in.at[split], n)
		in.at[split] += n
		if err := out.Emit(ctx, b); err != nil {
			return err
		}
		some = true
	}
	if !some {
		select { // an input waits for what arrives, and no longer than it may
		case <-ctx.Done():
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

func (in *sharing) acquire(ctx context.Context, wanted []string, out *engine.Out) error {
	var fresh []string
	in.sharers.mu.Lock()
	for _, split := range wanted {
		if in.owner[split] == "" {
			in.owner[split] = in.member
		}
		if _, have := in.at[split]; !have && in.owner[split] == in.member {
			fresh = append(fresh, split)
		}
	}
	for split, owner := range in.owner { // thrown back while it was to move away: nothing of it is under way
		if _, have := in.at[split]; owner == in.member && !have && !slices.Contains(wanted, split) {
			delete(in.owner, split)
		}
	}
	stored := in.stored.Clone()
	in.sharers.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	begin, err := in.env.Begin(ctx, fresh, stored)
	if err != nil {
		return err
	}
	for _, split := range fresh {
		in.at[split] = begin[split].Ordinal
	}
	return out.Acquire(ctx, fresh)
}

func (in *sharing) Positions() (engine.Positions, error) {
	in.mine.Lock()
	defer in.mine.Unlock()
	at := engine.Positions{}
	for split, n := range in.at {
		at[split] = engine.Position{Ordinal: n}
	}
	return at, nil
}

// Commit stores what is committed, and gives up the splits that are to move away.
func (in *sharing) Commit(_ context.Context, at engine.Positions) error {
	in.mine.Lock()
	defer in.mine.Unlock()
	in.sharers.mu.Lock()
	defer in.sharers.mu.Unlock()
	for split, p := range at {
		if n, ours := in.at[split]; !ours || in.owner[split] != in.member {
			continue
		} else if in.stored[split] = p; in.going[split] && n == p.Ordinal {
			delete(in.at, split)
			delete(in.going, split)
			delete(in.owner, split)
		}
	}
	return nil
}

func (in *sharing) Rewind(context.Context) error {
	in.mine.Lock()
	defer in.mine.Unlock()
	clear(in.at) // what is owned still is acquired anew
	clear(in.going)
	return nil
}

const sharedDocument = `name: shared
input: {sharing: {}}
output: {split: {}}
checkpoint: {interval: 1ms, commit_interval: 2ms}
`

// replica returns a start of the shared document.
func (g *sharers) replica(t *testing.T, mem memory.Allocator, member string) *engine.Runner {
	t.Helper()
	r := engine.NewRegistry()
	engine.AddInput(r, engine.InputSpec[onceOnly]{Name: "sharing", Replay: engine.Replayable, New: func(_ onceOnly, env engine.Env) (engine.Input, error) {
		return &sharing{sharers: g, env: env, member: member, at: map[string]int64{}, going: map[string]bool{}}, nil
	}})
	engine.AddOutput(r, engine.OutputSpec[onceOnly]{Name: "split", Guarantee: engine.Transactional, New: func(onceOnly, engine.Env) (engine.Output, error) {
		return &sharedTable{sharers: g}, nil
	}})
	d, ds := dsl.Parse(source.NewFile("shared.yaml", []byte(sharedDocument)), ".", dsl.Options{Specs: r})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	plan, ds := engine.NewPlan(d, r, engine.PlanOptions{Mem: mem, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	return engine.NewRunner(plan, engine.RunOptions{Replica: member})
}

// life is one replica at work.
type life struct {
	runner *engine.Runner
	kill   context.CancelFunc
	ended  chan error
}

func (g *sharers) live(t *testing.T, mem memory.Allocator, member string) *life {
	ctx, kill := context.WithCancel(t.Context())
	l := &life{runner: g.replica(t, mem, member), kill: kill, ended: make(chan error, 1)}
	go func() { l.ended <- l.runner.Run(ctx) }()
	return l
}

// TestReplicasShareSplits lets three replicas come and go, by a clean stop, by dying, and by being taken for dead while
// they are not: every record is in its table once, in the order of its split.
func TestReplicasShareSplits(t *testing.T) {
	for seed := range uint64(60) {
		g, mem := newSharers(400), arrowtest.Allocator(t)
		random := rand.New(rand.NewPCG(seed, 7))
		names := []string{"a", "b", "c"}
		lives := map[string]*life{}
		for whole := false; !whole; {
			g.mu.Lock()
			changed := g.changed
			g.mu.Unlock()
			var err error
			if whole, err = g.done(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			name := names[random.IntN(len(names))]
			l := lives[name]
			switch {
			case l == nil:
				lives[name] = g.live(t, mem, name)
			case random.IntN(3) == 0:
				g.expel(name) // it goes on without knowing
			default:
				if random.IntN(2) == 0 {
					l.runner.Stop()
				} else {
					l.kill()
				}
				if err := <-l.ended; err != nil && !errors.Is(err, context.Canceled) {
					t.Fatalf("seed %d: replica %s: %v", seed, name, err)
				}
				delete(lives, name)
			}
			if len(lives) > 0 && !whole {
				select {
				case <-changed: // somebody has made progress
				case <-t.Context().Done():
				}
			}
		}
		for name, l := range lives {
			l.runner.Stop()
			if err := <-l.ended; err != nil {
				t.Errorf("seed %d: replica %s: %v", seed, name, err)
			}
		}
		if whole, err := g.done(); !whole || err != nil {
			t.Errorf("seed %d: at the end: %v, %v", seed, whole, err)
		}
	}
}
