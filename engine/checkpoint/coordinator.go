package checkpoint

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
)

// Ack says that a stage has passed a barrier and what it leaves in the checkpoint.
type Ack struct {
	Stage string
	Epoch int64
	Value any // read by Pipeline.Seal alone
}

// Pipeline is what a Coordinator drives. The coordinator calls Barrier, Hold and Seal from one goroutine, Commit and Told from
// another.
type Pipeline interface {
	// Barrier asks every input to emit the barrier of epoch; with stop no row follows it. It does not wait: a request that
	// an input has not yet met, of an epoch that was given up, is replaced.
	Barrier(epoch int64, stop bool)

	// Hold stops the inputs until their next barrier: a checkpoint is due, and must wait until fewer commits are under way.
	// It does not wait, and may be called again before that barrier.
	Hold()

	// Seal makes the checkpoint of epoch from the acks of all stages. Its committables are those of this epoch and, in
	// front of them, those of aborted: acks of epochs that were given up, whose rows belong to this one. An error ends the
	// pipeline: the sums of its rows do not hold.
	Seal(epoch int64, acks, aborted []Ack) (*Checkpoint, error)

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

	// CommitInterval is the least time between two commits; 0 commits every checkpoint. Checkpoints in between are
	// collected. One that was asked for, and the last one, commit at once.
	CommitInterval time.Duration

	// Timeout is when an epoch is given up whose barrier has not passed every stage. Its rows, and what was prepared for
	// them, become part of the next one. 0 is never.
	Timeout time.Duration

	// MaxCommits bounds the commits under way: the stream goes on beside them, but a target that stays away must stop the
	// inputs, not fill the disk.
	MaxCommits int

	Stages int          // acks that complete an epoch
	Inputs int          // inputs that may end
	Epoch  int64        // of the last checkpoint in the store
	Log    *slog.Logger // nil logs nothing
}

// Coordinator takes the checkpoints of one pipeline.
type Coordinator struct {
	config Config
	acks   chan Ack
	dues   chan struct{}
	asks   chan struct{}
	stops  chan struct{}
	ends   chan struct{}
	done   chan int64 // epochs that are committed
}

// NewCoordinator returns a coordinator that does nothing before Run.
func NewCoordinator(c Config) *Coordinator {
	c.MaxCommits = max(c.MaxCommits, 1)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Coordinator{
		config: c,
		acks:   make(chan Ack, c.Stages), // a stage goes on at once: it has one ack open at most
		dues:   make(chan struct{}, 1),   // one is enough: it says that there is a reason
		asks:   make(chan struct{}, 1),
		stops:  make(chan struct{}, 1),
		ends:   make(chan struct{}, c.Inputs),
		done:   make(chan int64, c.MaxCommits),
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

// Due requests a checkpoint before the interval has passed: enough has been read.
func (c *Coordinator) Due() { signal(c.dues) }

// Ask requests a checkpoint that is committed as soon as it can be: an input waits for it.
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
	jobs := make(chan job, c.config.MaxCommits) // as many as may be under way, so that storing never waits for a commit
	g.Go(func() error { return c.commit(ctx, jobs) })
	g.Go(func() error {
		defer close(jobs)
		l := loop{Coordinator: c, jobs: jobs, epoch: c.config.Epoch}
		return l.run(ctx)
	})
	return g.Wait()
}
