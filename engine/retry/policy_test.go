package retry_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine/retry"
)

var errDown = errors.New("connection refused")

// nearlyOne makes every pause as long as it can be.
func nearlyOne() float64 { return 1 - 1e-12 }

func TestPausesDoubleUpToTheLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		p := retry.Policy{Config: retry.Defaults(), Attempts: 12, Random: nearlyOne}
		p.Observe = func(a retry.Attempt) { waits = append(waits, a.Wait.Round(time.Millisecond)) }
		tries := 0
		err := p.Do(t.Context(), func(context.Context) error { tries++; return errDown })
		if !errors.Is(err, errDown) || !strings.Contains(err.Error(), "after 12 attempts") || tries != 12 {
			t.Errorf("%d attempts, then %v", tries, err)
		}
		var want []time.Duration
		for _, ms := range []int{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000} {
			want = append(want, time.Duration(ms)*time.Millisecond)
		}
		if diff := cmp.Diff(want, waits); diff != "" {
			t.Errorf("pauses (-want +got):\n%s", diff)
		}
	})
}

// TestJitterIsFull: any pause between none and the bound may come, and none beyond it, however often it has failed.
func TestJitterIsFull(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rapid.Float64Range(0, 1).Draw(t, "random")
		c := retry.Config{Base: time.Duration(rapid.Int64Range(1, 1<<40).Draw(t, "base")), Max: time.Duration(rapid.Int64Range(1, 1<<50).Draw(t, "max"))}
		attempt := rapid.IntRange(1, 200).Draw(t, "attempt")
		bound := c.Base
		for range attempt - 1 {
			bound = min(2*bound, c.Max)
		}
		bound = min(bound, c.Max)
		if got, want := retry.Pause(c, attempt, func() float64 { return random }), time.Duration(random*float64(bound)); got != want {
			t.Errorf("attempt %d of %+v pauses %s; want %s", attempt, c, got, want)
		}
	})
}

func TestWhatNoRetryCuresIsNotRetried(t *testing.T) {
	p := retry.Policy{Config: retry.Defaults()}
	tries := 0
	err := p.Do(t.Context(), func(context.Context) error { tries++; return retry.Permanent(errDown) })
	if !retry.IsPermanent(err) || tries != 1 {
		t.Errorf("%d attempts, then %v", tries, err)
	}
}

func TestItGivesUpBeforeMaxElapsedIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p := retry.Policy{Config: retry.Config{Base: time.Second, Max: time.Minute, MaxElapsed: 10 * time.Second}, Random: nearlyOne}
		err := p.Do(t.Context(), func(context.Context) error { return errDown })
		if elapsed := time.Since(began).Round(time.Second); elapsed != 7*time.Second || !strings.Contains(err.Error(), "gave up after 4 attempts") {
			t.Errorf("after %s: %v", elapsed, err) // 1 + 2 + 4; another 8 would be too late
		}
	})
}

func TestAPeerThatNamesATimeIsLeftAloneUntilThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			status int
			header string
			want   time.Duration
		}{
			{http.StatusServiceUnavailable, time.Now().Add(40 * time.Second).UTC().Format(http.TimeFormat), 40 * time.Second},
			{http.StatusTooManyRequests, "7", 7 * time.Second},
			{http.StatusTooManyRequests, "86400", 5 * time.Minute}, // an absurd wish
			{http.StatusTooManyRequests, "soon", 0},
			{http.StatusBadGateway, "", 0},
		} {
			began, tries := time.Now(), 0
			p := retry.Policy{Config: retry.Defaults(), Random: func() float64 { return 0 }}
			err := p.Do(t.Context(), func(context.Context) error {
				if tries++; tries == 2 {
					return nil
				}
				return retry.HTTP(test.status, http.Header{"Retry-After": {test.header}}, errDown)
			})
			if got := time.Since(began); err != nil || got != test.want {
				t.Errorf("%d with Retry-After %q: asked again after %s, want %s; %v", test.status, test.header, got, test.want, err)
			}
		}
	})
}

func TestStatusesThatNoRetryCures(t *testing.T) {
	for status, want := range map[int]retry.Class{400: retry.Hopeless, 401: retry.Hopeless, 404: retry.Hopeless, 408: retry.Transient, 409: retry.Hopeless,
		425: retry.Transient, 429: retry.Throttle, 500: retry.Transient, 501: retry.Hopeless, 502: retry.Transient, 503: retry.Throttle, 504: retry.Transient} {
		if got := retry.ClassOf(retry.HTTP(status, nil, errDown)); got != want {
			t.Errorf("status %d is of class %d; want %d", status, got, want)
		}
	}
}

func TestAnAttemptWithoutAnswerEndsInTimeAndIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p := retry.Policy{Config: retry.Defaults(), Attempts: 2, Timeout: 30 * time.Second, Random: func() float64 { return 0 }}
		err := p.Do(t.Context(), func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if got := time.Since(began); got != time.Minute || !strings.Contains(err.Error(), "no answer within 30s") {
			t.Errorf("after %s: %v", got, err)
		}
	})
}

func TestWhoeverStopsDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("the pipeline stops")
		ctx, cancel := context.WithCancelCause(t.Context())
		began := time.Now()
		p := retry.Policy{Config: retry.Defaults(), Random: nearlyOne, Observe: func(a retry.Attempt) {
			if a.Number == 3 {
				cancel(stop)
			}
		}}
		err := p.Do(ctx, func(context.Context) error { return errDown })
		if !errors.Is(err, stop) || !errors.Is(err, errDown) || time.Since(began) > 301*time.Millisecond {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}
