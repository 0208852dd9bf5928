package retry_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/engine/retry"
)

// once is a policy that tries a single time, so that only the breaker decides when.
func once(b *retry.Breaker) retry.Policy {
	return retry.Policy{Config: retry.Defaults(), Attempts: 1, Breaker: b}
}

func down(context.Context) error { return errDown }
func up(context.Context) error   { return nil }

func TestTheBreakerOpensBehindFiveFailuresInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := retry.NewBreaker("127.0.0.1:9", retry.BreakerDefaults())
		began := time.Now()
		for _, try := range []func(context.Context) error{down, down, down, down, up, down, down, down, down, down} {
			_ = once(b).Do(t.Context(), try)
		}
		if time.Since(began) != 0 {
			t.Fatalf("an endpoint that has not failed five times in a row was left alone for %s", time.Since(began))
		}
		if err := once(b).Do(t.Context(), up); err != nil || time.Since(began) != 5*time.Second {
			t.Errorf("the probe came after %s: %v", time.Since(began), err)
		}
		if err := once(b).Do(t.Context(), up); err != nil || time.Since(began) != 5*time.Second {
			t.Errorf("a probe that succeeds closes the breaker; the next attempt came after %s: %v", time.Since(began), err)
		}
	})
}

func TestTheBreakerOpensWhenHalfOfTheWindowFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := retry.NewBreaker("127.0.0.1:9", retry.BreakerDefaults())
		began := time.Now()
		for range 5 {
			_ = once(b).Do(t.Context(), up)
		}
		time.Sleep(25 * time.Second) // what is out of the window no longer counts
		for range 5 {
			_ = once(b).Do(t.Context(), up)
			time.Sleep(time.Second)
			_ = once(b).Do(t.Context(), down)
		}
		_ = once(b).Do(t.Context(), up)
		if got := time.Since(began); got != 35*time.Second {
			t.Errorf("an attempt behind ten, half of which failed, was made at %s; want 35s", got)
		}
	})
}

func TestOneProbeGoesAndTheOthersWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := retry.NewBreaker("127.0.0.1:9", retry.BreakerDefaults())
		for range 5 {
			_ = once(b).Do(t.Context(), down)
		}
		began := time.Now()
		var under, most, calls atomic.Int64
		var g errgroup.Group
		for range 8 {
			g.Go(func() error {
				return once(b).Do(t.Context(), func(context.Context) error {
					n := calls.Add(1)
					most.Store(max(most.Load(), under.Add(1)))
					defer under.Add(-1)
					time.Sleep(time.Second)
					if n == 1 {
						return errDown // the first probe fails: another cooldown
					}
					return nil
				})
			})
		}
		time.Sleep(11*time.Second - 1) // 5 of cooldown, 1 of the probe, 5 of cooldown
		synctest.Wait()
		if calls.Load() != 1 || most.Load() != 1 {
			t.Errorf("%d attempts, %d at a time, were made at an endpoint that fails", calls.Load(), most.Load())
		}
		if err := g.Wait(); !errors.Is(err, errDown) {
			t.Errorf("the failed probe's caller got %v", err)
		}
		// The second probe ends at 12 s; the six that waited for it go at once, together.
		if got := time.Since(began); got != 13*time.Second || calls.Load() != 8 {
			t.Errorf("%d attempts within %s", calls.Load(), got)
		}
	})
}

func TestAProbeThatPanicsDoesNotHoldTheOthersUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := retry.NewBreaker("127.0.0.1:9", retry.BreakerDefaults())
		for range 5 {
			_ = once(b).Do(t.Context(), down)
		}
		func() {
			defer func() { _ = recover() }()
			_ = once(b).Do(t.Context(), func(context.Context) error { panic("a bug") })
		}()
		if err := once(b).Do(t.Context(), up); err != nil {
			t.Error(err)
		}
	})
}

func TestWaitingForTheBreakerEndsWithThePolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := retry.BreakerDefaults()
		c.Cooldown = time.Hour
		b := retry.NewBreaker("127.0.0.1:9", c)
		for range 5 {
			_ = once(b).Do(t.Context(), down)
		}
		p := once(b)
		p.MaxElapsed = time.Minute
		began := time.Now()
		err := p.Do(t.Context(), up)
		if err == nil || !strings.Contains(err.Error(), "127.0.0.1:9 is left alone") || time.Since(began) != time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

// TestARefusalIsAnAnswer: an endpoint that says no works.
func TestARefusalIsAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := retry.NewBreaker("127.0.0.1:9", retry.BreakerDefaults())
		began := time.Now()
		for range 20 {
			_ = once(b).Do(t.Context(), func(context.Context) error { return retry.Permanent(errDown) })
		}
		if time.Since(began) != 0 {
			t.Errorf("an endpoint that answers was left alone for %s", time.Since(began))
		}
	})
}

// TestALateFailureDoesNotSpeakForTheProbe: an attempt that began before the breaker opened ends while the probe is under
// way.
func TestALateFailureDoesNotSpeakForTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := retry.NewBreaker("127.0.0.1:9", retry.BreakerDefaults())
		var g errgroup.Group
		g.Go(func() error {
			_ = once(b).Do(t.Context(), func(context.Context) error { time.Sleep(6 * time.Second); return errDown })
			return nil
		})
		synctest.Wait()
		for range 5 {
			_ = once(b).Do(t.Context(), down)
		}
		began := time.Now()
		if err := once(b).Do(t.Context(), func(context.Context) error { time.Sleep(2 * time.Second); return nil }); err != nil {
			t.Error(err)
		}
		if err := once(b).Do(t.Context(), up); err != nil || time.Since(began) != 7*time.Second {
			t.Errorf("the next attempt came after %s: %v", time.Since(began), err)
		}
		_ = g.Wait()
	})
}
