package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// maxCommits is how many targets are committed at a time.
const maxCommits = 8

// Barrier implements checkpoint.Pipeline.
func (r *Runner) Barrier(epoch int64, stop bool) {
	r.epoch = epoch
	request := barrierRequest{epoch: epoch, stop: stop, final: stop && r.ended()}
	for _, in := range r.inputs {
		in.ask(request)
	}
}

// Hold implements checkpoint.Pipeline.
func (r *Runner) Hold() {
	for _, in := range r.inputs {
		in.held.Store(true)
	}
}

// Seal implements checkpoint.Pipeline: it checks the sums of the epoch and joins its parts.
func (r *Runner) Seal(epoch int64, acks, aborted []checkpoint.Ack) (*checkpoint.Checkpoint, error) {
	if err := balance(acks); err != nil {
		return nil, err
	}
	c := &checkpoint.Checkpoint{
		Pipeline: r.from.Pipeline, Document: r.from.Document, Run: r.from.Run, Generation: r.from.Generation, Epoch: epoch,
		Inputs: map[string]checkpoint.Input{}, Outputs: map[string][]byte{}, Previous: r.from.Previous, Recovered: r.from.Recovered,
		Replaced: map[string]string{}, Time: r.options.Now(),
	}
	r.mu.Lock()
	maps.Copy(c.Replaced, r.replaced)
	r.mu.Unlock()
	for _, a := range aborted {
		if v, ok := a.Value.(outputAck); ok {
			c.Committables = append(c.Committables, committables(a, v)...)
		}
	}
	for _, a := range acks {
		switch v := a.Value.(type) {
		case inputAck:
			in, err := inputOf(r.plan.inputAt(a.Stage), v.schema, v.positions)
			if err != nil {
				return nil, err
			}
			c.Inputs[a.Stage], c.Final = in, v.final
		case chainAck:
			c.States = v.states
		case outputAck:
			if v.prepared.State != nil {
				c.Outputs[a.Stage] = v.prepared.State
			}
			c.Committables = append(c.Committables, committables(a, v)...)
		}
	}
	r.checkRatio(acks)
	return c, nil
}

// committables are those of one output's ack, which may be of an epoch that was given up.
func committables(a checkpoint.Ack, v outputAck) (cs []checkpoint.Committable) {
	for _, p := range v.prepared.Committables {
		cs = append(cs, checkpoint.Committable{Output: a.Stage, Target: p.Target, ID: p.ID, Epoch: a.Epoch, Data: p.Data})
	}
	return cs
}

// Commit implements checkpoint.Pipeline: targets beside each other, each one's epochs in order.
func (r *Runner) Commit(ctx context.Context, c *checkpoint.Checkpoint, cs []checkpoint.Committable) error {
	type key struct{ output, target string }
	var order []key
	groups := map[key][]Committable{}
	for _, cm := range cs {
		k := key{cm.Output, cm.Target}
		if _, known := groups[k]; !known {
			order = append(order, k)
		}
		groups[k] = append(groups[k], committable(cm))
	}
	r.mu.Lock()
	told := r.told.Clone()
	r.mu.Unlock()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(maxCommits)
	for _, k := range order {
		out, err := r.transactional(k.output)
		if err != nil {
			return err
		}
		g.Go(func() error {
			if err := r.commitTarget(ctx, out, groups[k], told); err != nil {
				return fmt.Errorf("%s: %w", k.target, err)
			}
			return failpoint.Hit(failpoint.CommitTarget)
		})
	}
	return g.Wait()
}

// commitTarget tries until it succeeds, the error is permanent or ctx is done: an unavailable target holds the pipeline
// up and loses nothing.
func (r *Runner) commitTarget(ctx context.Context, out TransactionalOutput, cs []Committable, told Positions) error {
	p := retry.Policy{Config: retry.Defaults(), Observe: retry.Log(r.log, "commit again", "target", cs[0].Target)}
	return p.Do(ctx, func(ctx context.Context) (err error) {
		defer guard(r.log, "the output for "+cs[0].Target, "committing", &err)
		return out.Commit(ctx, cs, told)
	})
}

// Told implements checkpoint.Pipeline.
func (r *Runner) Told(ctx context.Context, c *checkpoint.Checkpoint) error {
	for _, n := range r.plan.Inputs {
		at := Positions{}
		if err := json.Unmarshal(c.Inputs[n.Site.Path].Positions, &at); err != nil {
			return fmt.Errorf("read positions: %w", err)
		}
		if err := failpoint.Hit(failpoint.InputTold); err != nil {
			return err
		}
		if err := n.told(ctx, at); err != nil {
			return fmt.Errorf("commit %s: %w", n.Site.Path, err)
		}
		r.mu.Lock()
		r.told.Raise(n.qualify(at))
		r.mu.Unlock()
	}
	r.note(func(s *Status) { s.Epoch, s.CheckpointAt = Epoch(c.Epoch), c.Time })
	return nil
}
