package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// expect lists the ordinals below log that end in each target.
func expect(log int64) (good, bad []int64) {
	for n := range log {
		switch {
		case n%5 == 0:
			bad = append(bad, n)
		case n%3 != 0:
			good = append(good, n)
		}
	}
	return good, bad
}

func check(t interface{ Errorf(string, ...any) }, w *world) {
	good, bad := expect(w.log)
	if got := w.target("good").rows; !slices.Equal(got, good) {
		t.Errorf("the output holds %v\nwant %v", got, good)
	}
	if got := w.target("bad").rows; !slices.Equal(got, bad) {
		t.Errorf("the dead letter holds %v\nwant %v", got, bad)
	}
}

func last(t fatal, w *world) *checkpoint.Checkpoint {
	t.Helper()
	c, err := checkpoint.Decode(w.current)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lastOf is last, and nil when nothing was ever stored.
func lastOf(t fatal, w *world) *checkpoint.Checkpoint {
	if w.current == nil {
		return nil
	}
	return last(t, w)
}

// fatal is what tests and properties have in common.
type fatal interface {
	Helper()
	Fatal(args ...any)
}

func TestEveryRecordEndsSomewhere(t *testing.T) {
	w := newWorld(100)
	r := w.start(t, arrowtest.Allocator(t), numbersDocument, engine.Refuse)
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, w)
	s := r.Status()
	if s.Read != 100 || s.Written != 53 || s.Filtered != 27 || s.DeadLettered != 20 || s.State != engine.Finished {
		t.Errorf("the status is %+v", s)
	}
	if c := last(t, w); !c.Complete || len(c.Committables) != 0 || w.told["log"].Ordinal != 100 {
		t.Errorf("the last checkpoint is %+v, the input was told %v", c, w.told)
	}
}

// TestCrashAnywhere lets the process die at any operation, before or behind its effect, as often as it likes: in the end
// every record is where it belongs, once, in order.
func TestCrashAnywhere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rapid.Int64Range(0, 120).Draw(rt, "records"))
		for life := 0; ; life++ {
			crash := 0
			if life < 12 {
				crash = rapid.IntRange(0, 60).Draw(rt, "dies at")
			}
			w.revive(crash, rapid.Bool().Draw(rt, "behind the effect"))
			before := w.current
			err := w.start(t, arrowtest.Allocator(rt), numbersDocument, engine.Refuse).Run(t.Context())
			if w.current != nil && last(t, w).Complete {
				break // another start would be another run
			}
			if err != nil && !errors.Is(err, errCrash) {
				rt.Fatalf("life %d: %v (state %s)", life, err, before)
			}
		}
		check(rt, w)
	})
}

func TestStopIsGoneOnFrom(t *testing.T) {
	w := newWorld(1000)
	w.late = 900
	mem := arrowtest.Allocator(t)
	r := w.start(t, mem, numbersDocument, engine.Refuse)
	r.Stop() // before there is anything to stop
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := last(t, w)
	if c.Final || c.Complete || len(c.Committables) > 0 {
		t.Errorf("a stop left %+v", c)
	}
	w.late = 0
	if err := w.start(t, mem, numbersDocument, engine.Refuse).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, w)
	if w.sampled != 1 {
		t.Errorf("the schema was inferred %d times in one run", w.sampled)
	}
}

func TestAFinishedDocumentStartsANewRun(t *testing.T) {
	w := newWorld(30)
	mem := arrowtest.Allocator(t)
	for generation := int64(1); generation <= 3; generation++ {
		if err := w.start(t, mem, numbersDocument, engine.Refuse).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c := last(t, w); c.Generation != generation || !c.Complete {
			t.Errorf("run %d ended as %+v", generation, c)
		}
	}
	good, _ := expect(30)
	if got := len(w.target("good").rows); got != 3*len(good) {
		t.Errorf("three runs wrote %d rows; want %d", got, 3*len(good))
	}
}

func TestAFinalRunIsCompletedAndNotRepeated(t *testing.T) {
	w := newWorld(0)
	w.log = 20
	mem := arrowtest.Allocator(t)
	// Die at each operation until one leaves a final checkpoint whose commits are missing.
	for crash := 1; ; crash++ {
		w.revive(crash, true)
		err := w.start(t, mem, numbersDocument, engine.Refuse).Run(t.Context())
		if err == nil {
			t.Fatal("no crash left a final checkpoint that is not complete")
		}
		if w.current != nil && last(t, w).Final && !last(t, w).Complete {
			break
		}
	}
	w.revive(0, false)
	if err := w.start(t, mem, numbersDocument, engine.Refuse).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, w)
	if c := last(t, w); !c.Complete || c.Generation != 1 {
		t.Errorf("the state is %+v", c)
	}
}

func TestAnotherRunsTargetIsRefusedWithTwoWaysOut(t *testing.T) {
	mem := arrowtest.Allocator(t)
	gone := func() *world {
		w := newWorld(30)
		if err := w.start(t, mem, numbersDocument, engine.Refuse).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.current, w.previous = nil, nil // the state is deleted, the targets live
		return w
	}
	good, _ := expect(30)

	w := gone()
	err := w.start(t, mem, numbersDocument, engine.Refuse).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "--adopt") || !strings.Contains(err.Error(), "--fresh") {
		t.Errorf("a start without state gives %v", err)
	}
	if got := len(w.target("good").rows); got != len(good) {
		t.Errorf("a refused start wrote %d rows", got-len(good))
	}

	w = gone()
	w.log = 45
	if err := w.start(t, mem, numbersDocument, engine.Adopt).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, w)
	if c := last(t, w); len(c.Replaced) == 0 {
		t.Error("the state does not say which run was adopted")
	}

	w = gone()
	if err := w.start(t, mem, numbersDocument, engine.Fresh).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(w.target("good").rows); got != 2*len(good) {
		t.Errorf("a fresh start left %d rows; want %d", got, 2*len(good))
	}
}

func TestFreshCommitsWhatTheOldStateHolds(t *testing.T) {
	w := newWorld(40)
	mem := arrowtest.Allocator(t)
	for crash := 1; ; crash++ {
		w.revive(crash, false)
		if err := w.start(t, mem, numbersDocument, engine.Refuse).Run(t.Context()); err == nil {
			t.Fatal("no crash left an open committable")
		}
		if w.current != nil && len(last(t, w).Committables) > 0 {
			break
		}
	}
	open := len(last(t, w).Committables)
	w.revive(0, false)
	if err := w.start(t, mem, numbersDocument, engine.Fresh).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	good, _ := expect(40)
	if got := len(w.target("good").rows); open == 0 || got <= len(good) {
		t.Errorf("%d rows after --fresh; want the old run's and %d new ones", got, len(good))
	}
}

func TestAnInputThatCannotBeReadAgainStartsANewRun(t *testing.T) {
	w := newWorld(10)
	mem := arrowtest.Allocator(t)
	document := strings.Replace(numbersDocument, "numbers: {}", "once: {}", 1)
	r := w.start(t, mem, document, engine.Refuse)
	r.Stop()
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.start(t, mem, document, engine.Refuse).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := last(t, w); c.Generation != 2 {
		t.Errorf("the second start is of generation %d", c.Generation)
	}
}

func TestAnotherInputIsRefused(t *testing.T) {
	w := newWorld(1000)
	w.late = 900
	mem := arrowtest.Allocator(t)
	r := w.start(t, mem, numbersDocument, engine.Refuse)
	r.Stop()
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := last(t, w)
	in := c.Inputs["input"]
	in.Identity = "another log"
	c.Inputs["input"] = in
	w.current, _ = c.Encode()
	err := w.start(t, mem, numbersDocument, engine.Refuse).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "another log") || !strings.Contains(err.Error(), "--fresh") {
		t.Errorf("a start with another input gives %v", err)
	}
}

func TestRowsThatDoNotAddUpStopThePipeline(t *testing.T) {
	w := newWorld(40)
	document := strings.Replace(numbersDocument, "name: good", "name: good, short: true", 1)
	err := w.start(t, arrowtest.Allocator(t), document, engine.Refuse).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "do not add up") {
		t.Errorf("an output that forgets a row gives %v", err)
	}
	if n := len(w.target("good").rows); n > 0 {
		t.Errorf("%d rows were committed all the same", n)
	}
}

// TestFreshGivesUpWhatIsGone: --fresh is the way out that the refusal names, so it must be one.
func TestFreshGivesUpWhatIsGone(t *testing.T) {
	w := newWorld(300)
	loseFiles(t, w, true)
	before := len(w.target("good").rows)
	if err := w.start(t, arrowtest.Allocator(t), numbersDocument, engine.Fresh).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	good, _ := expect(300)
	if got := w.target("good").rows[before:]; !slices.Equal(got, good) || w.opened["good"] != "" {
		t.Errorf("the new run wrote %d rows, want %d, and its output went on from %q", len(got), len(good), w.opened["good"])
	}
}

func TestFreshWinsOverAnEarlierAdopt(t *testing.T) {
	rec := &engine.Record{Run: "other", Positions: engine.Positions{"log": {Ordinal: 5}}}
	for takeover, want := range map[engine.Takeover]int{engine.Fresh: 0, engine.Refuse: 1, engine.Adopt: 1} {
		start := engine.Start{Takeover: takeover, Replaced: map[string]string{"other": "adopt"}}
		known, err := start.Admit("t", rec)
		if err != nil || len(known) != want {
			t.Errorf("takeover %d behind an earlier --adopt gives %v, %v", takeover, known, err)
		}
	}
}

func TestTooManyRejectedRecordsStopThePipeline(t *testing.T) {
	mem := arrowtest.Allocator(t)
	document := strings.Replace(numbersDocument, "{table: {name: bad}}", "{table: {name: bad}, max_ratio: %}", 1)
	w := newWorld(1_000_000)
	err := w.start(t, mem, strings.Replace(document, "%", "0.19", 1), engine.Refuse).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "max_ratio 0.19") {
		t.Fatalf("a fifth is rejected, and max_ratio 0.19 gives %v", err)
	}
	read := w.told["log"].Ordinal
	if read == 0 || read == w.log || int64(len(w.target("bad").rows)) != (read+4)/5 {
		t.Errorf("%d records were read and %d dead letters written before it stopped", read, len(w.target("bad").rows))
	}
	w = newWorld(5000)
	if err := w.start(t, mem, strings.Replace(document, "%", "0.21", 1), engine.Refuse).Run(t.Context()); err != nil {
		t.Errorf("a fifth is rejected, and max_ratio 0.21 gives %v", err)
	}
}

func TestWithoutADeadLetterTheFirstBadRecordStops(t *testing.T) {
	w := newWorld(40)
	document := strings.Replace(numbersDocument, "dead_letter: {table: {name: bad}}\n", "", 1)
	err := w.start(t, arrowtest.Allocator(t), document, engine.Refuse).Run(t.Context())
	rejected, ok := errors.AsType[*engine.RejectedError](err)
	if !ok || rejected.Ordinal != 0 || rejected.Split != "log" || rejected.Site.Path != "processors[0]" {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "dead_letter") || !strings.Contains(err.Error(), "record 1 of log") {
		t.Errorf("the error does not say which record and what to do: %v", err)
	}
}

// loseFiles makes the last checkpoint of a stopped run one whose prepared rows are gone; the checkpoint before it is whole.
func loseFiles(t *testing.T, w *world, landed bool) {
	t.Helper()
	w.late = 150 // the stop finds it in the middle
	r := w.start(t, arrowtest.Allocator(t), numbersDocument, engine.Refuse)
	r.Stop()
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.late = 0
	c := last(t, w)
	c.Outputs = map[string][]byte{"output": []byte("older")}
	var err error
	if w.previous, err = c.Encode(); err != nil {
		t.Fatal(err)
	}
	c.Outputs["output"] = []byte("newer")
	c.Epoch++
	in := c.Inputs["input"]
	in.Positions = []byte(`{"log":{"ordinal":300}}`)
	c.Inputs["input"] = in
	c.Committables = []checkpoint.Committable{{Output: "output", Target: "good", ID: "gone", Epoch: c.Epoch, Data: []byte("{}")}}
	if landed {
		c.Committables = append(c.Committables, checkpoint.Committable{Output: "dead_letter", Target: "bad", ID: "landed", Epoch: c.Epoch, Data: []byte("{}")})
		w.target("bad").commits["landed"] = true
	}
	if w.current, err = c.Encode(); err != nil {
		t.Fatal(err)
	}
}

func TestALostFileGoesBackOneCheckpoint(t *testing.T) {
	w := newWorld(300)
	loseFiles(t, w, false)
	if err := w.start(t, arrowtest.Allocator(t), numbersDocument, engine.Refuse).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, w)
	if w.opened["good"] != "older" {
		t.Errorf("the output goes on from %q, and the pipeline from the checkpoint before", w.opened["good"])
	}
}

func TestALostFileIsRefusedWhenAnotherTargetHasCommitted(t *testing.T) {
	w := newWorld(300)
	loseFiles(t, w, true)
	err := w.start(t, arrowtest.Allocator(t), numbersDocument, engine.Refuse).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "is gone") || !strings.Contains(err.Error(), "--fresh") {
		t.Errorf("got %v", err)
	}
}
