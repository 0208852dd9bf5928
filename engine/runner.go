package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// The memory that batches under way may take, beside what outputs buffer. Two edges of this size keep both neighbours of
// a slow stage busy; dead letters are rare, and their edges small.
const (
	edgeBytes = 5 << 20
	deadBytes = 1 << 20
)

// closeTimeout bounds how long components have to close when the pipeline is over: their connections may be dead.
const closeTimeout = 5 * time.Second

// RunOptions are what a start of a plan is given.
type RunOptions struct {
	Store    checkpoint.Store // held by the caller, who closes it
	Takeover Takeover
	Previous bool // go on from the previous checkpoint when the last one is damaged: --state-recover=previous
	Replica  string
	Addition string           // see Start
	Now      func() time.Time // for dead letters and checkpoints; time.Now when nil
}

// Runner is one start of a plan.
type Runner struct {
	plan    *Plan
	options RunOptions
	log     *slog.Logger

	from        *checkpoint.Checkpoint // what this start goes on from
	start       Start
	coordinator *checkpoint.Coordinator
	inputs      []*inputStage
	combine     *combineStage // nil with one input
	chain       *chainStage   // nil without processors
	output      *outputStage
	dead        *deadStage  // nil without a dead letter
	epoch       int64       // the last one begun; of the coordinator's goroutine, and of others between two runs
	ratio       *ratioWatch // nil without max_ratio
	overRatio   error       // set by Seal, read when every stage has returned

	mu       sync.Mutex // guards what follows
	replaced map[string]string
	stopping bool
	ending   bool
	giveUp   context.CancelFunc // ends prepare; nil when it is over
	status   Status
	told     Positions // below them every target has committed
}

// NewRunner returns a start of p, which must not have been run before.
func NewRunner(p *Plan, o RunOptions) *Runner {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Replica == "" {
		o.Replica = "0"
	}
	if p.Shared() {
		o.Store = checkpoint.None{} // the targets are the authority
	}
	r := &Runner{plan: p, options: o, log: p.options.Log, replaced: map[string]string{}, told: Positions{}}
	p.end, p.begin = r.end, r.begin
	return r
}

// end ends every input: what was read goes its way to the final checkpoint.
func (r *Runner) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ending = true
	for _, s := range r.inputs {
		s.enough.Store(true)
	}
}

// Stop asks for a last checkpoint; Run returns when it is committed. It may be called at any time and more than once.
// While Run still connects and recovers it ends that: nothing was read yet.
func (r *Runner) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopping = true
	if r.giveUp != nil {
		r.giveUp()
	}
	if r.coordinator != nil {
		r.coordinator.Stop()
	}
}

// Run runs the plan until its input ends, Stop is called, ctx is done or something fails. When it returns nil, every
// record that was read is where the document says. A DiagnosticsError says that the document does not fit its records.
func (r *Runner) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, r.close(ctx)) }()
	defer guard(r.log, "the pipeline", "starting", &err)
	more, err := r.begun(ctx)
	if err != nil || !more {
		return err
	}
	return r.work(ctx)
}

// begun is prepare, which Stop ends: a server that is away must not keep a process from ending. What was stored and
// committed until then is found by the next start.
func (r *Runner) begun(ctx context.Context) (more bool, err error) {
	starting, cancel := context.WithCancel(ctx)
	context.AfterFunc(ctx, cancel) // else it lives as long as ctx: components may have kept it
	r.mu.Lock()
	r.giveUp = cancel
	r.mu.Unlock()
	more, err = r.prepare(starting)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.giveUp = nil
	if err != nil && starting.Err() != nil && ctx.Err() == nil {
		r.log.Info("stopped before anything was read", "during", err)
		r.status.State, r.status.Stopped = Finished, true
		return false, nil
	}
	if starting.Err() != nil && ctx.Err() == nil {
		r.status.State, r.status.Stopped = Finished, true
		return false, nil // it was stopped at the last moment: what is open may be bound to what was cancelled
	}
	return more, err
}

// prepare brings everything to where the first record can be read. It reports false when there is nothing to run.
func (r *Runner) prepare(ctx context.Context) (more bool, err error) {
	last, err := r.load(ctx)
	if err != nil {
		return false, err
	}
	base := r.base(last)
	r.replaced = base.Replaced
	if err := r.rewinds(base); err != nil {
		return false, err
	}
	if err := r.openOutputs(ctx, base); err != nil {
		return false, err
	}
	if last != nil {
		recovered, err := r.recover(ctx, last)
		if err != nil {
			return false, err
		}
		switch {
		case base == last:
			base = recovered
		case recovered != last: // the outputs are open for the old run's other checkpoint
			if err := r.reopen(ctx, base); err != nil {
				return false, err
			}
		}
		if base.Final {
			r.log.Info("the last run had read everything; its commits are finished now", "checkpoint", base.Epoch)
			r.note(func(s *Status) { s.State = Finished })
			return false, checkpoint.Settle(ctx, r.options.Store, base)
		}
	}
	at, err := r.positions(base)
	if err != nil {
		return false, err
	}
	if err := r.openInputs(ctx, base, at); err != nil {
		return false, err
	}
	r.from = base
	return true, nil
}

// run wires the stages and works until they are done.
func (r *Runner) run(ctx context.Context) error {
	r.wire()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(r.guarded("the coordinator", func() error { return r.coordinator.Run(ctx) }))
	for _, in := range r.inputs {
		g.Go(r.guarded(in.path, func() error { return in.run(ctx) }))
	}
	last := r.inputs[0].next
	if r.combine != nil {
		g.Go(r.guarded(r.combine.path, func() error { return r.combine.run(ctx) }))
		last = r.combine.to
	}
	if r.chain != nil {
		g.Go(r.guarded(r.chain.path, func() error { return r.chain.run(ctx) }))
		last = r.chain.to
	}
	g.Go(r.guarded(r.output.path, func() error { return r.output.run(ctx, last) }))
	if r.dead != nil {
		for _, e := range r.dead.edges {
			g.Go(r.guarded(r.dead.path, func() error { return r.dead.serve(ctx, e) }))
		}
	}
	r.note(func(s *Status) { s.State = Running })
	err := g.Wait()
	r.drain()
	if err == nil {
		err = r.overRatio
	}
	if err == nil {
		ended := r.ended()
		r.note(func(s *Status) { s.State, s.Stopped = Finished, !ended })
	}
	return err
}

// ended reports whether every input is at its end.
func (r *Runner) ended() bool {
	for _, in := range r.inputs {
		if !in.ended.Load() {
			return false
		}
	}
	return true
}

// drain releases what a failed run left on its edges; every stage has returned.
func (r *Runner) drain() {
	for _, in := range r.inputs {
		in.next.drain()
	}
	if r.combine != nil {
		r.combine.to.drain()
	}
	if r.chain != nil {
		r.chain.to.drain()
	}
	if r.dead != nil {
		for _, e := range r.dead.edges {
			e.drain()
		}
	}
}

func (r *Runner) outputs() []*Node {
	if r.plan.DeadLetter == nil {
		return []*Node{r.plan.Output}
	}
	return []*Node{r.plan.Output, r.plan.DeadLetter}
}

func (r *Runner) transactional(path string) (TransactionalOutput, error) {
	for _, n := range r.outputs() {
		if t, ok := n.Output.(TransactionalOutput); ok && n.Site.Path == path {
			return t, nil
		}
	}
	return nil, Permanent(fmt.Errorf("the state holds commits for %q, which the document no longer has; put it back so that they can be made", path))
}

func (r *Runner) replace(run string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	how := "adopt"
	if r.options.Takeover == Fresh {
		how = "fresh"
	}
	if _, known := r.replaced[run]; !known || how == "fresh" {
		r.replaced[run] = how
	}
}

// close gives back what every component took, whatever became of the run.
func (r *Runner) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	var errs []error
	for _, n := range r.plan.Inputs {
		if err := n.call("closing", func() error { return n.Input.Close(ctx) }); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", n.Site.Path, err))
		}
	}
	for _, n := range slices.Backward(r.outputs()) {
		if err := n.call("closing", func() error { return n.Output.Close(ctx) }); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", n.Site.Path, err))
		}
	}
	return errors.Join(errs...)
}
