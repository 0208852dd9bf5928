package lease_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shared is a lease in memory, as a bucket or a table keeps it.
type shared struct {
	mu   sync.Mutex
	seen lease.Seen
}

func newShared() *shared { return &shared{seen: lease.Seen{Free: true}} }

// process is one that wants the lease.
type process struct {
	*shared
	options lease.Options
	number  int64
	renewal *lease.Renewal
	down    bool // the place cannot be reached
}

func (p *process) Where() string { return "memory" }

func (p *process) Look(context.Context) (lease.Seen, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen, nil
}

func (p *process) Take(_ context.Context, seen lease.Seen) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if seen.Number != p.seen.Number || seen.Beat != p.seen.Beat {
		return false, nil
	}
	p.seen = lease.Seen{Holder: p.options.Holder, Number: seen.Number + 1, Beat: seen.Beat + 1, TTL: p.options.TTL}
	p.number = p.seen.Number
	return true, nil
}

func (p *process) renew(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.down:
		return errors.New("the place cannot be reached")
	case p.seen.Number != p.number:
		return lease.Overtaken("memory", p.seen)
	}
	p.seen.Beat++
	return nil
}

// start takes the lease and keeps it.
func (s *shared) start(ctx context.Context, name string) (*process, error) {
	p := &process{shared: s, options: lease.Options{TTL: 30 * time.Second, Holder: name}}
	if err := lease.Acquire(ctx, p.options, p); err != nil {
		return nil, err
	}
	p.renewal = lease.Renew(ctx, p.options, p.renew)
	return p, nil
}

func TestALivingHolderIsNotOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		first, err := s.start(t.Context(), "first")
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			time.Sleep(7 * time.Second)
			began := time.Now()
			_, err := s.start(t.Context(), "second")
			if !errors.Is(err, checkpoint.ErrLocked) || !strings.Contains(err.Error(), "first") {
				t.Fatalf("while the first lives the second gets %v", err)
			}
			if waited := time.Since(began); waited > 15*time.Second {
				t.Errorf("it took %v to see that the first is alive", waited)
			}
		}
		first.renewal.Close()
	})
}

func TestADeadHolderIsOvertakenWhenItsLeaseIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		first, err := s.start(t.Context(), "first")
		if err != nil {
			t.Fatal(err)
		}
		first.renewal.Close() // it dies
		began := time.Now()
		second, err := s.start(t.Context(), "second")
		if err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < 30*time.Second || waited > 40*time.Second {
			t.Errorf("a lease of 30s was taken over behind %v", waited)
		}
		second.renewal.Close()
	})
}

func TestAHolderThatWakesStopsRenewing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		first, err := s.start(t.Context(), "first")
		if err != nil {
			t.Fatal(err)
		}
		first.mu.Lock()
		first.down = true
		first.mu.Unlock()
		second, err := s.start(t.Context(), "second")
		if err != nil {
			t.Fatal(err)
		}
		first.mu.Lock()
		first.down = false
		first.mu.Unlock()
		time.Sleep(time.Minute)
		if s.seen.Holder != "second" || s.seen.Number != 2 {
			t.Errorf("the lease is %+v", s.seen)
		}
		first.renewal.Close()
		second.renewal.Close()
	})
}

func TestAShortOutageCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		first, err := s.start(t.Context(), "first")
		if err != nil {
			t.Fatal(err)
		}
		first.mu.Lock()
		first.down = true
		first.mu.Unlock()
		time.Sleep(15 * time.Second)
		first.mu.Lock()
		first.down = false
		first.mu.Unlock()
		if _, err := s.start(t.Context(), "second"); !errors.Is(err, checkpoint.ErrLocked) {
			t.Errorf("behind an outage of half a lease the second gets %v", err)
		}
		first.renewal.Close()
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		first, err := s.start(t.Context(), "first")
		if err != nil {
			t.Fatal(err)
		}
		first.renewal.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.start(ctx, "second"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a start that is cancelled gets %v", err)
		}
	})
}

// TestCloseWaitsForARenewal: when Close returns, nothing of the renewals runs any more.
func TestCloseWaitsForARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		r := lease.Renew(t.Context(), lease.Options{TTL: 30 * time.Second}, func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			ended = true
			return ctx.Err()
		})
		time.Sleep(12 * time.Second)
		r.Close()
		if !ended {
			t.Error("a renewal runs behind Close")
		}
	})
}

func TestARenewalHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		r := lease.Renew(t.Context(), lease.Options{TTL: 30 * time.Second}, func(ctx context.Context) error {
			tries++
			<-ctx.Done() // a server that swallows requests
			return ctx.Err()
		})
		time.Sleep(65 * time.Second)
		r.Close()
		if tries != 3 {
			t.Errorf("%d renewals in 65s; want 3, each ended by its deadline", tries)
		}
	})
}
