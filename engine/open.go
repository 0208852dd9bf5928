package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// openOutputs opens every output for what base says of it.
func (r *Runner) openOutputs(ctx context.Context, base *checkpoint.Checkpoint) error {
	r.start = Start{
		Identity: Identity{Pipeline: base.Pipeline, Run: base.Run, Generation: base.Generation},
		Epoch:    Epoch(base.Epoch), Lost: Epoch(base.Recovered), Takeover: r.options.Takeover, Replaced: base.Replaced, Replace: r.replace,
		// What cannot be read again is never kept for a final barrier that a stop or crash may take away.
		Bounded: r.plan.Bounded() && r.plan.replayable(), Replica: r.options.Replica, Shared: r.plan.Shared(),
	}
	for _, n := range r.outputs() {
		start := r.start
		if n == r.plan.Output {
			start.Addition = r.options.Addition
		}
		start.State, start.Previous = base.Outputs[n.Site.Path], base.Previous[n.Site.Path]
		if err := n.call("opening", func() error { return n.Output.Open(ctx, start) }); err != nil {
			return fmt.Errorf("open %s: %w", n.Site.Path, err)
		}
	}
	return nil
}

// openInputs pins the schemas, binds every component to them and seeks. A new run's schemas are stored before any target
// can see a record of it.
func (r *Runner) openInputs(ctx context.Context, base *checkpoint.Checkpoint, at []Positions) error {
	pinned, err := r.pin(ctx, base)
	if err != nil {
		return err
	}
	if ds := r.plan.Bind(pinned); ds.HasErrors() {
		return DiagnosticsError{ds}
	}
	if err := r.repeats(base); err != nil {
		return err
	}
	if err := r.plan.Chain.restore(base.States); err != nil {
		return Permanent(err)
	}
	fresh := map[string]checkpoint.Input{}
	for i, n := range r.plan.Inputs {
		if err := r.openInput(ctx, n, pinned[i], at[i]); err != nil {
			return err
		}
		if at[i] != nil {
			continue
		}
		positions, err := n.positions()
		if err != nil {
			return fmt.Errorf("take the first position of %s: %w", n.Site.Path, err)
		}
		if fresh[n.Site.Path], err = inputOf(n, pinned[i], positions); err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	base.Inputs = fresh
	return r.storeFirst(ctx, base)
}

func (r *Runner) openInput(ctx context.Context, n *Node, pinned *schemas.Schema, at Positions) error {
	if s, ok := n.Input.(SchemaSetter); ok {
		s.UseSchema(pinned)
	}
	if s, ok := n.Input.(MetaSetter); ok {
		s.UseMeta(r.plan.usedMeta(n))
	}
	if err := n.call("opening", func() error { return n.Input.Open(ctx, at) }); err != nil {
		return fmt.Errorf("open %s: %w", n.Site.Path, err)
	}
	if at == nil {
		return nil
	}
	return n.told(ctx, at)
}

// storeFirst stores checkpoint 0 of a new run.
func (r *Runner) storeFirst(ctx context.Context, base *checkpoint.Checkpoint) error {
	base.Outputs = map[string][]byte{}
	for _, n := range r.outputs() {
		if i, ok := n.Output.(Initial); ok {
			base.Outputs[n.Site.Path] = i.Initial()
		}
	}
	base.Time = r.options.Now()
	data, err := base.Encode()
	if err != nil {
		return err
	}
	if err := r.options.Store.Save(ctx, data); err != nil {
		return fmt.Errorf("store the schema of the new run: %w", err)
	}
	return nil
}

// inputOf is what a checkpoint keeps of one input.
func inputOf(n *Node, schema *schemas.Schema, at Positions) (checkpoint.Input, error) {
	positions, err := json.Marshal(at)
	if err != nil {
		return checkpoint.Input{}, fmt.Errorf("encode positions: %w", err)
	}
	pinned, err := json.Marshal(schema)
	if err != nil {
		return checkpoint.Input{}, fmt.Errorf("encode schema: %w", err)
	}
	return checkpoint.Input{Identity: n.identity(), Positions: positions, Schema: pinned}, nil
}
