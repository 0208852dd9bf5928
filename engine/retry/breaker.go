package retry

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// BreakerConfig says when a breaker opens and for how long.
type BreakerConfig struct {
	Failures int           // it opens behind so many failures in a row
	Ratio    float64       // or when this share of the attempts of Window failed
	Least    int           // attempts of Window below which their share means nothing
	Window   time.Duration // how far back the share looks
	Cooldown time.Duration // how long it is open before one attempt is let through to see
}

// BreakerDefaults are those of every endpoint.
func BreakerDefaults() BreakerConfig {
	return BreakerConfig{Failures: 5, Ratio: 0.5, Least: 10, Window: 20 * time.Second, Cooldown: 5 * time.Second}
}

// Breaker leaves an endpoint alone that fails: while it is open, whoever wants to try waits. Behind the cooldown one attempt,
// the probe, is let through; all others wait for its outcome, which closes or opens it again. It is safe for concurrent
// use; all who talk to one endpoint share one.
type Breaker struct {
	config   BreakerConfig
	endpoint string
	began    time.Time // buckets count from here, on the monotonic clock

	mu      sync.Mutex
	row     int // failures in a row
	buckets [buckets]bucket
	open    bool
	until   time.Time     // while open: when a probe may go
	probing bool          // a probe is under way
	probed  chan struct{} // closed when its outcome is known
}

// buckets is how finely the window moves on.
const buckets = 20

// bucket counts the attempts of a twentieth of the window.
type bucket struct {
	number       int64 // of the twentieth since the breaker began
	good, failed int
}

// outcome is what an attempt says of its endpoint.
type outcome uint8

const (
	abandoned outcome = iota // nothing
	answered                 // it works, though it may have refused
	failed
)

// NewBreaker returns a closed breaker. endpoint names what it guards, for errors; no secrets.
func NewBreaker(endpoint string, c BreakerConfig) *Breaker {
	return &Breaker{config: c, endpoint: endpoint, began: time.Now(), probed: make(chan struct{})}
}

// acquire waits until an attempt may be made. Without an error, settle must follow; it is told whether this is the probe.
func (b *Breaker) acquire(ctx context.Context) (probe bool, err error) {
	for {
		b.mu.Lock()
		wait, probed := time.Until(b.until), b.probed
		switch {
		case !b.open:
			b.mu.Unlock()
			return false, nil
		case wait <= 0 && !b.probing:
			b.probing = true
			b.mu.Unlock()
			return true, nil
		}
		var cooled <-chan time.Time
		if !b.probing { // else its outcome comes first
			timer := time.NewTimer(wait)
			defer timer.Stop()
			cooled = timer.C
		}
		b.mu.Unlock()
		select {
		case <-cooled:
		case <-probed:
		case <-ctx.Done():
			return false, fmt.Errorf("%s is left alone, since it keeps failing: %w", b.endpoint, context.Cause(ctx))
		}
	}
}

// settle takes the outcome of an attempt that acquire allowed.
func (b *Breaker) settle(probe bool, what outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if probe {
		b.probing = false
		close(b.probed)
		b.probed = make(chan struct{})
		switch what {
		case answered:
			b.open, b.row, b.buckets = false, 0, [buckets]bucket{}
		case failed:
			b.until = now.Add(b.config.Cooldown)
		}
		return
	}
	if b.open || what == abandoned {
		return // one that began before it opened says nothing new
	}
	number := int64(now.Sub(b.began) / (b.config.Window / buckets))
	k := &b.buckets[number%buckets]
	if k.number != number {
		*k = bucket{number: number}
	}
	if what == answered {
		b.row = 0
		k.good++
		return
	}
	b.row++
	k.failed++
	if b.row >= b.config.Failures || b.mostlyFailed(number) {
		b.open, b.until = true, now.Add(b.config.Cooldown)
	}
}

// mostlyFailed reports whether too large a share of the window's attempts failed.
func (b *Breaker) mostlyFailed(number int64) bool {
	good, bad := 0, 0
	for _, k := range b.buckets {
		if number-k.number < buckets {
			good, bad = good+k.good, bad+k.failed
		}
	}
	return good+bad >= b.config.Least && float64(bad) >= b.config.Ratio*float64(good+bad)
}

// closedFor is how long no attempt is let through; zero when one is.
func (b *Breaker) closedFor() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return 0
	}
	return max(0, time.Until(b.until))
}
