package engine_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

// picky is an output whose target refuses some rows, too many rows at once, and fails for some rows for a while.
type picky struct {
	poison map[int64]bool
	most   int           // rows that it takes at once; 0 for any number
	flaky  map[int64]int // how often a row still fails
	hasty  bool          // counts the rows of a batch that it then refuses: a bug

	writes [][]int64 // what it was given
	rows   []int64   // what it took
}

var errRefused = errors.New("the target says no")

func (*picky) Bind(engine.Shape) source.Diagnostics     { return nil }
func (*picky) Open(context.Context, engine.Start) error { return nil }
func (*picky) Flush(context.Context, *engine.Out) error { return nil }
func (*picky) Close(context.Context) error              { return nil }
func (*picky) Retry() retry.Policy                      { return retry.Policy{Config: retry.Config{Base: 1, Max: 1}} }

func (o *picky) Write(_ context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	var given []int64
	bad := false
	for i := range b.Len() {
		_, n := b.Origin.At(i)
		given = append(given, n)
		bad = bad || o.poison[n]
	}
	o.writes = append(o.writes, given)
	if bad || o.most > 0 && len(given) > o.most {
		if o.hasty {
			out.Count(engine.Delivered, 1)
		}
		return engine.BatchRejected("refused", errRefused)
	}
	var failed []int32
	for i, n := range given {
		if o.flaky[n] > 0 {
			o.flaky[n]--
			failed = append(failed, int32(i))
			continue
		}
		o.rows = append(o.rows, n)
		out.Count(engine.Delivered, 1)
	}
	if len(failed) > 0 {
		return &engine.PartialError{Rows: failed, Err: errors.New("busy")}
	}
	return nil
}

const pickyDocument = `name: picky
input: {numbers: {}}
output: {picky: {}}
dead_letter: {table: {name: bad}}
`

// readInto reads all of w into o.
func readInto(t testing.TB, o engine.Output, mem memory.Allocator, w *world, document string) error {
	t.Helper()
	r := w.registry()
	engine.AddOutput(r, engine.OutputSpec[onceOnly]{Name: "picky", New: func(onceOnly, engine.Env) (engine.Output, error) { return o, nil }})
	return w.startWith(t, mem, r, document, engine.RunOptions{Store: store{w}}).Run(t.Context())
}

func TestBisectionFindsEveryPoisonRowInFewWrites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rapid.Int64Range(1, 300).Draw(rt, "records"))
		w.batch = rapid.Int64Range(1, 300).Draw(rt, "batch")
		o := &picky{poison: map[int64]bool{}}
		for _, n := range rapid.SliceOfN(rapid.Int64Range(0, w.log-1), 0, 6).Draw(rt, "poison") {
			o.poison[n] = true
		}
		if err := readInto(t, o, arrowtest.Allocator(rt), w, pickyDocument); err != nil {
			rt.Fatal(err)
		}
		var good, bad []int64
		for n := range w.log {
			if o.poison[n] {
				bad = append(bad, n)
			} else {
				good = append(good, n)
			}
		}
		if !slices.Equal(o.rows, good) || !slices.Equal(w.target("bad").rows, bad) {
			rt.Fatalf("poison %v: the output took %v, the dead letter %v", bad, o.rows, w.target("bad").rows)
		}
		for first := int64(0); first < w.log; first += w.batch {
			n := min(w.batch, w.log-first)
			in := func(k int64) bool { return k >= first && k < first+n }
			writes, poison := 0, 0
			for _, given := range o.writes {
				if in(given[0]) {
					writes++
				}
			}
			for _, k := range bad {
				if in(k) {
					poison++
				}
			}
			most := float64(poison) * (2*math.Log2(float64(n)) + 1)
			if extra := float64(writes - 1); extra > most {
				rt.Errorf("%d of %d rows are refused, which took %g more writes; at most %g are allowed", poison, n, extra, most)
			}
		}
	})
}

// TestBisectionDeliversABatchThatIsOnlyTooLarge: no row is to blame.
func TestBisectionDeliversABatchThatIsOnlyTooLarge(t *testing.T) {
	w := newWorld(1000)
	w.batch = 1000
	o := &picky{most: 600}
	if err := readInto(t, o, arrowtest.Allocator(t), w, pickyDocument); err != nil {
		t.Fatal(err)
	}
	if len(o.rows) != 1000 || !slices.IsSorted(o.rows) || len(w.target("bad").rows) > 0 || len(o.writes) > 12 {
		t.Errorf("%d rows in order, %d dead letters, %d writes", len(o.rows), len(w.target("bad").rows), len(o.writes))
	}
}

// TestOnlyTheRowsThatFailedComeAgain, in order, before any row of a later batch.
func TestOnlyTheRowsThatFailedComeAgain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rapid.Int64Range(1, 100).Draw(rt, "records"))
		w.batch = rapid.Int64Range(1, 40).Draw(rt, "batch")
		flaky := rapid.MapOfN(rapid.Int64Range(0, w.log-1), rapid.IntRange(1, 4), 0, 10).Draw(rt, "fails")
		o := &picky{poison: map[int64]bool{rapid.Int64Range(0, 200).Draw(rt, "poison"): true}, flaky: map[int64]int{}}
		tries := map[int64]int{}
		for n, times := range flaky {
			o.flaky[n] = times
		}
		if err := readInto(t, o, arrowtest.Allocator(rt), w, pickyDocument); err != nil {
			rt.Fatal(err)
		}
		batch := int64(0)
		for _, given := range o.writes {
			if !slices.IsSorted(given) || given[0]/w.batch < batch {
				rt.Errorf("rows %v came behind those of batch %d", given, batch)
			}
			batch = given[0] / w.batch
			for _, n := range given {
				tries[n]++
			}
		}
		seen := map[int64]int{}
		for _, n := range o.rows {
			seen[n]++
		}
		poisoned := map[int64]bool{} // batches whose rows come again for another reason
		for n := range o.poison {
			poisoned[n/w.batch] = true
		}
		for n := range w.log {
			want := 1
			if o.poison[n] {
				want = 0
			}
			if seen[n] != want {
				rt.Errorf("row %d was taken %d times", n, seen[n])
			}
			if !poisoned[n/w.batch] && tries[n] != 1+flaky[n] {
				rt.Errorf("row %d fails %d times and was given %d times", n, flaky[n], tries[n])
			}
		}
	})
}

func TestWithoutADeadLetterTheFirstPoisonRowIsNamed(t *testing.T) {
	w := newWorld(100)
	w.batch = 64
	o := &picky{poison: map[int64]bool{41: true, 50: true}}
	document := strings.Replace(pickyDocument, "dead_letter: {table: {name: bad}}\n", "", 1)
	err := readInto(t, o, arrowtest.Allocator(t), w, document)
	rejected, ok := errors.AsType[*engine.RejectedError](err)
	if !ok || rejected.Ordinal != 41 || rejected.Code != "refused" || !strings.Contains(err.Error(), errRefused.Error()) || !strings.Contains(err.Error(), "record 42 of log") {
		t.Errorf("got %v", err)
	}
}

func TestRowsThatFailForGoodStopThePipeline(t *testing.T) {
	err := readInto(t, &failing{}, arrowtest.Allocator(t), newWorld(10), pickyDocument)
	if err == nil || !strings.Contains(err.Error(), "2 rows: wrong password") {
		t.Errorf("got %v", err)
	}
}

// failing is a picky whose rows fail for a reason that does not pass.
type failing struct{ picky }

func (o *failing) Write(_ context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	out.Count(engine.Delivered, b.Len()-2)
	return &engine.PartialError{Rows: []int32{0, 1}, Err: engine.Permanent(errors.New("wrong password"))}
}

func TestAnOutputThatCountsWhatItRefusesIsABug(t *testing.T) {
	o := &picky{poison: map[int64]bool{3: true}, hasty: true}
	err := readInto(t, o, arrowtest.Allocator(t), newWorld(10), pickyDocument)
	if err == nil || !strings.Contains(err.Error(), "bug in iggy-flow") || !strings.Contains(err.Error(), errRefused.Error()) {
		t.Errorf("got %v", err)
	}
}
