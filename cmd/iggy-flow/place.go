package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/stores"
)

// place is where state is kept, as flags say it.
type place struct {
	state string
	lease time.Duration
}

func (p *place) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.state, "state", "", "`PLACE` of the checkpoints: a directory, s3://BUCKET/PREFIX?endpoint=URL&region=NAME&path_style=true, or postgres://HOST/DATABASE; "+
		"of several documents, its subfolders or their like (default: the directory $XDG_STATE_HOME/iggy-flow/NAME-HASH)")
	c.Flags().DurationVar(&p.lease, "state-lease", lease.TTL, "how long a process that holds state in S3 or PostgreSQL may be silent before another takes over")
}

// address is the place of one document's state, or of the pipeline of a name where no document is given.
func (p *place) address(name, document string, several bool) (stores.Address, error) {
	text := p.state
	if text == "" {
		dir, err := checkpoint.DefaultDirectory(name, document)
		if err != nil {
			return stores.Address{}, exitError{exitFailure, err}
		}
		text, several = dir, false
	}
	a, err := stores.Parse(text, name, several)
	if err != nil {
		return a, usage("--state: %w", err)
	}
	return a, nil
}

// open takes hold of a plan's state. Behind shared splits there is none: any number of replicas may run in one place.
func (p *place) open(ctx context.Context, plan *engine.Plan, several bool, log *slog.Logger) (checkpoint.Store, error) {
	if plan.Shared() {
		return checkpoint.None{}, nil
	}
	d := plan.Document
	a, err := p.address(d.Name, d.Path, several)
	if err != nil {
		return nil, err
	}
	return p.hold(ctx, a, log.With("pipeline", d.Name))
}

// hold opens the state at a for this process alone.
func (p *place) hold(ctx context.Context, a stores.Address, log *slog.Logger) (checkpoint.Mender, error) {
	if p.lease < time.Second {
		return nil, usage("--state-lease %s: expected a second at least", p.lease)
	}
	s, err := a.Open(ctx, lease.Options{TTL: p.lease, Log: log})
	if err != nil {
		return nil, exitError{exitFailure, err}
	}
	return s, nil
}
