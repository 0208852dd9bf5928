package enginetest

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TransactionalCase is one configuration of a transactional output.
type TransactionalCase struct {
	Register func(*engine.Registry)
	Output   string // what stands under `output:`, with %s for a fresh folder
	Bounded  bool   // the last barrier is final
	// ReadBack returns column n of the visible rows, in their order.
	ReadBack func(t TB, dir string) []int64
}

// TransactionalConformance kills, restarts and repeats: a process dies behind any write, between prepare and the
// checkpoint, between the checkpoint and the commits, and behind them; commits are made more than once. Of an
// engine.Rewinder the last checkpoint may be lost, too, whatever of it was committed. In the end every row is visible once,
// in order, and no row of an epoch that was not stored ever is.
func TransactionalConformance(t *testing.T, c TransactionalCase) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "conformance")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }() // the next case has another one
		l := &ledger{t: t, c: c, dir: dir, rows: rapid.Int64Range(0, 60).Draw(t, "rows")}
		for life := 0; !l.done; life++ {
			l.live(life < 8)
			if l.rewinds && life < 8 && rapid.IntRange(0, 4).Draw(t, "the last checkpoint is lost") == 0 {
				l.lose()
			}
		}
		want := make([]int64, l.rows)
		for i := range want {
			want[i] = int64(i)
		}
		if got := c.ReadBack(t, dir); !slices.Equal(got, want) {
			t.Errorf("%d rows were written once each; the target holds %v", l.rows, got)
		}
	})
}

// ledger is what survives the processes of a conformance run: the state store, and what is still to be written.
type ledger struct {
	t    *rapid.T
	c    TransactionalCase
	dir  string
	rows int64
	done bool

	began    bool
	rewinds  bool
	saved          // the last checkpoint
	previous saved // the one before it; its epoch is 0 when there is none to go back to
	lost     engine.Epoch
}

// saved is one checkpoint.
type saved struct {
	epoch engine.Epoch
	at    int64 // rows that it covers
	state []byte
	open  []engine.Committable
}

// lose goes back to the checkpoint before the last one, as the engine does when that is damaged.
func (l *ledger) lose() {
	if l.previous.epoch == 0 {
		return
	}
	l.saved = l.previous
	l.epoch++
	l.previous, l.lost, l.done = saved{}, l.epoch, false
}

var conformanceSchema = schemas.New(
	schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)},
	schemas.Field{Name: "text", Type: schemas.Of(schemas.String)},
)

// live is one process.
func (l *ledger) live(mayDie bool) {
	t, ctx := l.t, context.Background()
	mem := arrowtest.Allocator(t)
	dies := func(where string) bool { return mayDie && rapid.IntRange(0, 5).Draw(t, "dies "+where) == 0 }
	document := "name: conformance\ninput: {test: {}}\noutput:\n" + fmt.Sprintf(l.c.Output, l.dir) + "\n"
	o, ok := Output(t, l.c.Register, source.NewFile("conformance.yaml", []byte(document))).(engine.TransactionalOutput)
	if !ok {
		t.Fatalf("the output is not transactional")
	}
	if w, ok := o.(engine.Rewinder); ok {
		l.rewinds = w.Rewinds()
	}
	if ds := o.Bind(engine.Shape{Columns: conformanceSchema, Meta: schemas.New()}); ds.HasErrors() {
		t.Fatalf("bind: %s", ds.Render())
	}
	defer func() {
		if err := o.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	start := engine.Start{Identity: engine.Identity{Pipeline: "conformance", Run: "run", Generation: 1}, Epoch: l.epoch, Lost: l.lost, Bounded: l.c.Bounded, State: l.state, Replica: "0"}
	if err := o.Open(ctx, start); err != nil {
		t.Fatalf("open: %v", err)
	}
	if initial, ok := o.(engine.Initial); ok && !l.began {
		l.state = initial.Initial()
	}
	l.began = true
	l.commit(o, "again")
	if l.done = l.at == l.rows && l.epoch > 0; l.done {
		return
	}
	out, _ := Outbox(t)
	for next := l.at; ; {
		for range rapid.IntRange(0, 3).Draw(t, "batches") {
			n := min(rapid.Int64Range(1, 9).Draw(t, "size"), l.rows-next)
			text := ""
			for i := next; i < next+n; i++ {
				text += fmt.Sprintf("{\"n\":%d,\"text\":\"row %d\"}\n", i, i)
			}
			b := Batch(t, mem, conformanceSchema, text)
			b.Origin = engine.Records("log", next, int(n), nil)
			out.Receive(b.Len())
			if err := o.Write(ctx, b, out); err != nil {
				t.Fatalf("write: %v", err)
			}
			next += n
		}
		if dies("before the barrier") {
			return
		}
		l.epochOf(o, out, &next)
		if l.at != next || dies("behind the checkpoint") {
			return
		}
		l.commit(o, "first")
		if l.done = l.at == l.rows; l.done || dies("behind the commit") {
			return
		}
	}
}

// epochOf takes one checkpoint. The process may die before it is stored: then l.at stays behind.
func (l *ledger) epochOf(o engine.TransactionalOutput, out *engine.Out, next *int64) {
	final := l.c.Bounded && *next == l.rows
	p, err := o.Prepare(context.Background(), engine.Barrier{Epoch: l.epoch + 1, Positions: engine.Positions{"log": {Ordinal: *next}}, Final: final}, out)
	if err != nil {
		l.t.Fatalf("prepare: %v", err)
	}
	if a := out.Account(); a.In != a.Count(engine.Delivered)+a.Count(engine.Dropped)+a.Rejected {
		l.t.Errorf("behind a barrier %d rows came in, %d are delivered, %d rejected", a.In, a.Count(engine.Delivered), a.Rejected)
	}
	if rapid.IntRange(0, 7).Draw(l.t, "dies before the checkpoint") == 0 && *next != l.at {
		return
	}
	l.previous = l.saved
	l.previous.open = slices.Clone(l.open)
	l.epoch++
	l.at, l.state, l.open = *next, p.State, append(l.open, p.Committables...)
}

// commit makes what is open visible, looking at it first as a new process does, and perhaps twice.
func (l *ledger) commit(o engine.TransactionalOutput, label string) {
	for _, c := range l.open {
		state, err := o.Inspect(context.Background(), c)
		if err != nil || state == engine.Missing {
			l.t.Fatalf("inspect %s: %v, %v", c.Target, state, err)
		}
		for range rapid.IntRange(1, 2).Draw(l.t, label+" commits") {
			if err := o.Commit(context.Background(), []engine.Committable{c}, nil); err != nil {
				l.t.Fatalf("commit %s: %v", c.Target, err)
			}
		}
		if state, err = o.Inspect(context.Background(), c); err != nil || state != engine.Committed {
			l.t.Fatalf("a commit of %s was made, and inspect says %v, %v", c.Target, state, err)
		}
	}
	if rapid.Bool().Draw(l.t, label+" settles") {
		l.open = nil
	}
}
