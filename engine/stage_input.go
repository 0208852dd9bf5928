package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// barrierRequest asks an input for a barrier between two batches.
type barrierRequest struct {
	epoch int64
	stop  bool
	final bool
}

// trigger says how much an input may read before a checkpoint is due.
type trigger struct{ bytes, rows int64 }

// inputStage reads one input.
type inputStage struct {
	stage
	node     *Node
	out      *Out
	next     *edge
	requests chan barrierRequest // one: a later request replaces one that was not met
	schema   *schemas.Schema     // of the last batch
	trigger  trigger
	since    trigger     // read since the last barrier
	due      bool        // said since the last barrier
	enough   atomic.Bool // nothing more is to be read
	ended    atomic.Bool
	held     atomic.Bool // until the next barrier
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
	s.since.bytes += b.Bytes()
	return s.next.send(ctx, s.node.qualified(b))
}

// Acquire implements Acquirer.
func (s *inputStage) Acquire(ctx context.Context, splits []string) error {
	return s.next.acquired(ctx, s.node.qualifyNames(splits))
}

// ask requests a barrier. It does not wait; its caller is one goroutine.
func (s *inputStage) ask(r barrierRequest) {
	select {
	case <-s.requests: // of an epoch that was given up
	default:
	}
	s.held.Store(false)
	s.requests <- r
}

// run reads until a barrier says stop, or ctx is done. At its end the input still answers requests.
func (s *inputStage) run(ctx context.Context) error {
	defer s.finish()
	defer s.next.close()
	for {
		r, asked, err := s.request(ctx)
		switch {
		case err != nil:
			return err
		case asked:
			if err := s.pass(ctx, r); err != nil || r.stop {
				return err
			}
		default:
			if err := s.read(ctx); err != nil {
				return err
			}
		}
	}
}

// request returns the barrier that is asked for; it waits for one only at the input's end and where the input is held.
func (s *inputStage) request(ctx context.Context) (r barrierRequest, asked bool, err error) {
	if s.ended.Load() || s.held.Load() {
		select {
		case r := <-s.requests:
			return r, true, nil
		case <-ctx.Done():
			return r, false, ctx.Err()
		}
	}
	select {
	case r := <-s.requests:
		return r, true, nil
	case <-ctx.Done():
		return r, false, ctx.Err()
	default:
		return r, false, nil
	}
}

// read takes what has arrived.
func (s *inputStage) read(ctx context.Context) error {
	before := s.out.account.Fate[Taken]
	err := io.EOF
	if !s.enough.Load() {
		err = s.node.call("reading", func() error { return s.node.Input.Read(ctx, s.out) })
	}
	s.counters.publish(s.out.account)
	if errors.Is(err, io.EOF) {
		s.ended.Store(true)
		s.coordinator.End()
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", s.path, err)
	}
	if err := failpoint.Hit(failpoint.InputRead); err != nil {
		return err
	}
	s.since.rows += s.out.account.Fate[Taken] - before
	reached := s.trigger.bytes > 0 && s.since.bytes >= s.trigger.bytes || s.trigger.rows > 0 && s.since.rows >= s.trigger.rows
	if reached && !s.due {
		s.due = true
		s.coordinator.Due()
	}
	return nil
}

func (s *inputStage) pass(ctx context.Context, r barrierRequest) error {
	positions, err := s.node.positions()
	if err != nil {
		return fmt.Errorf("take the position of %s: %w", s.path, err)
	}
	s.since, s.due = trigger{}, false
	b := Barrier{Epoch: Epoch(r.epoch), Positions: s.node.qualify(positions), Final: r.final, Stop: r.stop}
	if err := s.next.barrier(ctx, b); err != nil {
		return err
	}
	return s.ack(ctx, b, inputAck{account: s.out.account, positions: positions, schema: s.schema, sent: s.next.sent, final: r.final})
}
