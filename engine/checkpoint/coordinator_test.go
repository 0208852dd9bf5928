package checkpoint_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// memory is a store that notes what was saved, in the same log as the pipeline's calls.
type memory struct {
	log  *log
	fail error
	last *checkpoint.Checkpoint
}

func (m *memory) Load(context.Context) ([]byte, error)         { return nil, nil }
func (m *memory) LoadPrevious(context.Context) ([]byte, error) { return nil, nil }
func (m *memory) Close() error                                 { return nil }
func (m *memory) Save(_ context.Context, data []byte) error {
	if m.fail != nil {
		return m.fail
	}
	c, err := checkpoint.Decode(data)
	if err != nil {
		return err
	}
	m.last = c
	open := []string{}
	for _, cm := range c.Committables {
		open = append(open, cm.ID)
	}
	m.log.add("save %d final=%v complete=%v open=%v", c.Epoch, c.Final, c.Complete, open)
	return nil
}

type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// pipeline is one stage that acknowledges each barrier after a delay, and a target that commits after another.
type pipeline struct {
	log         *log
	coordinator *checkpoint.Coordinator
	config      checkpoint.Config // beyond what run sets
	ack, commit time.Duration
	slow        map[int64]time.Duration // acks of these epochs take longer
	passed      chan struct{}           // closed when the last barrier has passed
	final       func(stop bool) bool
	commitErr   error
	lastFinal   bool
}

func (p *pipeline) Barrier(epoch int64, stop bool) {
	p.log.add("barrier %d stop=%v", epoch, stop)
	p.lastFinal = stop && p.final(stop)
	passed := make(chan struct{})
	before := p.passed
	p.passed = passed
	go func() {
		defer close(passed)
		if before != nil {
			<-before // a stage passes barriers in order
		}
		time.Sleep(p.ack + p.slow[epoch])
		_ = p.coordinator.Ack(context.Background(), checkpoint.Ack{Stage: "output", Epoch: epoch})
	}()
}

func (p *pipeline) Hold() { p.log.add("hold") }

func (p *pipeline) Seal(epoch int64, acks, aborted []checkpoint.Ack) (*checkpoint.Checkpoint, error) {
	c := &checkpoint.Checkpoint{Pipeline: "p", Run: "r", Epoch: epoch, Final: p.lastFinal}
	for _, a := range slices.Concat(aborted, acks) {
		c.Committables = append(c.Committables, checkpoint.Committable{Output: "output", Target: "t", ID: fmt.Sprintf("c%d", a.Epoch), Epoch: a.Epoch})
	}
	return c, nil
}

func (p *pipeline) Commit(ctx context.Context, c *checkpoint.Checkpoint, cs []checkpoint.Committable) error {
	if p.commitErr != nil {
		return p.commitErr
	}
	select {
	case <-time.After(p.commit):
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, cm := range cs {
		p.log.add("commit %s", cm.ID)
	}
	return nil
}

func (p *pipeline) Told(_ context.Context, c *checkpoint.Checkpoint) error {
	p.log.add("told %d", c.Epoch)
	return nil
}

// run works in virtual time until during ends the pipeline, and returns what happened.
func run(t *testing.T, p *pipeline, store *memory, during func(c *checkpoint.Coordinator)) (lines []string, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &log{}
		store.log, p.log = l, l
		if p.final == nil {
			p.final = func(bool) bool { return false }
		}
		c := p.config
		c.Store, c.Pipeline, c.Interval, c.MaxCommits, c.Stages, c.Inputs = store, p, 10*time.Second, 4, 1, 1
		p.coordinator = checkpoint.NewCoordinator(c)
		go during(p.coordinator)
		err = p.coordinator.Run(t.Context())
		time.Sleep(time.Minute) // what still sleeps in the bubble ends
		lines = l.lines
	})
	return lines, err
}

func before(t *testing.T, lines []string, first, then string) {
	t.Helper()
	a, b := slices.Index(lines, first), slices.Index(lines, then)
	if a < 0 || b < 0 || a > b {
		t.Errorf("want %q before %q in %q", first, then, lines)
	}
}

func TestNothingCommitsBeforeItIsStored(t *testing.T) {
	p, store := &pipeline{ack: time.Second, commit: 2 * time.Second, final: func(stop bool) bool { return stop }}, &memory{}
	lines, err := run(t, p, store, func(c *checkpoint.Coordinator) {
		time.Sleep(25 * time.Second)
		c.End()
	})
	if err != nil {
		t.Fatal(err)
	}
	for epoch := 1; epoch <= 2; epoch++ {
		before(t, lines, fmt.Sprintf("save %d final=false complete=false open=[c%d]", epoch, epoch), fmt.Sprintf("commit c%d", epoch))
		before(t, lines, fmt.Sprintf("commit c%d", epoch), fmt.Sprintf("told %d", epoch))
	}
	before(t, lines, "save 3 final=true complete=false open=[c3]", "commit c3")
	before(t, lines, "commit c3", "save 3 final=true complete=true open=[]")
	if last := lines[len(lines)-1]; last != "save 3 final=true complete=true open=[]" {
		t.Errorf("the last thing is %q; want the mark that all is committed", last)
	}
}

func TestASlowCommitDoesNotStopTheStream(t *testing.T) {
	p, store := &pipeline{ack: time.Second, commit: 45 * time.Second}, &memory{}
	lines, err := run(t, p, store, func(c *checkpoint.Coordinator) {
		time.Sleep(200 * time.Second)
		c.Stop()
	})
	if err != nil {
		t.Fatal(err)
	}
	before(t, lines, "barrier 2 stop=false", "commit c1")
	before(t, lines, "barrier 3 stop=false", "commit c1")
	committed, stored := 0, 0
	for _, l := range lines {
		var id int
		if n, _ := fmt.Sscanf(l, "commit c%d", &id); n == 1 {
			if committed++; id != committed {
				t.Errorf("commit c%d came as number %d", id, committed)
			}
		}
		if n, _ := fmt.Sscanf(l, "save %d", &stored); n == 1 && stored-committed > 4 {
			t.Errorf("%d checkpoints wait for their commits; want 4 at most, then the inputs wait", stored-committed)
		}
	}
}

func TestStopTakesOneMoreCheckpointAndIsNotFinal(t *testing.T) {
	p, store := &pipeline{ack: 3 * time.Second, commit: time.Second}, &memory{}
	lines, err := run(t, p, store, func(c *checkpoint.Coordinator) {
		time.Sleep(11 * time.Second) // epoch 1 is being taken
		c.Stop()
		c.Stop()
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"barrier 1 stop=false", "save 1 final=false complete=false open=[c1]", "barrier 2 stop=true", "commit c1", "told 1",
		"save 2 final=false complete=false open=[c2]", "commit c2", "told 2", "save 2 final=false complete=false open=[]",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q\nwant %q", lines, want)
	}
}

func TestAskTakesACheckpointAtOnce(t *testing.T) {
	p, store := &pipeline{}, &memory{}
	var asked time.Duration
	_, err := run(t, p, store, func(c *checkpoint.Coordinator) {
		began := time.Now()
		time.Sleep(time.Second)
		c.Ask()
		synctest.Wait()
		asked = time.Since(began)
		if store.last == nil || store.last.Epoch != 1 {
			t.Error("no checkpoint was taken when the input asked")
		}
		c.Stop()
	})
	if err != nil || asked != time.Second {
		t.Errorf("asked after %s, %v", asked, err)
	}
}

func TestAStoreThatFailsEndsThePipelineWithoutACommit(t *testing.T) {
	broken := errors.New("disk full")
	p, store := &pipeline{}, &memory{fail: broken}
	lines, err := run(t, p, store, func(*checkpoint.Coordinator) {})
	if !errors.Is(err, broken) || slices.Contains(lines, "commit c1") {
		t.Errorf("got %v after %q", err, lines)
	}
}

func TestACommitThatFailsEndsThePipelineAndKeepsItsCommittable(t *testing.T) {
	gone := errors.New("table dropped")
	p, store := &pipeline{commitErr: gone}, &memory{}
	_, err := run(t, p, store, func(*checkpoint.Coordinator) {})
	if !errors.Is(err, gone) {
		t.Fatalf("got %v", err)
	}
	if len(store.last.Committables) != 1 || store.last.Committables[0].ID != "c1" {
		t.Errorf("the store holds %v; want c1", store.last.Committables)
	}
}

func TestAnAckOfAnotherEpochIsABug(t *testing.T) {
	p, store := &pipeline{ack: 15 * time.Second}, &memory{}
	_, err := run(t, p, store, func(c *checkpoint.Coordinator) {
		time.Sleep(11 * time.Second)
		_ = c.Ack(context.Background(), checkpoint.Ack{Stage: "output", Epoch: 7})
	})
	if err == nil {
		t.Error("a wrong ack was taken")
	}
}

func TestCheckpointsAreCollectedForOneCommit(t *testing.T) {
	p, store := &pipeline{config: checkpoint.Config{CommitInterval: 35 * time.Second}}, &memory{}
	lines, err := run(t, p, store, func(c *checkpoint.Coordinator) {
		time.Sleep(45 * time.Second)
		c.Ask() // commits at once what has been collected since
		time.Sleep(11 * time.Second)
		c.Stop() // and so does the last one
	})
	if err != nil {
		t.Fatal(err)
	}
	before(t, lines, "save 4 final=false complete=false open=[c1 c2 c3 c4]", "commit c1")
	before(t, lines, "commit c4", "told 4")
	before(t, lines, "told 4", "save 5 final=false complete=false open=[c5]")
	before(t, lines, "told 5", "save 6 final=false complete=false open=[c6]")
	before(t, lines, "save 7 final=false complete=false open=[c6 c7]", "commit c6")
	for _, never := range []string{"told 1", "told 2", "told 3", "told 6"} {
		if slices.Contains(lines, never) {
			t.Errorf("%q of a checkpoint that did not commit, in %q", never, lines)
		}
	}
}

func TestEnoughReadTakesACheckpointAndCommitsByItsInterval(t *testing.T) {
	p, store := &pipeline{config: checkpoint.Config{CommitInterval: time.Hour}}, &memory{}
	_, err := run(t, p, store, func(c *checkpoint.Coordinator) {
		time.Sleep(time.Second)
		c.Due()
		synctest.Wait()
		if store.last == nil || store.last.Epoch != 1 || slices.Contains(store.log.lines, "commit c1") {
			t.Errorf("behind enough rows the log is %q; want a checkpoint without a commit", store.log.lines)
		}
		c.Stop()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestACheckpointThatTakesTooLongJoinsTheNextOne(t *testing.T) {
	p, store := &pipeline{config: checkpoint.Config{Timeout: time.Minute}, ack: time.Second, slow: map[int64]time.Duration{2: 90 * time.Second, 3: 90 * time.Second}}, &memory{}
	lines, err := run(t, p, store, func(c *checkpoint.Coordinator) {
		time.Sleep(200 * time.Second)
		c.Stop()
	})
	if err != nil {
		t.Fatal(err)
	}
	const joined = "save 5 final=false complete=false open=[c2 c3 c4 c5]" // epochs 3 and 4 wait behind the barrier of epoch 2
	before(t, lines, "barrier 5 stop=false", joined)
	before(t, lines, joined, "commit c2")
	before(t, lines, "commit c4", "commit c5")
	for _, never := range []string{"told 2", "told 3", "told 4"} {
		if slices.Contains(lines, never) {
			t.Errorf("%q, although the epoch was given up, in %q", never, lines)
		}
	}
}
