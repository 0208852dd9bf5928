package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/retry"
)

// tried says how often the rows of a batch were given to their target, and since when.
type tried struct {
	times int
	since time.Time
}

// deliver hands b to the output until each of its rows is written or rejected. It reports whether the target refused the
// batch, or a part of it, as a whole. It takes b.
//
// Rows keep their order: no row is given to the output before those in front of it are done, but for rows that failed
// alone, which their batch could not wait for.
func (s *outputStage) deliver(ctx context.Context, b *Batch, before tried) (refused bool, err error) {
	b, before, err = s.repeat(ctx, b, before)
	defer b.Release()
	why, refused := errors.AsType[*refusedError](err)
	if !refused {
		return false, err
	}
	return true, s.bisect(ctx, b, before, why)
}

// bisect finds the rows of b, which the target has refused, that it refuses alone: they are rejected, the others written.
// For one such row of n that is at most 2*log2(n)+1 writes. It borrows b.
func (s *outputStage) bisect(ctx context.Context, b *Batch, before tried, why *refusedError) error {
	if b.Len() == 1 {
		return s.out.Reject(ctx, b, []Rejection{{Code: why.code, Message: why.Error(), Attempts: before.times, Since: before.since}})
	}
	half := b.Len() / 2
	refused, err := s.deliver(ctx, b.Slice(0, half), before)
	if err != nil {
		return err
	}
	rest := b.Slice(half, b.Len())
	if refused || rest.Len() == 1 {
		_, err = s.deliver(ctx, rest, before)
		return err
	}
	// What was refused lies in the second half: to write it as a whole would be in vain.
	defer rest.Release()
	return s.bisect(ctx, rest, before, why)
}

// repeat writes b, and those rows of it again that failed for a reason that may pass. It takes b and returns what the
// error is about, owned; a refusal is one of the errors.
func (s *outputStage) repeat(ctx context.Context, b *Batch, before tried) (*Batch, tried, error) {
	if before.times == 0 {
		before.since = s.node.env.Now()
	}
	policy := retry.Policy{Config: retry.Defaults()}
	if r, ok := s.node.Output.(Retrying); ok {
		policy = r.Retry()
	}
	if policy.Observe == nil {
		policy.Observe = retry.Log(s.node.env.Log, "write rows again")
	}
	var final error
	err := policy.Do(ctx, func(ctx context.Context) error {
		before.times++
		err := s.try(ctx, b)
		partial, ok := partOf(err)
		if !ok {
			final = err
			return nil
		}
		rest, err := b.Take(ctx, s.node.env.Mem, partial.Rows)
		if err != nil {
			final = err
			return nil
		}
		b.Release()
		b = rest
		return fmt.Errorf("%d rows: %w", len(partial.Rows), partial.Err)
	})
	if err == nil {
		err = final
	}
	return b, before, err
}

// try hands b to the output once, and checks that it has counted no row that is to come again. It borrows b.
func (s *outputStage) try(ctx context.Context, b *Batch) error {
	counted := s.out.account.done()
	b.Retain() // Write takes its batch; its rows may be needed again
	err := s.node.call("writing", func() error { return s.node.Output.Write(ctx, b, s.out) })
	open := 0
	if partial, ok := partOf(err); ok {
		if open = len(partial.Rows); open == 0 {
			return bug("%s failed without a row that did: %v", s.path, err)
		}
	} else if _, refused := errors.AsType[*refusedError](err); refused {
		open = b.Len()
	}
	if counted = s.out.account.done() - counted; open > 0 && counted > int64(b.Len()-open) {
		return bug("%s counted %d rows of %d, of which %d are to come again: %v", s.path, counted, b.Len(), open, err)
	}
	return err
}

// done is how many rows of an output's account have met their fate.
func (a Account) done() int64 { return a.Fate[Delivered] + a.Fate[Dropped] + a.Rejected }

func bug(format string, args ...any) error {
	return Permanent(fmt.Errorf(format+": this is a bug in iggy-flow, please report it", args...))
}
