package checkpoint_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// paced is a pipeline of one stage with fixed times. It notes when barriers begin and when its input is held.
type paced struct {
	*checkpoint.Coordinator
	began            time.Time
	passes, commits  time.Duration
	acks             sync.WaitGroup
	barriers, holdAt []time.Duration
}

func (p *paced) Hold() { p.holdAt = append(p.holdAt, time.Since(p.began)) }

func (p *paced) Barrier(epoch int64, _ bool) {
	p.barriers = append(p.barriers, time.Since(p.began))
	p.acks.Go(func() {
		time.Sleep(p.passes)
		_ = p.Ack(context.Background(), checkpoint.Ack{Stage: "output", Epoch: epoch})
	})
}

func (p *paced) Seal(epoch int64, _, _ []checkpoint.Ack) (*checkpoint.Checkpoint, error) {
	return &checkpoint.Checkpoint{Pipeline: "p", Run: "r", Epoch: epoch}, nil
}

func (p *paced) Commit(context.Context, *checkpoint.Checkpoint, []checkpoint.Committable) error {
	time.Sleep(p.commits)
	return nil
}

func (p *paced) Told(context.Context, *checkpoint.Checkpoint) error { return nil }

// TestSlowCommitsStopNothingBelowTheBound: a checkpoint begins at its interval however slow commits are, until as many are
// under way as may be. Then the input is held, once for each checkpoint that is late, until the oldest commit is done.
func TestSlowCommitsStopNothingBelowTheBound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		millis := func(least, most int, name string) time.Duration {
			return time.Duration(rapid.IntRange(least, most).Draw(rt, name)) * time.Millisecond
		}
		// The odd microsecond keeps commits apart from everything else.
		interval, passes, commits := 2*millis(5, 50, "interval"), 2*millis(0, 60, "passes"), 2*millis(0, 400, "commits")+time.Microsecond
		bound, epochs := rapid.IntRange(1, 5).Draw(rt, "bound"), rapid.IntRange(1, 12).Draw(rt, "epochs")
		var p *paced
		synctest.Test(t, func(*testing.T) {
			p = &paced{began: time.Now(), passes: passes, commits: commits}
			p.Coordinator = checkpoint.NewCoordinator(checkpoint.Config{
				Store: checkpoint.None{}, Pipeline: p, Interval: interval, MaxCommits: bound, Stages: 1, Inputs: 1,
			})
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- p.Run(ctx) }()
			time.Sleep(time.Duration(epochs) * (interval + passes + commits + time.Millisecond))
			cancel()
			<-done
			p.acks.Wait()
		})
		var barriers, held, committed []time.Duration
		for i := range p.barriers {
			at := interval
			if i > 0 {
				at = max(barriers[i-1]+passes, barriers[i-1]+interval)
			}
			if i >= bound && committed[i-bound] > at {
				held = append(held, at)
				at = committed[i-bound]
			}
			barriers = append(barriers, at)
			last := at + passes
			if i > 0 {
				last = max(last, committed[i-1])
			}
			committed = append(committed, last+commits)
		}
		if diff := cmp.Diff(barriers, p.barriers); diff != "" {
			rt.Errorf("barriers (-want +got):\n%s", diff)
		}
		if got := p.holdAt[:min(len(held), len(p.holdAt))]; !slices.Equal(held, got) || len(p.holdAt) > len(held)+1 {
			rt.Errorf("the input was held at %v; want %v, and at most one more", p.holdAt, held)
		}
	})
}
