package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// goBack puts the checkpoint before the damaged one in its place and returns it. What the damaged one added is read
// again; targets that committed it drop it, by the positions that they keep.
func (r *Runner) goBack(ctx context.Context, damaged error) (*checkpoint.Checkpoint, error) {
	mender, ok := r.options.Store.(checkpoint.Mender)
	if !ok {
		return nil, fmt.Errorf("%w; this store cannot go back", damaged)
	}
	refuse := func(reason error) error {
		return Permanent(fmt.Errorf("go back to the previous checkpoint: %w; the last one cannot be used either: %w", reason, damaged))
	}
	data, err := mender.LoadPrevious(ctx)
	if err != nil {
		return nil, refuse(err)
	}
	if data == nil {
		return nil, refuse(errors.New("there is none"))
	}
	previous, err := checkpoint.Decode(data)
	if err != nil {
		return nil, refuse(err)
	}
	if err := r.belongs(previous); err != nil {
		return nil, err
	}
	back := previous.GoBack()
	for _, n := range r.plan.Inputs {
		if n.class.replay == Once && r.options.Takeover != Fresh {
			return nil, noWayBack(n.Site.Path, "it cannot be read again, so that what only the lost one held would be missing")
		}
	}
	if err := r.rewinds(r.base(back)); err != nil {
		return nil, err
	}
	if data, err = back.Encode(); err != nil {
		return nil, err
	}
	// Stored before anything is written, with the mark that targets may be ahead: a crash from here on changes nothing.
	aside, err := mender.Replace(ctx, data)
	if err != nil {
		return nil, fmt.Errorf("put the previous checkpoint in the place of the damaged one: %w", err)
	}
	r.log.Warn("going on from the checkpoint before the damaged one", "checkpoint", previous.Epoch, "damaged", damaged.Error(), "kept_as", aside)
	return back, nil
}

// rewinds refuses to go on from a checkpoint that targets may be ahead of, where the plan cannot keep rows from being
// lost or doubled by that. A new generation writes everything anew, and is never refused.
func (r *Runner) rewinds(base *checkpoint.Checkpoint) error {
	if base.Recovered == 0 || base.Final {
		return nil
	}
	for _, n := range r.plan.Processors() {
		if _, ok := n.Processor.(Stateful); ok {
			return noWayBack(n.Site.Path, "what it carries from record to record would not be what it was when targets committed the lost one")
		}
	}
	for _, n := range r.outputs() {
		if w, ok := n.Output.(Rewinder); (!ok || !w.Rewinds()) && n.guarantee() != Idempotent {
			return noWayBack(n.Site.Path, "its targets keep no positions, and would get the rows of the lost one twice")
		}
	}
	return nil
}

// repeats refuses, once the expressions are compiled, what rewinds refuses before.
func (r *Runner) repeats(base *checkpoint.Checkpoint) error {
	if base.Recovered == 0 {
		return nil
	}
	for _, n := range append(r.plan.Processors(), r.outputs()...) {
		if at := n.Nondeterministic(); len(at) > 0 {
			return noWayBack(at[0].String(), "the expression may give another value when a record is read again, and so another row or target")
		}
	}
	return nil
}

func noWayBack(at, why string) error {
	return Permanent(fmt.Errorf("the last checkpoint was lost, and %s cannot go on from the one before it: %s; "+
		"bring the lost one back from a copy, or start with --fresh to write everything again as a new run", at, why))
}
