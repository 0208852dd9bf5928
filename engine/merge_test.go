package engine_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

var mergedDocument = strings.Replace(numbersDocument, "{numbers: {}}", "{merge: [numbers: {}, {label: second, numbers: {}}]}", 1)

// crash runs document until a run of it is complete; the process dies at random operations on the way.
func crash(rt *rapid.T, w *world, document string) {
	for life := 0; ; life++ {
		at := 0
		if life < 12 {
			at = rapid.IntRange(0, 90).Draw(rt, "dies at")
		}
		w.revive(at, rapid.Bool().Draw(rt, "behind the effect"))
		err := w.start(rt, arrowtest.Allocator(rt), document, engine.Refuse).Run(rt.Context())
		if c := lastOf(rt, w); c != nil && c.Complete {
			return // another start would be another run
		}
		if err != nil && !errors.Is(err, errCrash) {
			rt.Fatalf("life %d: %v", life, err)
		}
	}
}

// TestCrashAnywhereBehindAMerge: two inputs, each in order, with one dead letter and one target.
func TestCrashAnywhereBehindAMerge(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rapid.Int64Range(0, 100).Draw(rt, "records"))
		crash(rt, w, mergedDocument)
		good, bad := expect(w.log)
		for name, want := range map[string][]int64{"good": good, "bad": bad} {
			var first, second []int64
			for _, n := range w.target(name).rows {
				if n >= secondLog {
					second = append(second, n-secondLog)
				} else {
					first = append(first, n)
				}
			}
			if !slices.Equal(first, want) || !slices.Equal(second, want) {
				rt.Errorf("target %s holds %v and %v, want twice %v", name, first, second, want)
			}
		}
	})
}

// TestCrashAnywhereBehindALimit: what has passed is counted over all lives, and the run ends although its input does not.
func TestCrashAnywhereBehindALimit(t *testing.T) {
	document := strings.Replace(numbersDocument, "[{fives: {}}]", "[{fives: {}}, {limit: 20}]", 1)
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(1_000_000)
		crash(rt, w, document)
		good, _ := expect(100)
		if got := w.target("good").rows; !slices.Equal(got, good[:20]) {
			rt.Errorf("the output holds %v\nwant %v", got, good[:20])
		}
		var at engine.Positions // told may be lost: a final checkpoint that is completed later tells nobody
		if err := json.Unmarshal(lastOf(rt, w).Inputs["input"].Positions, &at); err != nil {
			rt.Fatal(err)
		}
		read := at["log"].Ordinal
		_, bad := expect(read)
		if got := w.target("bad").rows; !slices.Equal(got, bad) || read == w.log {
			rt.Errorf("%d records were read, and the dead letter holds %v\nwant %v", read, got, bad)
		}
	})
}

func TestAStopOfAMergeIsGoneOnFrom(t *testing.T) {
	w := newWorld(1000)
	mem := arrowtest.Allocator(t)
	r := w.start(t, mem, mergedDocument, engine.Refuse)
	r.Stop()
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := last(t, w); c.Final || len(c.Inputs) != 2 {
		t.Errorf("a stop left %+v", c)
	}
	if err := w.start(t, mem, numbersDocument, engine.Refuse).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "--fresh") {
		t.Errorf("a document with one of the two inputs gives %v", err)
	}
	if err := w.start(t, mem, mergedDocument, engine.Refuse).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	good, _ := expect(1000)
	if got := len(w.target("good").rows); got != 2*len(good) {
		t.Errorf("the output holds %d rows; want %d", got, 2*len(good))
	}
}

// TestAdoptTellsMergedInputsApart: two inputs that call their splits alike have positions of their own in a target, so that
// a run whose state is gone goes on behind each of them.
func TestAdoptTellsMergedInputsApart(t *testing.T) {
	w := newWorld(30)
	mem := arrowtest.Allocator(t)
	if err := w.start(t, mem, mergedDocument, engine.Refuse).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := w.target("good").record.Positions
	if at["input.merge[0]/log"].Ordinal != 30 || at["second/log"].Ordinal != 30 || len(at) != 2 {
		t.Errorf("the target holds the positions %v", at)
	}
	w.current, w.previous, w.log = nil, nil, 45
	if err := w.start(t, mem, mergedDocument, engine.Adopt).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	good, _ := expect(45)
	if got := w.target("good").rows; len(got) != 2*len(good) {
		t.Errorf("the target holds %d rows, want %d: %v", len(got), 2*len(good), got)
	}
}
