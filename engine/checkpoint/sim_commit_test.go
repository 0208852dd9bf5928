package checkpoint_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

var errSimUnavailable = errors.New("the target does not answer")

// Barrier implements checkpoint.Pipeline.
func (l *simLife) Barrier(epoch int64, stop bool) {
	l.note("barrier %d stop=%v", epoch, stop)
	l.mu.Lock()
	open := l.stored - l.toldN
	l.mu.Unlock()
	if epoch != l.barrier+1 {
		l.violate("barrier %d follows barrier %d", epoch, l.barrier)
	}
	l.barrier = epoch
	if l.config.CommitInterval == 0 && open >= l.config.MaxCommits {
		l.violate("barrier %d, though %d commits are under way and %d may be", epoch, open, l.config.MaxCommits)
	}
	request := simBarrier{epoch: epoch, stop: stop, final: stop && l.ended[0].Load() && l.ended[1].Load()}
	for i, ch := range l.requests {
		select {
		case <-ch: // of an epoch that was given up
		default:
		}
		l.held[i].Store(false)
		ch <- request
	}
}

// Hold implements checkpoint.Pipeline: the inputs wait for their next barrier.
func (l *simLife) Hold() {
	l.note("hold")
	for i := range l.held {
		l.held[i].Store(true)
	}
}

// Seal implements checkpoint.Pipeline.
func (l *simLife) Seal(epoch int64, acks, aborted []checkpoint.Ack) (*checkpoint.Checkpoint, error) {
	c := &checkpoint.Checkpoint{Pipeline: "p", Run: "r", Epoch: epoch}
	var at [2]int64
	stages := map[string]bool{}
	for i, a := range slices.Concat(aborted, acks) {
		v, ok := a.Value.(simAck)
		if !ok {
			return nil, fmt.Errorf("ack of %T", a.Value)
		}
		c.Committables = append(c.Committables, v.cs...)
		if i < len(aborted) {
			if a.Epoch >= epoch {
				l.violate("epoch %d counts as given up in epoch %d", a.Epoch, epoch)
			}
			continue
		}
		stages[a.Stage] = true
		if a.Epoch != epoch {
			l.violate("an ack of epoch %d is in epoch %d", a.Epoch, epoch)
		}
		if v.input >= 0 {
			at[v.input] = v.at
			c.Final = v.final
		}
	}
	if len(stages) != l.config.Stages {
		l.violate("epoch %d is sealed with the acks of %v", epoch, stages)
	}
	c.Inputs = simInputs(at)
	slices.SortStableFunc(c.Committables, func(a, b checkpoint.Committable) int { return int(a.Epoch - b.Epoch) })
	l.mu.Lock()
	if len(aborted) > 0 {
		l.aborts++
	}
	l.stored++
	l.mu.Unlock()
	return c, nil
}

// Commit implements checkpoint.Pipeline.
func (l *simLife) Commit(_ context.Context, c *checkpoint.Checkpoint, cs []checkpoint.Committable) error {
	if err := l.sleep(simCommit, 0, time.Millisecond); err != nil {
		return err
	}
	l.note("commit %d: %d committables", c.Epoch, len(cs))
	stored, err := l.onDisk()
	if err != nil {
		l.violate("commit %d: %v", c.Epoch, err)
		return err
	}
	for _, cm := range cs {
		if l.handed[cm.ID] {
			l.violate("%s is committed twice", cm.ID)
		}
		if !stored[cm.ID] {
			l.violate("%s is committed, and no checkpoint that was stored has it", cm.ID)
		}
		if l.handed == nil {
			l.handed = map[string]bool{}
		}
		l.handed[cm.ID] = true
	}
	return l.commitAll(cs)
}

// commitAll commits to all targets beside each other.
func (l *simLife) commitAll(cs []checkpoint.Committable) error {
	var wg sync.WaitGroup
	var errs [4]error
	for t := range l.targets {
		var ours []checkpoint.Committable
		for _, cm := range cs {
			if cm.Target == strconv.Itoa(t) {
				ours = append(ours, cm)
			}
		}
		if len(ours) > 0 {
			wg.Go(func() { errs[t] = l.commitTarget(t, ours) })
		}
	}
	wg.Wait()
	return errors.Join(errs[:]...)
}

// commitTarget tries until it succeeds or the process dies.
func (l *simLife) commitTarget(t int, cs []checkpoint.Committable) error {
	id := simTarget + t
	for {
		longest := 20 * time.Millisecond
		if l.hit(id, l.faults.commitSlow) {
			longest = 4 * time.Second
		}
		if err := l.sleep(id, 0, longest); err != nil {
			return err
		}
		if !l.hit(id, l.faults.commitDown) {
			if err := l.land(t, cs); err != nil {
				return err
			}
			if !l.hit(id, l.faults.noAns) {
				return nil
			}
		}
		l.note("target %d: %v", t, errSimUnavailable)
	}
}

// land is the target's side. What it has already it leaves out.
func (l *simLife) land(t int, cs []checkpoint.Committable) error {
	if err := l.alive(); err != nil {
		return err
	}
	table := l.targets[t]
	for _, cm := range cs {
		rows, err := simRows(cm)
		if err != nil {
			return err
		}
		l.mu.Lock()
		known := table.committed[cm.ID]
		l.mu.Unlock()
		if known {
			continue
		}
		l.note("target %d: %s", t, cm.ID)
		for _, row := range rows {
			if had := table.rows[row.input]; len(had) > 0 && had[len(had)-1] >= row.ordinal {
				l.violate("target %d: record %d of input %d is written behind %v", t, row.ordinal, row.input, had)
			}
			l.mu.Lock()
			table.rows[row.input] = append(table.rows[row.input], row.ordinal)
			l.mu.Unlock()
		}
		l.mu.Lock()
		table.committed[cm.ID] = true
		l.mu.Unlock()
	}
	return nil
}

// Told implements checkpoint.Pipeline.
func (l *simLife) Told(_ context.Context, c *checkpoint.Checkpoint) error {
	if err := l.sleep(simCommit, 0, 5*time.Millisecond); err != nil {
		return err
	}
	if err := l.settle(simCommit); err != nil {
		return err
	}
	at, err := simPositions(c)
	if err != nil {
		return err
	}
	l.note("told %d: %v", c.Epoch, at)
	l.mu.Lock()
	l.toldN++
	var have [2]int64
	for i := range at {
		for _, t := range l.targets {
			for _, o := range t.rows[i] {
				if o < at[i] {
					have[i]++
				}
			}
		}
	}
	behind := at[0] < l.told[0] || at[1] < l.told[1]
	l.told = at
	l.mu.Unlock()
	if have != at {
		l.violate("told %v, and of these %v are committed", at, have)
	}
	if behind {
		l.violate("told %v, which is behind what was told before", at)
	}
	return nil
}

// recover does what a start does with the checkpoint that it goes on from.
func (l *simLife) recover(ctx context.Context, d *checkpoint.Directory, last *checkpoint.Checkpoint) error {
	l.note("life %d goes on from checkpoint %d", l.lives, last.Epoch)
	if err := l.sleep(simStart, 0, time.Millisecond); err != nil {
		return err
	}
	if err := l.commitAll(last.Committables); err != nil || !last.Final {
		return err
	}
	return checkpoint.Settle(ctx, d, last)
}
