package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/internal/failpoint"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// barrierRequest asks an input for a barrier between two batches.
type barrierRequest struct {
	epoch int64
	stop  bool
	final bool
}

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

// inputStage reads one input.
type inputStage struct {
	stage
	node     *Node
	out      *Out
	next     *edge
	requests chan barrierRequest // one: the coordinator takes one epoch at a time
	schema   *schemas.Schema     // of the last batch
	ended    atomic.Bool
}

// inputAck is an input's part of a checkpoint.
type inputAck struct {
	account   Account
	positions Positions
	schema    *schemas.Schema
	sent      int64
	final     bool
}

// Emit implements Sink.
func (s *inputStage) Emit(ctx context.Context, b *Batch) error {
	s.schema = b.Schema
	return s.next.send(ctx, b)
}

// run reads until the input ends, a barrier says stop, or ctx is done.
func (s *inputStage) run(ctx context.Context) error {
	defer s.finish()
	defer s.next.close()
	for {
		if s.ended.Load() {
			select {
			case r := <-s.requests:
				if err := s.pass(ctx, r); err != nil || r.stop {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		select {
		case r := <-s.requests:
			if err := s.pass(ctx, r); err != nil || r.stop {
				return err
			}
			continue
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		err := s.node.Input.Read(ctx, s.out)
		s.counters.publish(s.out.account)
		if errors.Is(err, io.EOF) {
			s.ended.Store(true)
			s.coordinator.End()
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", s.path, err)
		}
		if err := failpoint.Hit(failpoint.InputRead); err != nil {
			return err
		}
	}
}

func (s *inputStage) pass(ctx context.Context, r barrierRequest) error {
	positions, err := s.node.Input.Positions()
	if err != nil {
		return fmt.Errorf("take the position of %s: %w", s.path, err)
	}
	b := Barrier{Epoch: Epoch(r.epoch), Positions: positions, Final: r.final, Stop: r.stop}
	if err := s.next.barrier(ctx, b); err != nil {
		return err
	}
	return s.ack(ctx, b, inputAck{account: s.out.account, positions: positions, schema: s.schema, sent: s.next.sent, final: r.final})
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

	mu      sync.Mutex
	waiting int
	open    chan struct{} // closed when the barrier that edges wait at has passed
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
			if err := s.align(ctx, *it.barrier); err != nil {
				return err
			}
			continue
		}
		s.mu.Lock()
		err = errors.Join(s.write(ctx, it.batch), failpoint.Hit(failpoint.DeadLetterWrite))
		s.mu.Unlock()
		e.free(it)
		if err != nil {
			return err
		}
	}
}

// align waits until the barrier has arrived on every edge. The last edge makes the dead letter durable: until then no
// edge brings a row of the next epoch.
func (s *deadStage) align(ctx context.Context, b Barrier) error {
	s.mu.Lock()
	s.waiting++
	if s.waiting < len(s.edges) {
		open := s.open
		s.mu.Unlock()
		select {
		case <-open:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer s.mu.Unlock()
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
	if err := s.ack(ctx, b, outputAck{account: s.out.account, prepared: p, received: received, dead: true}); err != nil {
		return err
	}
	s.waiting = 0
	close(s.open)
	s.open = make(chan struct{})
	return nil
}
