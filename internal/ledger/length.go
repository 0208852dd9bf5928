package ledger

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// Length says how long the tests of this package run, by the environment.
type Length struct {
	Seed uint64    // CRASH_SEED: a run with the same one draws the same kills
	Full bool      // CRASH_SECONDS is set: by hand, for figures; otherwise in CI
	End  time.Time // no kill begins behind it
}

// The seed of CI, and how long one of its runs may take: a machine that is too slow fails instead of hanging.
const (
	ciSeed  = 20260101
	ciLimit = 4 * time.Minute
)

// LengthOf reads CRASH_SECONDS and CRASH_SEED.
func LengthOf(t testing.TB) Length {
	t.Helper()
	l := Length{Seed: ciSeed, End: time.Now().Add(ciLimit)}
	if text := os.Getenv("CRASH_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("CRASH_SEED: %v", err)
		}
		l.Seed = n
	}
	if text := os.Getenv("CRASH_SECONDS"); text != "" {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			t.Fatalf("CRASH_SECONDS: %v", err)
		}
		l.Full, l.End = true, time.Now().Add(time.Duration(n)*time.Second)
	}
	return l
}
