package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

const stalledDocument = `name: numbers
input: {merge: [{numbers: {}}, {label: second, numbers: {}}]}
output: {table: {name: good}}
checkpoint: {interval: 100ms, max_commits: 2}
`

// TestAStalledTargetStopsTheInputs: rows are read as long as commits may be under way, none while there are too many, and
// all of them once the target has come back.
func TestAStalledTargetStopsTheInputs(t *testing.T) {
	var mem memory.Allocator = arrowtest.Allocator(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(secondLog) // more than is read here
		w.pace, w.stalled = time.Millisecond, make(chan struct{})
		ops := func() int {
			synctest.Wait()
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.ops
		}
		r := w.start(t, mem, stalledDocument, engine.Refuse)
		done := make(chan error, 1)
		go func() { done <- r.Run(t.Context()) }()

		time.Sleep(250 * time.Millisecond) // behind the second checkpoint, before the third is due
		second := ops()
		time.Sleep(40 * time.Millisecond)
		if still := ops(); still == second {
			t.Error("the inputs stopped, though two commits may be under way")
		}
		time.Sleep(time.Second)
		held := ops()
		time.Sleep(10 * time.Minute)
		if later := ops(); later != held {
			t.Errorf("%d reads and stores while a third checkpoint waited for a commit; want none", later-held)
		}
		close(w.stalled)
		time.Sleep(time.Second)
		if after := ops(); after == held {
			t.Error("nothing was read once the target had come back")
		}
		r.Stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		last := map[bool]int64{false: -1, true: secondLog - 1}
		for _, n := range w.target("good").rows {
			if n != last[n >= secondLog]+1 {
				t.Fatalf("record %d is behind record %d", n, last[n >= secondLog])
			}
			last[n >= secondLog] = n
		}
	})
}
