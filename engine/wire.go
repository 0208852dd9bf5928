package engine

import (
	"context"
	"fmt"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// wire makes the stages and edges of the plan: inputs, where they meet, processors, output, and behind all of them the
// dead letter.
func (r *Runner) wire() {
	r.mu.Lock() // Status and Stop may be called already
	defer r.mu.Unlock()
	plan := r.plan
	cp := plan.Document.Checkpoint
	r.coordinator = checkpoint.NewCoordinator(checkpoint.Config{
		Store: checkpoint.NewPatient(r.options.Store, r.log), Pipeline: r, Interval: cp.Interval, CommitInterval: cp.CommitInterval, Timeout: cp.Timeout,
		MaxCommits: cp.MaxCommits, Stages: r.stages(), Inputs: len(plan.Inputs), Epoch: r.from.Epoch, Log: r.log,
	})
	plan.ask = r.coordinator.Ask
	if r.stopping {
		r.coordinator.Stop() // asked for before there was anything to stop
	}
	if plan.DeadLetter != nil {
		r.dead = &deadStage{outputStage: outputStage{stage: r.stage(plan.DeadLetter.Site.Path, nil), node: plan.DeadLetter, bound: plan.DeadLetter.In.Columns}}
		r.dead.out = NewOut(plan.DeadLetter.Site, lastResort{})
	}
	r.watchRatio()
	r.wireInputs()
	if len(plan.Chain.nodes) > 0 {
		from := r.inputs[0].next
		if r.combine != nil {
			from = r.combine.to
		}
		to := newEdge("processors", plan.Output.Site.Path, edgeBytes)
		r.chain = &chainStage{stage: r.stage("processors", r.deadEdge(plan.Chain.nodes[0])), chain: plan.Chain, from: from, to: to}
		r.chain.out = NewOut(Site{Path: "processors"}, sink{r.rejector(r.chain.dead), to.send})
	}
	r.output = &outputStage{stage: r.stage(plan.Output.Site.Path, r.deadEdge(plan.Output)), node: plan.Output, bound: plan.Output.In.Columns}
	r.output.out = NewOut(plan.Output.Site, sink{r.rejector(r.output.dead), r.never})
	if r.dead != nil {
		r.dead.align = newAligner(len(r.dead.edges))
	}
}

// stages is how many acks complete an epoch.
func (r *Runner) stages() int {
	n := len(r.plan.Inputs) + 1
	for _, there := range []bool{r.plan.Input.Combiner != nil, len(r.plan.Chain.nodes) > 0, r.plan.DeadLetter != nil} {
		if there {
			n++
		}
	}
	return n
}

func (r *Runner) wireInputs() {
	plan := r.plan
	cp := plan.Document.Checkpoint
	r.inputs, r.combine = nil, nil
	limit := int64(edgeBytes / len(plan.Inputs)) // the edge behind a combiner is a whole one
	for _, n := range plan.Inputs {
		in := &inputStage{
			stage: r.stage(n.Site.Path, r.deadEdge(n)), node: n, next: newEdge(n.Site.Path, plan.Output.Site.Path, limit),
			requests: make(chan barrierRequest, 1), schema: n.Out.Columns, trigger: trigger{int64(cp.Bytes), int64(cp.Rows)},
		}
		in.enough.Store(r.ending)
		in.out = NewOut(n.Site, inputSink{r.rejector(in.dead), in})
		r.inputs = append(r.inputs, in)
	}
	if plan.Input.Combiner == nil {
		return
	}
	r.combine = &combineStage{
		stage: r.stage(plan.Input.Site.Path, nil), combiner: plan.Input.Combiner, log: r.log, align: newAligner(len(r.inputs)),
		to: newEdge(plan.Input.Site.Path, plan.Output.Site.Path, edgeBytes),
	}
	for _, in := range r.inputs {
		r.combine.from = append(r.combine.from, in.next)
		r.combine.shapes = append(r.combine.shapes, in.node.Out)
	}
}

// inputSink joins an input's stage, for what it emits, and a rejector.
type inputSink struct {
	*rejector
	*inputStage
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
	d := r.plan.Document
	return &rejector{
		pipeline: d.Name, document: d.Version(), mem: r.plan.options.Mem, edge: dead, now: r.options.Now,
		redact: d.Scope.Redact, ratio: r.ratio,
	}
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
