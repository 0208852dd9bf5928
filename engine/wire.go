package engine

import (
	"context"
	"fmt"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// wire makes the stages and edges of the plan: input, processors, output, and behind all of them the dead letter.
func (r *Runner) wire() {
	plan := r.plan
	stages := 2
	if len(plan.Chain.nodes) > 0 {
		stages++
	}
	if plan.DeadLetter != nil {
		stages++
	}
	r.mu.Lock() // Status and Stop may be called already
	defer r.mu.Unlock()
	r.coordinator = checkpoint.NewCoordinator(checkpoint.Config{
		Store: checkpoint.NewPatient(r.options.Store, r.log), Pipeline: r, Interval: plan.Document.Checkpoint.Interval,
		Stages: stages, Inputs: 1, Epoch: r.from.Epoch,
	})
	plan.ask = r.coordinator.Ask
	if r.stopping {
		r.coordinator.Stop() // asked for before there was anything to stop
	}

	if plan.DeadLetter != nil {
		r.dead = &deadStage{outputStage: outputStage{stage: r.stage(plan.DeadLetter.Site.Path, nil), node: plan.DeadLetter, bound: plan.DeadLetter.In.Columns}}
		r.dead.open = make(chan struct{})
		r.dead.out = NewOut(plan.DeadLetter.Site, lastResort{})
	}
	first := newEdge(plan.Input.Site.Path, plan.Output.Site.Path, edgeBytes)
	r.input = &inputStage{stage: r.stage(plan.Input.Site.Path, r.deadEdge(plan.Input)), node: plan.Input, next: first, requests: make(chan barrierRequest, 1), schema: plan.Schema}
	r.input.out = NewOut(plan.Input.Site, sink{r.rejector(r.input.dead), r.input.Emit})
	if len(plan.Chain.nodes) > 0 {
		to := newEdge("processors", plan.Output.Site.Path, edgeBytes)
		r.chain = &chainStage{stage: r.stage("processors", r.deadEdge(plan.Chain.nodes[0])), chain: plan.Chain, from: first, to: to}
		r.chain.out = NewOut(Site{Path: "processors"}, sink{r.rejector(r.chain.dead), to.send})
	}
	r.output = &outputStage{stage: r.stage(plan.Output.Site.Path, r.deadEdge(plan.Output)), node: plan.Output, bound: plan.Output.In.Columns}
	r.output.out = NewOut(plan.Output.Site, sink{r.rejector(r.output.dead), r.never})
}

func (r *Runner) stage(path string, dead *edge) stage {
	return stage{path: path, coordinator: r.coordinator, dead: dead}
}

// deadEdge adds an edge from a stage to the dead letter; nil without one.
func (r *Runner) deadEdge(from *Node) *edge {
	if r.dead == nil {
		return nil
	}
	e := newEdge(from.Site.Path, r.plan.DeadLetter.Site.Path, deadBytes)
	r.dead.edges = append(r.dead.edges, e)
	return e
}

func (r *Runner) rejector(dead *edge) *rejector {
	return &rejector{pipeline: r.plan.Document.Name, mem: r.plan.options.Mem, edge: dead, now: r.options.Now}
}

// never is what an output emits to.
func (r *Runner) never(_ context.Context, b *Batch) error {
	b.Release()
	return fmt.Errorf("an output emitted a batch: this is a bug in iggy-flow")
}

// sink joins a way out and a rejector.
type sink struct {
	*rejector
	emit func(context.Context, *Batch) error
}

// Emit implements Sink.
func (s sink) Emit(ctx context.Context, b *Batch) error { return s.emit(ctx, b) }

// lastResort is the sink of the dead letter itself: a row that it rejects has nowhere to go, and the pipeline stops.
type lastResort struct{}

// Emit implements Sink.
func (lastResort) Emit(_ context.Context, b *Batch) error {
	b.Release()
	return fmt.Errorf("the dead letter emitted a batch: this is a bug in iggy-flow")
}

// Reject implements Sink.
func (lastResort) Reject(_ context.Context, at Site, b *Batch, rows []Rejection) error {
	split, ordinal := b.Origin.At(rows[0].Row)
	return Permanent(fmt.Errorf("the dead letter %s rejected record %d of %s: %s [%s]; nothing is lost: mend it and run again",
		at.Path, ordinal+1, split, rows[0].Message, rows[0].Code))
}

// RejectRaw implements Sink.
func (lastResort) RejectRaw(_ context.Context, at Site, rows []RawRejection) error {
	return Permanent(fmt.Errorf("the dead letter %s rejected record %d of %s: %s", at.Path, rows[0].Ordinal+1, rows[0].Split, rows[0].Message))
}
