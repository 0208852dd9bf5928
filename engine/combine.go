package engine

import (
	"context"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Combiner joins several inputs to one stream. Each of them runs in a stage of its own, has positions of its own, and
// emits its own barriers, which are aligned where the streams meet.
type Combiner interface {
	// Inputs lists the inputs, in document order. None of them is a combiner.
	Inputs() []*Node

	// Bind returns the shape of the joined stream for inputs of the given shapes. It is called as Processor.Bind is.
	Bind(in []Shape) (Shape, source.Diagnostics)

	// Fit makes a batch of input i one of the shape that Bind returned last. It takes b and returns an owned batch.
	Fit(ctx context.Context, i int, b *Batch) (*Batch, error)
}

// combineStage joins the streams of several inputs.
type combineStage struct {
	stage
	combiner Combiner
	log      *slog.Logger
	from     []*edge
	to       *edge
	align    *aligner
	shapes   []Shape // of the inputs, as bound last
	emitted  int64
}

// combineAck is a combiner's part of a checkpoint.
type combineAck struct{ received, sent, emitted int64 }

// run works until every input's stream has ended.
func (s *combineStage) run(ctx context.Context) error {
	defer s.finish()
	defer s.to.close()
	g, ctx := errgroup.WithContext(ctx)
	for i := range s.from {
		g.Go(func() error { return s.serve(ctx, i) })
	}
	return g.Wait()
}

// serve joins the stream of one input.
func (s *combineStage) serve(ctx context.Context, i int) error {
	from := s.from[i]
	for {
		it, ok, err := from.receive(ctx)
		switch {
		case err != nil:
			return err
		case !ok:
			return nil
		case it.barrier != nil:
			err = s.align.arrive(ctx, *it.barrier, func(b Barrier) error { return s.pass(ctx, b) })
		case it.acquired != nil:
			err = s.to.acquired(ctx, it.acquired)
		default:
			err = s.join(ctx, i, it.batch)
			from.free(it)
		}
		if err != nil {
			return err
		}
	}
}

// join passes one batch on. It takes b.
func (s *combineStage) join(ctx context.Context, i int, b *Batch) (err error) {
	defer guard(s.log, s.path, "joining its inputs", &err)
	s.align.Lock()
	defer s.align.Unlock()
	if b.Schema != s.shapes[i].Columns {
		s.shapes[i].Columns = b.Schema
		if _, ds := s.combiner.Bind(s.shapes); ds.HasErrors() {
			b.Release()
			return DiagnosticsError{ds}
		}
	}
	fitted, err := s.combiner.Fit(ctx, i, b)
	if err != nil {
		return err
	}
	s.emitted += int64(fitted.Len())
	return s.to.send(ctx, fitted)
}

// pass hands the barrier on; it is called under the lock, by the stream on which it came in last.
func (s *combineStage) pass(ctx context.Context, b Barrier) error {
	if err := s.to.barrier(ctx, b); err != nil {
		return err
	}
	var received int64
	for _, e := range s.from {
		received += e.received
	}
	return s.ack(ctx, b, combineAck{received: received, sent: s.to.sent, emitted: s.emitted})
}

// bindInputs binds the combiner, or passes the shape of the only input on.
func (p *Plan) bindInputs() (Shape, source.Diagnostics) {
	if p.Input.Combiner == nil {
		return p.Input.Out, nil
	}
	shapes := make([]Shape, len(p.Inputs))
	for i, n := range p.Inputs {
		shapes[i] = n.Out
	}
	out, ds := p.Input.Combiner.Bind(shapes)
	p.Input.Out = out
	return out, ds
}
