// Package heap keeps the process small: Go's collector lets a heap of 100 MiB grow to 200 before it looks, and batches and
// row groups are garbage within milliseconds.
package heap

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// every is how often the bound is looked at: live memory grows with tables and files, not from one batch to the next.
const every = time.Second

// Bound asks the collector to keep the process below bytes, and gives it room again when more than that is live: a bound
// below what is in use would only burn processor time. A user who set GOMEMLIMIT has decided, and is left alone. The
// returned function lifts the bound, and waits.
func Bound(bytes int64) (lift func()) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	before := debug.SetMemoryLimit(bytes)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				debug.SetMemoryLimit(limit(bytes, live()))
			case <-done:
				debug.SetMemoryLimit(before)
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

// limit leaves a quarter of what is live, and some, as room: the collector runs at most four times as often as without a
// bound.
func limit(bytes, live int64) int64 { return max(bytes, live+live/4+16<<20) }

// live is what the last collection found in use.
func live() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(sample[0].Value.Uint64())
}
