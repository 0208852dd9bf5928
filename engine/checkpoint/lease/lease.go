package lease

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// TTL is how long a holder may be silent, unless the user says otherwise.
const TTL = 30 * time.Second

// looks is how often one who waits looks while a lease lasts; the holder renews renewals times.
const (
	looks    = 5
	renewals = 3
)

// Options say how a lease is taken and kept. The zero value is what a process wants.
type Options struct {
	TTL    time.Duration // how long this holder may be silent before others take over
	Holder string        // who this is, for people; HOST/PID when empty
	Log    *slog.Logger  // nil discards

	// Tick is the wait before the next renewal, Pause the one before the next look at the lease of another. They are
	// time.After and a select on it when nil.
	Tick  func(time.Duration) <-chan time.Time
	Pause func(ctx context.Context, d time.Duration) error
}

// WithDefaults fills in what is not set.
func (o Options) WithDefaults() Options {
	if o.TTL <= 0 {
		o.TTL = TTL
	}
	if o.Holder == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "unknown host"
		}
		o.Holder = fmt.Sprintf("%s/%d", host, os.Getpid())
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Tick == nil {
		o.Tick = time.After
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	return o
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Seen is a lease as it was looked at.
type Seen struct {
	Holder string        // empty when it was given back
	Number int64         // raised by each one who takes it
	Beat   int64         // raised by each renewal
	TTL    time.Duration // as its holder wants it
	Free   bool          // given back, or lapsed by the clock of the place that keeps it
}

// Place keeps a lease.
type Place interface {
	// Look returns the lease; a place that never had one returns a free one.
	Look(ctx context.Context) (Seen, error)

	// Take makes this process the holder if the lease is still as seen, and reports whether it was.
	Take(ctx context.Context, seen Seen) (bool, error)

	// Where names the place for messages; no secrets.
	Where() string
}

// Acquire takes the lease of p. One that another process holds is watched for as long as it lasts: when it is renewed
// meanwhile, the error wraps checkpoint.ErrLocked and names the holder; when not, its holder is dead, and is overtaken.
func Acquire(ctx context.Context, o Options, p Place) error {
	o = o.WithDefaults()
	first, err := p.Look(ctx)
	if err != nil {
		return err
	}
	seen := first
	if !seen.Free {
		o.Log.Info("another process holds the state; waiting whether it is alive", "holder", seen.Holder, "lease", seen.TTL, "state", p.Where())
	}
	// One look more than a lease lasts, so that the last wait is never cut short by the first one's answer being late.
	for range looks + 1 {
		if seen.Free {
			break
		}
		if err := o.Pause(ctx, first.TTL/looks); err != nil {
			return fmt.Errorf("wait for the lease of %s: %w", first.Holder, err)
		}
		if seen, err = p.Look(ctx); err != nil {
			return err
		}
		if !seen.Free && (seen.Number != first.Number || seen.Beat != first.Beat) {
			return locked(p, seen)
		}
	}
	taken, err := p.Take(ctx, seen)
	if err != nil {
		return err
	}
	if !taken {
		if seen, err = p.Look(ctx); err != nil {
			return err
		}
		return locked(p, seen)
	}
	if seen.Holder != "" {
		o.Log.Warn("took the state over from a process that is silent", "holder", seen.Holder, "state", p.Where())
	}
	return nil
}

func locked(p Place, seen Seen) error {
	return fmt.Errorf("%w (%s): %s; stop it, or choose another place with --state", checkpoint.ErrLocked, seen.Holder, p.Where())
}

// Overtaken is the error of whoever finds that another one holds the lease of where.
func Overtaken(where string, by Seen) error {
	who := by.Holder
	if who == "" {
		who = "a process that has ended since"
	}
	return fmt.Errorf("%w (%s): %s; this one was silent for longer than its lease lasts, and must not go on", checkpoint.ErrOvertaken, who, where)
}

// isOvertaken reports whether no renewal makes sense any more.
func isOvertaken(err error) bool { return errors.Is(err, checkpoint.ErrOvertaken) }
