package checkpoint

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// maxUncommitted bounds the checkpoints that are stored and not yet committed: the next epoch runs while the last one
// commits, but a target that stays away must stop the inputs, not fill the disk.
const maxUncommitted = 4

// Ack says that a stage has passed a barrier and what it leaves in the checkpoint.
type Ack struct {
	Stage string
	Epoch int64
	Value any // read by Pipeline.Seal alone
}

// Pipeline is what a Coordinator drives. The coordinator calls Barrier and Seal from one goroutine, Commit and Told from
// another.
type Pipeline interface {
	// Barrier asks every input to emit the barrier of epoch; with stop no row follows it. It does not wait.
	Barrier(epoch int64, stop bool)

	// Seal makes the checkpoint of epoch from the acks of all stages, with the committables of this epoch alone. An error
	// ends the pipeline: the sums of its rows do not hold.
	Seal(epoch int64, acks []Ack) (*Checkpoint, error)

	// Commit commits what the epochs up to c prepared, in order per target, and returns when all of it is committed, or
	// with an error that no retry cures. cs is sorted by epoch.
	Commit(ctx context.Context, c *Checkpoint, cs []Committable) error

	// Told tells the inputs that everything below the positions of c is durable in every target.
	Told(ctx context.Context, c *Checkpoint) error
}

// Config is what a Coordinator works with.
type Config struct {
	Store    Store
	Pipeline Pipeline
	Interval time.Duration // between two checkpoints
	Stages   int           // acks that complete an epoch
	Inputs   int           // inputs that may end
	Epoch    int64         // of the last checkpoint in the store
}

// Coordinator takes the checkpoints of one pipeline.
type Coordinator struct {
	config Config
	acks   chan Ack
	asks   chan struct{}
	stops  chan struct{}
	ends   chan struct{}
	done   chan int64 // epochs that are committed
}

// NewCoordinator returns a coordinator that does nothing before Run.
func NewCoordinator(c Config) *Coordinator {
	return &Coordinator{
		config: c,
		acks:   make(chan Ack, c.Stages), // a stage goes on at once: it has one ack open at most
		asks:   make(chan struct{}, 1),   // one is enough: it says that there is a reason
		stops:  make(chan struct{}, 1),
		ends:   make(chan struct{}, c.Inputs),
		done:   make(chan int64, maxUncommitted),
	}
}

// Ack hands in a stage's part of an epoch.
func (c *Coordinator) Ack(ctx context.Context, a Ack) error {
	select {
	case c.acks <- a:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Ask requests a checkpoint as soon as one can be taken.
func (c *Coordinator) Ask() { signal(c.asks) }

// Stop requests a last checkpoint; Run returns when it is committed.
func (c *Coordinator) Stop() { signal(c.stops) }

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // the request is already there
	}
}

// End says that an input is at its end. After the last one the final checkpoint is taken. Each input ends once.
func (c *Coordinator) End() { c.ends <- struct{}{} }

// Run takes checkpoints until the last one is committed, or until the first error. It returns what ended it: nil after a
// final checkpoint or a stop.
func (c *Coordinator) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	jobs := make(chan job, maxUncommitted) // as many as may be uncommitted, so that storing never waits for a commit
	g.Go(func() error { return c.commit(ctx, jobs) })
	g.Go(func() error {
		defer close(jobs)
		l := loop{Coordinator: c, jobs: jobs, epoch: c.config.Epoch}
		return l.run(ctx)
	})
	return g.Wait()
}

// job is one stored checkpoint that waits for its commit.
type job struct {
	checkpoint *Checkpoint
	cs         []Committable // of this epoch alone: the earlier ones were committed by the jobs before
	last       bool
}

// commit works through stored checkpoints in order.
func (c *Coordinator) commit(ctx context.Context, jobs <-chan job) error {
	for j := range jobs {
		if err := c.finish(ctx, j); err != nil {
			return err
		}
		select {
		case c.done <- j.checkpoint.Epoch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (c *Coordinator) finish(ctx context.Context, j job) error {
	if err := c.config.Pipeline.Commit(ctx, j.checkpoint, j.cs); err != nil {
		return fmt.Errorf("commit checkpoint %d: %w", j.checkpoint.Epoch, err)
	}
	if err := c.config.Pipeline.Told(ctx, j.checkpoint); err != nil {
		return fmt.Errorf("tell the inputs of checkpoint %d: %w", j.checkpoint.Epoch, err)
	}
	if !j.last {
		return nil
	}
	if err := failpoint.Hit(failpoint.StopSettled); err != nil {
		return err
	}
	return Settle(ctx, c.config.Store, j.checkpoint)
}

// Settle stores that everything of a pipeline's last checkpoint is committed; a final one becomes complete.
func Settle(ctx context.Context, s Store, last *Checkpoint) error {
	settled := *last
	settled.Committables = nil
	settled.Complete = settled.Final
	data, err := settled.Encode()
	if err != nil {
		return err
	}
	if err := s.Save(ctx, data); err != nil {
		return fmt.Errorf("store that checkpoint %d is committed: %w", last.Epoch, err)
	}
	return nil
}

// loop is the state of Run's main goroutine.
type loop struct {
	*Coordinator
	jobs chan<- job

	epoch       int64 // the last one begun
	taking      bool
	last        bool // the epoch being taken is the last one
	acks        []Ack
	open        []Committable // stored and not known to be committed, ascending by epoch
	uncommitted int           // stored checkpoints behind which a commit is still to come
	due         bool          // the interval has passed, or an input asked
	stop        bool
	ended       int
}

func (l *loop) run(ctx context.Context) error {
	timer := time.NewTimer(l.config.Interval)
	defer timer.Stop()
	for {
		ending := l.stop || l.ended == l.config.Inputs
		if !l.taking && l.uncommitted < maxUncommitted && (l.due || ending) {
			if err := l.begin(ending); err != nil {
				return err
			}
			timer.Reset(l.config.Interval)
		}
		select {
		case <-timer.C:
			l.due = true
		case <-l.Coordinator.asks:
			l.due = true
		case <-l.Coordinator.stops:
			l.stop = true
		case <-l.Coordinator.ends:
			l.ended++
		case epoch := <-l.done:
			l.committed(epoch)
		case ack := <-l.Coordinator.acks:
			if finished, err := l.gather(ctx, ack); err != nil || finished {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *loop) begin(last bool) error {
	l.epoch++
	l.taking, l.due, l.last, l.acks = true, false, last, nil
	l.config.Pipeline.Barrier(l.epoch, last)
	if !last {
		return nil
	}
	return failpoint.Hit(failpoint.StopBegun)
}

// committed forgets the committables of epochs up to the given one: the next checkpoint need not list them.
func (l *loop) committed(epoch int64) {
	l.uncommitted--
	l.open = slices.DeleteFunc(l.open, func(c Committable) bool { return c.Epoch <= epoch })
}

// gather takes one ack; the last one of an epoch makes the checkpoint. It reports whether that was the last checkpoint.
func (l *loop) gather(ctx context.Context, ack Ack) (finished bool, err error) {
	if ack.Epoch != l.epoch || !l.taking {
		return false, fmt.Errorf("stage %s acknowledged epoch %d during epoch %d: this is a bug in iggy-flow", ack.Stage, ack.Epoch, l.epoch)
	}
	l.acks = append(l.acks, ack)
	if len(l.acks) < l.config.Stages {
		return false, nil
	}
	sealed, err := l.config.Pipeline.Seal(l.epoch, l.acks)
	if err != nil {
		return false, err
	}
	fresh := sealed.Committables
	l.open = append(l.open, fresh...)
	sealed.Committables = slices.Clone(l.open)
	data, err := sealed.Encode()
	if err != nil {
		return false, err
	}
	if err := l.config.Store.Save(ctx, data); err != nil {
		return false, fmt.Errorf("store checkpoint %d: %w", l.epoch, err)
	}
	l.taking = false
	l.uncommitted++
	select {
	case l.jobs <- job{checkpoint: sealed, cs: fresh, last: l.last}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return l.last, nil
}
