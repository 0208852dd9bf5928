package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/internal/failpoint"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// counters are what a stage shows to others while it runs.
type counters struct{ in, out, filtered, rejected atomic.Int64 }

func (c *counters) publish(a Account) {
	c.in.Store(a.In + a.Fate[Taken])
	c.out.Store(a.Emitted + a.Fate[Delivered])
	c.filtered.Store(a.Fate[Filtered] + a.Fate[Dropped])
	c.rejected.Store(a.Rejected)
}

// stage is what every stage has.
type stage struct {
	path        string
	coordinator *checkpoint.Coordinator
	dead        *edge // to the dead letter; nil without one
	counters    counters
}

// ack hands a stage's part of an epoch in, and the barrier on to the dead letter, which lies behind every stage.
func (s *stage) ack(ctx context.Context, b Barrier, value any) error {
	if s.dead != nil {
		if err := s.dead.barrier(ctx, b); err != nil {
			return err
		}
	}
	return s.coordinator.Ack(ctx, checkpoint.Ack{Stage: s.path, Epoch: int64(b.Epoch), Value: value})
}

func (s *stage) finish() {
	if s.dead != nil {
		s.dead.close()
	}
}

// chainStage runs the processors between an input and an output.
type chainStage struct {
	stage
	chain    *Chain
	out      *Out
	from, to *edge
}

// chainAck is a chain's part of a checkpoint.
type chainAck struct {
	account        Account // of the chain as a whole
	parts          []partAccount
	states         map[string][]byte
	received, sent int64
}

// partAccount is the account of one processor of a chain.
type partAccount struct {
	site    Site
	account Account
	held    int64
}

// run works until its input ends.
func (s *chainStage) run(ctx context.Context) error {
	defer s.finish()
	defer s.to.close()
	for {
		it, ok, err := s.from.receive(ctx)
		switch {
		case err != nil:
			return err
		case !ok:
			return nil
		case it.barrier != nil:
			if err := s.pass(ctx, *it.barrier); err != nil {
				return err
			}
			continue
		case it.acquired != nil:
			if err := s.to.acquired(ctx, it.acquired); err != nil {
				return err
			}
			continue
		}
		s.out.Receive(it.batch.Len())
		err = s.chain.Process(ctx, it.batch, s.out)
		s.from.free(it)
		s.counters.publish(s.out.account)
		if err != nil {
			return err
		}
	}
}

func (s *chainStage) pass(ctx context.Context, b Barrier) error {
	states, err := s.chain.snapshot()
	if err != nil {
		return err
	}
	if err := s.to.barrier(ctx, b); err != nil {
		return err
	}
	return s.ack(ctx, b, chainAck{account: s.out.account, parts: s.chain.accounts(), states: states, received: s.from.received, sent: s.to.sent})
}

// outputStage writes to one output, the dead letter's included.
type outputStage struct {
	stage
	node  *Node
	out   *Out
	bound *schemas.Schema
}

// outputAck is an output's part of a checkpoint.
type outputAck struct {
	account  Account
	prepared Prepared
	received int64
	dead     bool
}

// write hands one batch to the output. It takes b.
func (s *outputStage) write(ctx context.Context, b *Batch) error {
	if b.Schema != s.bound {
		if ds := s.node.Output.Bind(Shape{Columns: b.Schema, Meta: s.node.In.Meta}); ds.HasErrors() {
			b.Release()
			return DiagnosticsError{ds}
		}
		s.bound = b.Schema
	}
	s.out.Receive(b.Len())
	_, err := s.deliver(ctx, b, tried{})
	s.counters.publish(s.out.account)
	if err != nil {
		return fmt.Errorf("write to %s: %w", s.path, err)
	}
	return nil
}

// settle makes what was written durable, as far as the output can.
func (s *outputStage) settle(ctx context.Context, b Barrier) (p Prepared, err error) {
	defer guard(s.node.env.Log, s.path, "making rows durable", &err)
	if t, ok := s.node.Output.(TransactionalOutput); ok {
		if p, err = t.Prepare(ctx, b, s.out); err != nil {
			return p, fmt.Errorf("prepare epoch %d of %s: %w", b.Epoch, s.path, err)
		}
		if err := failpoint.Hit(failpoint.OutputPrepared); err != nil {
			return p, err
		}
	} else if err = s.node.Output.Flush(ctx, s.out); err != nil {
		return p, fmt.Errorf("flush %s at epoch %d: %w", s.path, b.Epoch, err)
	}
	s.counters.publish(s.out.account)
	return p, nil
}

// run writes what from carries until it ends.
func (s *outputStage) run(ctx context.Context, from *edge) error {
	defer s.finish()
	for {
		it, ok, err := from.receive(ctx)
		switch {
		case err != nil:
			return err
		case !ok:
			return nil
		case it.barrier != nil:
			p, err := s.settle(ctx, *it.barrier)
			if err != nil {
				return err
			}
			// Behind settle: a row that was rejected while it was prepared belongs to this epoch.
			if err := s.ack(ctx, *it.barrier, outputAck{account: s.out.account, prepared: p, received: from.received}); err != nil {
				return err
			}
			continue
		case it.acquired != nil:
			if p, ok := s.node.Output.(Positioned); ok {
				p.Acquired(it.acquired)
			}
			continue
		}
		err = s.write(ctx, it.batch)
		from.free(it)
		if err != nil {
			return err
		}
	}
}

// deadStage is the output behind all others: it takes the dead-letter edges of every stage and aligns on their barriers.
type deadStage struct {
	outputStage
	edges []*edge
	align *aligner
}

// serve takes one edge until it ends; the others are served beside it.
func (s *deadStage) serve(ctx context.Context, e *edge) error {
	for {
		it, ok, err := e.receive(ctx)
		switch {
		case err != nil:
			return err
		case !ok:
			return nil
		case it.barrier != nil:
			if err := s.align.arrive(ctx, *it.barrier, func(b Barrier) error { return s.pass(ctx, b) }); err != nil {
				return err
			}
			continue
		}
		s.align.Lock()
		err = errors.Join(s.write(ctx, it.batch), failpoint.Hit(failpoint.DeadLetterWrite))
		s.align.Unlock()
		e.free(it)
		if err != nil {
			return err
		}
	}
}

// pass makes the dead letter durable; it is called under the lock, by the edge on which the barrier came in last.
func (s *deadStage) pass(ctx context.Context, b Barrier) error {
	p, err := s.settle(ctx, b)
	if err != nil {
		return err
	}
	if err := failpoint.Hit(failpoint.DeadLetterPrepared); err != nil {
		return err
	}
	var received int64
	for _, e := range s.edges {
		received += e.received
	}
	return s.ack(ctx, b, outputAck{account: s.out.account, prepared: p, received: received, dead: true})
}
