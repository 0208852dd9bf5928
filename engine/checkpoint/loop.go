package checkpoint

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// loop is the state of Run's main goroutine.
type loop struct {
	*Coordinator
	jobs chan<- job

	epoch   int64 // the last one begun
	taking  bool
	last    bool  // the epoch being taken is the last one
	urgent  bool  // an input waits for the commit of the epoch being taken
	acks    []Ack // of the epoch being taken
	aborted []Ack // of epochs that were given up since the last checkpoint, in order per stage

	open      []Committable // stored and not known to be committed, ascending by epoch
	collected []Committable // the part of open that no commit under way has
	committed time.Time     // when the last commit began
	commits   int           // under way

	due   bool // the interval has passed, or enough was read
	asked bool // an input waits for a commit
	stop  bool
	ended int
}

func (l *loop) run(ctx context.Context) error {
	l.committed = time.Now()
	interval := time.NewTimer(l.config.Interval)
	defer interval.Stop()
	timeout := time.NewTimer(0)
	<-timeout.C // runs only while an epoch is taken
	defer timeout.Stop()
	for {
		ending := l.stop || l.ended == l.config.Inputs
		wanted := !l.taking && (l.due || l.asked || ending)
		switch {
		case wanted && l.commits >= l.config.MaxCommits:
			l.config.Pipeline.Hold()
		case wanted:
			if err := l.begin(ending); err != nil {
				return err
			}
			interval.Reset(l.config.Interval)
			if l.config.Timeout > 0 && !l.last {
				timeout.Reset(l.config.Timeout)
			}
		}
		select {
		case <-interval.C:
			l.due = true
		case <-l.dues:
			l.due = true
		case <-l.asks:
			l.asked = true
		case <-l.stops:
			l.stop = true
		case <-l.ends:
			l.ended++
		case epoch := <-l.done:
			l.commits--
			// The next checkpoint need not list them.
			l.open = slices.DeleteFunc(l.open, func(c Committable) bool { return c.Epoch <= epoch })
		case <-timeout.C:
			l.abort()
		case ack := <-l.Coordinator.acks:
			if finished, err := l.gather(ctx, ack); err != nil || finished {
				return err
			}
			if !l.taking {
				timeout.Stop()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *loop) begin(last bool) error {
	l.epoch++
	l.taking, l.last, l.urgent, l.acks = true, last, l.urgent || l.asked, nil
	l.due, l.asked = false, false
	select {
	case <-l.dues: // this checkpoint is what it asks for
	default:
	}
	l.config.Pipeline.Barrier(l.epoch, last)
	if !last {
		return nil
	}
	return failpoint.Hit(failpoint.StopBegun)
}

// abort gives the epoch being taken up: its barrier may still be on its way, and another one follows it at once.
func (l *loop) abort() {
	l.config.Log.Warn("a checkpoint was given up, since its barrier has not passed every stage; its rows become part of the next one",
		"epoch", l.epoch, "after", l.config.Timeout, "stages", l.config.Stages, "passed", len(l.acks))
	l.aborted = append(l.aborted, l.acks...)
	l.taking, l.due, l.acks = false, true, nil
}

// gather takes one ack; the last one of an epoch makes the checkpoint. It reports whether that was the last checkpoint.
func (l *loop) gather(ctx context.Context, ack Ack) (finished bool, err error) {
	switch {
	case ack.Epoch < l.epoch:
		// Of an epoch that was given up. Each stage passes barriers in order: before the epoch being taken is complete,
		// every such ack has come.
		l.aborted = append(l.aborted, ack)
		return false, nil
	case ack.Epoch > l.epoch:
		return false, fmt.Errorf("stage %s acknowledged epoch %d during epoch %d: this is a bug in iggy-flow", ack.Stage, ack.Epoch, l.epoch)
	case !l.taking: // given up a moment ago, and no other one begun
		l.aborted = append(l.aborted, ack)
		return false, nil
	}
	l.acks = append(l.acks, ack)
	if len(l.acks) < l.config.Stages {
		return false, nil
	}
	sealed, err := l.seal(ctx)
	if err != nil {
		return false, err
	}
	l.taking = false
	if l.last || l.urgent || time.Since(l.committed) >= l.config.CommitInterval {
		err = l.dispatch(ctx, sealed)
	}
	return l.last, err
}

// seal makes the checkpoint of the epoch being taken and stores it.
func (l *loop) seal(ctx context.Context) (*Checkpoint, error) {
	sealed, err := l.config.Pipeline.Seal(l.epoch, l.acks, l.aborted)
	if err != nil {
		return nil, err
	}
	l.aborted = nil
	l.collected = append(l.collected, sealed.Committables...)
	l.open = append(l.open, sealed.Committables...)
	sealed.Committables = slices.Clone(l.open)
	data, err := sealed.Encode()
	if err != nil {
		return nil, err
	}
	if err := l.config.Store.Save(ctx, data); err != nil {
		return nil, fmt.Errorf("store checkpoint %d: %w", l.epoch, err)
	}
	return sealed, nil
}

// dispatch begins the commit of all that was collected.
func (l *loop) dispatch(ctx context.Context, sealed *Checkpoint) error {
	j := job{checkpoint: sealed, cs: l.collected, last: l.last}
	l.collected, l.urgent, l.committed = nil, false, time.Now()
	l.commits++
	select {
	case l.jobs <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
