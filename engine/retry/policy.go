package retry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Policy repeats what failed. The zero Policy with Defaults waits as documents do that say nothing. It is a value, safe for
// concurrent use when its hooks are.
type Policy struct {
	Config
	Attempts int            // most attempts; 0 for any number
	Timeout  time.Duration  // of one attempt; 0 for none, where the attempt brings its own
	Breaker  *Breaker       // of the endpoint that the attempts go to; nil for none
	Observe  func(Attempt)  // told of every attempt that is repeated; may be nil
	Random   func() float64 // in [0, 1); the runtime's when nil
}

// Attempt is one that failed and will be repeated.
type Attempt struct {
	Number  int // from 1
	Err     error
	Wait    time.Duration // until the next one
	Elapsed time.Duration // since the first one began
}

// Log tells log of every attempt that is repeated: a warning with what was tried, such as "commit again", and args.
func Log(log *slog.Logger, what string, args ...any) func(Attempt) {
	return func(a Attempt) {
		log.With(args...).Warn(what, "attempt", a.Number, "next_in", a.Wait.Round(time.Millisecond), "error", a.Err)
	}
}

// longestAfter bounds what a peer may ask for: an absurd Retry-After must not stop a pipeline for a day.
const longestAfter = 5 * time.Minute

// Do calls try until it succeeds, its error is permanent, the policy gives up or ctx is done. It waits first while the
// breaker leaves the endpoint alone. The error wraps the last attempt's; when ctx ended it, also the reason of ctx.
func (p Policy) Do(ctx context.Context, try func(ctx context.Context) error) error {
	began := time.Now()
	var last error
	for attempt := 1; ; attempt++ {
		probe, err := p.admit(ctx, began)
		if err != nil {
			switch {
			case ctx.Err() != nil:
				return stopped(ctx, last)
			case last == nil:
				return err
			default:
				return gaveUp(attempt-1, began, last)
			}
		}
		err = p.once(ctx, probe, try)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return stopped(ctx, err)
		case ClassOf(err) == Hopeless:
			return err
		}
		last = err
		wait := p.wait(attempt, err)
		if attempt == p.Attempts || p.MaxElapsed > 0 && time.Since(began)+wait > p.MaxElapsed {
			return gaveUp(attempt, began, err)
		}
		if p.Observe != nil {
			p.Observe(Attempt{Number: attempt, Err: err, Wait: wait, Elapsed: time.Since(began)})
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return stopped(ctx, err)
		}
	}
}

// admit waits for the breaker, at most until the policy gives up.
func (p Policy) admit(ctx context.Context, began time.Time) (probe bool, err error) {
	if p.Breaker == nil {
		return false, nil
	}
	if p.MaxElapsed > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, began.Add(p.MaxElapsed))
		defer cancel()
	}
	return p.Breaker.acquire(ctx)
}

// once makes one attempt. Whatever becomes of it, the breaker learns of it.
func (p Policy) once(ctx context.Context, probe bool, try func(context.Context) error) (err error) {
	what := abandoned // should try panic
	defer func() {
		if p.Breaker != nil {
			p.Breaker.settle(probe, what)
		}
	}()
	within := ctx
	if p.Timeout > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, p.Timeout)
		defer cancel()
	}
	err = try(within)
	switch {
	case err != nil && ctx.Err() != nil: // neither good nor bad: nobody waits for the answer any more
	case err == nil || ClassOf(err) == Hopeless: // the endpoint has answered
		what = answered
	default:
		what = failed
	}
	if errors.Is(err, context.DeadlineExceeded) && within.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("no answer within %s: %w", p.Timeout, err)
	}
	return err
}

// wait is how long to wait behind a failed attempt: the policy's pause, what the peer asks for, or until the breaker lets
// the next one through, whichever is longest.
func (p Policy) wait(attempt int, err error) time.Duration {
	wait := p.pause(attempt, p.Random)
	if ClassOf(err) == Throttle {
		wait += min(after(err), longestAfter) // on top of it: others were asked to come back then, too
	}
	if p.Breaker != nil {
		wait = max(wait, p.Breaker.closedFor())
	}
	return wait
}

func stopped(ctx context.Context, last error) error {
	if last == nil {
		return context.Cause(ctx)
	}
	if errors.Is(last, context.Cause(ctx)) {
		return last
	}
	return fmt.Errorf("%w; not tried again: %w", last, context.Cause(ctx))
}

func gaveUp(attempts int, began time.Time, last error) error {
	return fmt.Errorf("gave up after %d attempts in %s: %w", attempts, time.Since(began).Round(time.Millisecond), last)
}
