package engine

import (
	"context"
	"errors"
	"fmt"
)

// storedOnly is where splits begin while no output is open.
func storedOnly(_ context.Context, splits []string, stored Positions) (Positions, error) {
	at := Positions{}
	for _, s := range splits {
		if p, ok := stored[s]; ok {
			at[s] = p
		}
	}
	return at, nil
}

// begin is Env.Begin of a run.
func (r *Runner) begin(ctx context.Context, splits []string, stored Positions) (Positions, error) {
	at, err := storedOnly(ctx, splits, stored)
	if err != nil {
		return nil, err
	}
	for _, n := range r.outputs() {
		p, ok := n.Output.(Positioned)
		if !ok {
			continue
		}
		told, err := p.Told(ctx, splits)
		if err != nil {
			return nil, fmt.Errorf("read the positions of %s: %w", n.Site.Path, err)
		}
		for split, t := range told {
			var known *Position
			if have, ok := at[split]; ok {
				known = &have
			}
			at[split] = *Begin(known, t)
		}
	}
	return at, nil
}

// work runs the stages. Behind shared splits it begins again when another replica has moved a position: everything that
// is not committed is thrown away, nothing is told, and the splits that are still owned are read again.
func (r *Runner) work(ctx context.Context) error {
	for {
		err := r.run(ctx)
		if !errors.Is(err, ErrThrownBack) || !r.plan.Shared() {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err() // it does not matter any more
		}
		r.log.Warn("reading again what another replica has moved; nothing of it was committed here", "reason", err)
		r.note(func(s *Status) { s.ThrownBack++ })
		if err := r.rewind(ctx); err != nil {
			return err
		}
	}
}

// rewind brings outputs, processors and inputs to where the last commit left them. Every stage has returned.
func (r *Runner) rewind(ctx context.Context) error {
	for _, n := range r.outputs() {
		if p, ok := n.Output.(Positioned); ok {
			if err := p.Discard(ctx); err != nil {
				return fmt.Errorf("discard what %s has open: %w", n.Site.Path, err)
			}
		}
	}
	r.plan.Chain.reset()
	r.mu.Lock()
	r.count(&r.status) // the stages of the next turn begin at zero
	r.coordinator = nil
	r.from.Epoch = r.epoch // names of files are of an epoch, and are not used twice
	r.mu.Unlock()
	for _, n := range r.plan.Inputs {
		if s, ok := n.Input.(SharedInput); ok {
			if err := s.Rewind(ctx); err != nil {
				return fmt.Errorf("rewind %s: %w", n.Site.Path, err)
			}
		}
	}
	return nil
}
