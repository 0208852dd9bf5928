package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// load reads the last checkpoint and decides what this start is: it returns nil for the first run in a state directory.
func (r *Runner) load(ctx context.Context) (*checkpoint.Checkpoint, error) {
	data, err := r.options.Store.Load(ctx)
	if damaged, ok := errors.AsType[*checkpoint.CorruptError](err); ok && r.options.Previous {
		return r.goBack(ctx, damaged)
	}
	if err != nil || data == nil {
		return nil, err
	}
	c, err := checkpoint.Decode(data)
	if err != nil {
		return nil, err
	}
	return c, r.belongs(c)
}

// belongs refuses the state of another pipeline.
func (r *Runner) belongs(c *checkpoint.Checkpoint) error {
	if c.Pipeline != r.plan.Document.Name {
		return Permanent(fmt.Errorf("the state belongs to pipeline %q of %s, and this is %q; choose another with --state", c.Pipeline, c.Document, r.plan.Document.Name))
	}
	return nil
}

// base is where a start begins: the checkpoint it goes on from, or the empty one of a new generation.
func (r *Runner) base(last *checkpoint.Checkpoint) *checkpoint.Checkpoint {
	c := &checkpoint.Checkpoint{
		Pipeline: r.plan.Document.Name, Document: r.plan.Document.Path, Run: uuid.NewString(), Generation: 1,
		Replaced: map[string]string{},
	}
	if last == nil {
		return c
	}
	if !r.renews(last) {
		if last.Replaced == nil {
			last.Replaced = map[string]string{}
		}
		return last
	}
	c.Run, c.Generation, c.Previous = last.Run, last.Generation+1, last.Outputs
	if c.Previous == nil {
		c.Previous = last.Previous // the run before took no checkpoint beyond its first
	}
	maps.Copy(c.Replaced, last.Replaced)
	return c
}

// renews reports whether this start is a new run: the last one is complete, the user wants to start anew, or no input can
// be read again.
func (r *Runner) renews(last *checkpoint.Checkpoint) bool {
	return last.Complete || r.options.Takeover == Fresh || r.plan.once()
}

// recover commits what earlier processes prepared. When a file of the last checkpoint is gone and no target has a commit
// of it, the checkpoint before it is the base: what lies between is read again.
func (r *Runner) recover(ctx context.Context, last *checkpoint.Checkpoint) (*checkpoint.Checkpoint, error) {
	missing, landed, err := r.inspect(ctx, last)
	if err != nil {
		return nil, err
	}
	if missing != nil && r.options.Takeover == Fresh {
		r.log.Warn("giving up what is gone, since everything is written again", "target", missing.Target, "commit", missing.ID)
		return r.recover(ctx, without(last, *missing))
	}
	if missing != nil {
		if last, err = r.fallBack(ctx, last, *missing, landed); err != nil {
			return nil, err
		}
	}
	if err := r.Commit(ctx, last, last.Committables); err != nil {
		err = fmt.Errorf("commit what checkpoint %d left open: %w", last.Epoch, err)
		if r.options.Takeover == Fresh && IsPermanent(err) {
			err = fmt.Errorf("%w; to give these rows up, remove the state directory and start with --fresh again", err)
		}
		return nil, err
	}
	if len(last.Committables) > 0 {
		r.log.Info("committed what an earlier process had prepared", "checkpoint", last.Epoch, "committables", len(last.Committables))
	}
	last.Committables = nil
	return last, nil
}

// without is c but for one committable.
func without(c *checkpoint.Checkpoint, gone checkpoint.Committable) *checkpoint.Checkpoint {
	c.Committables = slices.DeleteFunc(c.Committables, func(cm checkpoint.Committable) bool { return cm.ID == gone.ID })
	return c
}

// inspect looks for every committable of c. It returns the first that is missing, and whether one of c's own epoch has
// landed already.
func (r *Runner) inspect(ctx context.Context, c *checkpoint.Checkpoint) (missing *checkpoint.Committable, landed bool, err error) {
	for i, cm := range c.Committables {
		out, err := r.transactional(cm.Output)
		if err != nil {
			return nil, false, err
		}
		state, err := out.Inspect(ctx, committable(cm))
		if err != nil {
			return nil, false, fmt.Errorf("look for commit %s of %s: %w", cm.ID, cm.Target, err)
		}
		switch state {
		case Missing:
			if missing == nil {
				missing = &c.Committables[i]
			}
		case Committed:
			landed = landed || cm.Epoch == c.Epoch
		}
	}
	return missing, landed, nil
}

func (r *Runner) fallBack(ctx context.Context, last *checkpoint.Checkpoint, missing checkpoint.Committable, landed bool) (*checkpoint.Checkpoint, error) {
	lost := fmt.Errorf("checkpoint %d cannot be completed: what it prepared for %s (commit %s) is gone, and the commit is not in the target", last.Epoch, missing.Target, missing.ID)
	const out = "; bring the files back, or start with --fresh to write everything again as a new run"
	if landed {
		return nil, Permanent(fmt.Errorf("%w, while other targets have committed it%s", lost, out))
	}
	data, err := r.options.Store.LoadPrevious(ctx)
	if err != nil {
		return nil, errors.Join(lost, err)
	}
	if data == nil {
		return nil, Permanent(fmt.Errorf("%w, and there is no checkpoint before it%s", lost, out))
	}
	previous, err := checkpoint.Decode(data)
	if err != nil {
		return nil, errors.Join(lost, err)
	}
	if previous.Run != last.Run || previous.Generation != last.Generation {
		return nil, Permanent(fmt.Errorf("%w, and the checkpoint before it is of another run%s", lost, out))
	}
	again, _, err := r.inspect(ctx, previous)
	if err != nil {
		return nil, err
	}
	if again != nil {
		return nil, Permanent(fmt.Errorf("%w; the same is true of checkpoint %d%s", lost, previous.Epoch, out))
	}
	r.log.Warn("going back to the checkpoint before the last one", "reason", lost.Error(), "checkpoint", previous.Epoch)
	return previous, r.reopen(ctx, previous)
}

// reopen puts fresh outputs in the place of those that were opened for another checkpoint.
func (r *Runner) reopen(ctx context.Context, base *checkpoint.Checkpoint) error {
	for _, n := range r.outputs() {
		if err := n.Output.Close(ctx); err != nil {
			return fmt.Errorf("close %s: %w", n.Site.Path, err)
		}
		if ds := r.plan.rebuild(n); ds.HasErrors() {
			return DiagnosticsError{ds}
		}
	}
	return r.openOutputs(ctx, base)
}

// pin finds the schema of each input's records, in the order of the plan's inputs: the one of the checkpoint, else the
// declared or sampled one.
func (r *Runner) pin(ctx context.Context, c *checkpoint.Checkpoint) ([]*schemas.Schema, error) {
	all := make([]*schemas.Schema, len(r.plan.Inputs))
	for i, n := range r.plan.Inputs {
		s, err := n.pin(ctx, c)
		if err != nil {
			return nil, err
		}
		all[i] = s
	}
	return all, nil
}

func (n *Node) pin(ctx context.Context, c *checkpoint.Checkpoint) (*schemas.Schema, error) {
	in, ok := c.Inputs[n.Site.Path]
	if ok && len(in.Schema) > 0 && n.env.Declared == nil {
		s := &schemas.Schema{}
		if err := json.Unmarshal(in.Schema, s); err != nil {
			return nil, fmt.Errorf("read the pinned schema of checkpoint %d: %w", c.Epoch, err)
		}
		return s, nil
	}
	s, err := n.sample(ctx, false)
	if err != nil {
		return nil, fmt.Errorf("look at the first records of %s: %w", n.Site.Path, err)
	}
	if s.Open() {
		s = schemas.New(s.Fields()...) // an input without columns of its own to describe, and without records
	}
	return s, nil
}

// positions reads where each input goes on, and refuses those of another source. It is nil for all inputs of a new run.
func (r *Runner) positions(c *checkpoint.Checkpoint) ([]Positions, error) {
	all := make([]Positions, len(r.plan.Inputs))
	if len(c.Inputs) == 0 {
		return all, nil
	}
	if len(c.Inputs) != len(r.plan.Inputs) {
		return nil, Permanent(fmt.Errorf("the state holds positions of %d inputs, and the document has %d; put them back, or start anew with --fresh", len(c.Inputs), len(r.plan.Inputs)))
	}
	for i, n := range r.plan.Inputs {
		in, ok := c.Inputs[n.Site.Path]
		if !ok {
			return nil, Permanent(errors.New("the state holds positions of another input than the document has; put it back, or start anew with --fresh"))
		}
		if identity := n.identity(); in.Identity != identity {
			return nil, Permanent(fmt.Errorf("%s is another one than the state's positions belong to: it was %s, and is %s; "+
				"put it back to go on where it stopped, or start anew with --fresh", n.Site.Path, in.Identity, identity))
		}
		all[i] = Positions{}
		if err := json.Unmarshal(in.Positions, &all[i]); err != nil {
			return nil, fmt.Errorf("read the positions of checkpoint %d: %w", c.Epoch, err)
		}
	}
	return all, nil
}

func (n *Node) identity() string {
	if i, ok := n.Input.(Identified); ok {
		return i.Identity()
	}
	return n.Component.Name
}

func committable(c checkpoint.Committable) Committable {
	return Committable{Target: c.Target, ID: c.ID, Epoch: Epoch(c.Epoch), Data: c.Data}
}
