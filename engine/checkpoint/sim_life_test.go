package checkpoint_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// simLife is one process: it implements Pipeline over goroutines that read, align, write and commit.
type simLife struct {
	*sim
	dead   chan struct{}
	once   sync.Once
	cancel context.CancelFunc

	coordinator atomic.Pointer[checkpoint.Coordinator]
	requests    [2]chan simBarrier
	ended, held [2]atomic.Bool

	handed  map[string]bool // committables that Commit was given
	stored  int             // checkpoints of this life
	toldN   int             // of them, those whose commit was told; only counted where nothing is collected
	barrier int64
}

var _ checkpoint.Pipeline = (*simLife)(nil)

// die ends the process: nothing that it does from now on has an effect.
func (l *simLife) die() {
	l.once.Do(func() {
		l.mu.Lock()
		close(l.dead)
		l.mu.Unlock()
		l.cancel()
	})
}

// sleep waits for a time between shortest and longest, and then for an instant that is the goroutine's own.
func (l *simLife) sleep(id int, shortest, longest time.Duration) error {
	wait := shortest + time.Duration(l.rng(id).Int64N(int64(longest-shortest)+1))
	at := time.Since(l.began) + wait
	at += simGrid - at%simGrid + time.Duration(id)
	timer := time.NewTimer(at - time.Since(l.began))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.dead:
	}
	return l.alive()
}

func (l *simLife) alive() error {
	select {
	case <-l.dead:
		return errSimDead
	default:
		return nil
	}
}

// settle waits until no checkpoint is being stored: what happens then would be met in any order.
func (l *simLife) settle(id int) error {
	for {
		l.mu.Lock()
		saving := l.saving
		l.mu.Unlock()
		if !saving || l.racy {
			return l.alive()
		}
		if err := l.sleep(id, 0, 0); err != nil {
			return err
		}
	}
}

// disturb asks, stops and kills.
func (l *simLife) disturb() {
	for range 40 {
		if l.sleep(simChaos, 10*time.Millisecond, 600*time.Millisecond) != nil || l.settle(simChaos) != nil {
			return
		}
		c := l.coordinator.Load()
		switch {
		case l.hit(simChaos, l.faults.kill/8):
			l.note("kill")
			l.mu.Lock()
			l.kills++
			l.mu.Unlock()
			l.die()
			return
		case c == nil:
		case l.hit(simChaos, l.faults.ask):
			l.note("ask")
			c.Ask()
		case l.hit(simChaos, l.faults.due):
			l.note("due")
			c.Due()
		case l.hit(simChaos, l.faults.stop):
			l.note("stop")
			c.Stop()
		}
	}
}

// write, sync and syncDir are the disk of the store. A kill in the middle of a write leaves a part of it.
func (l *simLife) write(f *os.File, data []byte) error {
	l.mu.Lock()
	l.saving = true
	l.mu.Unlock()
	if err := l.alive(); err != nil {
		return err
	}
	payload, err := checkpoint.Unseal("", data)
	if err != nil {
		l.violate("what is stored does not load: %v", err)
		return err
	}
	c, err := checkpoint.Decode(payload)
	if err != nil {
		l.violate("what is stored does not load: %v", err)
		return err
	}
	l.check(c)
	l.note("store %d: %d committables, final=%v complete=%v", c.Epoch, len(c.Committables), c.Final, c.Complete)
	if err := l.disk("write"); err != nil {
		_, _ = f.Write(data[:l.rng(simSave).IntN(len(data)+1)])
		return err
	}
	_, err = f.Write(data)
	return err
}

func (l *simLife) sync(*os.File) error { return l.disk("sync") }

func (l *simLife) syncDir(string) error {
	defer func() {
		l.mu.Lock()
		l.saving = false
		l.mu.Unlock()
	}()
	return l.disk("sync of the directory")
}

func (l *simLife) disk(step string) error {
	longest := 3 * time.Millisecond
	if l.hit(simSave, l.faults.saveSlow) {
		longest = 900 * time.Millisecond
	}
	err := l.sleep(simSave, 0, longest)
	if err == nil && l.hit(simSave, l.faults.saveFails) {
		err = &os.PathError{Op: step, Path: l.dir, Err: unix.EIO}
	}
	if err != nil {
		l.mu.Lock()
		l.saving = false
		l.mu.Unlock()
		l.note("%s fails", step)
		l.die() // the error ends the pipeline; what is under way beside it ends in any order
	}
	return err
}

// check holds a checkpoint to the invariant of the package: what its positions say was taken is committed or can be.
func (l *simLife) check(c *checkpoint.Checkpoint) {
	at, err := simPositions(c)
	if err != nil {
		l.violate("checkpoint %d: %v", c.Epoch, err)
		return
	}
	l.mu.Lock()
	var have [2][]int64
	for _, t := range l.targets {
		for i := range have {
			have[i] = append(have[i], t.rows[i]...)
		}
	}
	open := slices.DeleteFunc(slices.Clone(c.Committables), func(cm checkpoint.Committable) bool { return l.committed(cm.ID) })
	l.mu.Unlock()
	if !slices.IsSortedFunc(c.Committables, func(a, b checkpoint.Committable) int { return int(a.Epoch - b.Epoch) }) {
		l.violate("checkpoint %d: its committables are not in the order of their epochs", c.Epoch)
	}
	for _, cm := range open {
		rows, err := simRows(cm)
		if err != nil {
			l.violate("checkpoint %d: %v", c.Epoch, err)
		}
		for _, row := range rows {
			have[row.input] = append(have[row.input], row.ordinal)
		}
	}
	for i := range have {
		slices.Sort(have[i])
		for o := range at[i] {
			if o >= int64(len(have[i])) || have[i][o] != o {
				l.violate("checkpoint %d: input %d is at %d, and the rows that are or can be committed are %v", c.Epoch, i, at[i], have[i])
				return
			}
		}
		if int64(len(have[i])) != at[i] {
			l.violate("checkpoint %d: input %d is at %d, and the rows that are or can be committed are %v", c.Epoch, i, at[i], have[i])
		}
	}
}

// committed reports whether a target has id. The caller holds the lock.
func (s *sim) committed(id string) bool {
	return slices.ContainsFunc(s.targets, func(t *simTable) bool { return t.committed[id] })
}

// checkEnd is asked when the store says that everything is complete.
func (s *sim) checkEnd() {
	var have [2][]int64
	for _, t := range s.targets {
		for i := range have {
			have[i] = append(have[i], t.rows[i]...)
		}
	}
	for i := range have {
		slices.Sort(have[i])
		if int64(len(have[i])) != s.log[i] {
			s.violate("complete, and of %d records of input %d the targets hold %v", s.log[i], i, have[i])
		}
	}
}

// simRow is a record of an input.
type simRow struct {
	input   int
	ordinal int64
}

func simRows(cm checkpoint.Committable) (rows []simRow, err error) {
	var pairs [][2]int64
	if err := json.Unmarshal(cm.Data, &pairs); err != nil {
		return nil, fmt.Errorf("committable %s: %w", cm.ID, err)
	}
	for _, p := range pairs {
		rows = append(rows, simRow{int(p[0]), p[1]})
	}
	return rows, nil
}

func simInputs(at [2]int64) map[string]checkpoint.Input {
	return map[string]checkpoint.Input{"input": {Positions: json.RawMessage(fmt.Sprintf("[%d,%d]", at[0], at[1]))}}
}

func simPositions(c *checkpoint.Checkpoint) (at [2]int64, err error) {
	if err := json.Unmarshal(c.Inputs["input"].Positions, &at); err != nil {
		return at, fmt.Errorf("its positions: %w", err)
	}
	return at, nil
}

// onDisk lists the committables of the checkpoint that the store holds, and of the one before.
func (l *simLife) onDisk() (map[string]bool, error) {
	d, err := checkpoint.ViewDirectory(l.dir)
	if err != nil {
		return nil, err
	}
	data, err := d.Load(context.Background())
	if err != nil {
		return nil, err
	}
	c, err := checkpoint.Decode(data)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, cm := range c.Committables {
		out[cm.ID] = true
	}
	return out, nil
}
