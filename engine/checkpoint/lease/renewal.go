package lease

import (
	"context"
	"sync"
	"time"
)

// Renewal renews a lease in the background.
type Renewal struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// Renew calls renew three times in the time that the lease lasts, until Close or until it finds that another process has
// taken over. One that fails otherwise is tried again at the next time: whether that was too late shows when something is
// saved.
func Renew(ctx context.Context, o Options, renew func(ctx context.Context) error) *Renewal {
	o = o.WithDefaults()
	r := &Renewal{}
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.done.Go(func() { keep(ctx, o, renew) })
	return r
}

func keep(ctx context.Context, o Options, renew func(ctx context.Context) error) {
	every := o.TTL / renewals
	for {
		select {
		case <-o.Tick(every):
		case <-ctx.Done():
			return
		}
		err := attempt(ctx, every, renew)
		switch {
		case err == nil, ctx.Err() != nil:
		case isOvertaken(err):
			o.Log.Error("the state is no longer this process's; it ends with its next checkpoint", "error", err)
			return
		default:
			o.Log.Warn("the lease of the state could not be renewed", "next_in", every, "error", err)
		}
	}
}

func attempt(ctx context.Context, timeout time.Duration, renew func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return renew(ctx)
}

// Close ends the renewals and waits for the one under way.
func (r *Renewal) Close() {
	r.cancel()
	r.done.Wait()
}
