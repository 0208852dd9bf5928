package iggy_test

import (
	"os"
	"runtime"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// openFiles counts this process's descriptors.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc here")
	}
	return len(entries)
}

// TestFault49ReconnectingLeaksNothing: a server that hangs up after every answer is polled 1,000 times; goroutines and files
// stay as they are.
func TestFault49ReconnectingLeaksNothing(t *testing.T) {
	f := startFake(t, func(c *fakeConn, r wire.Request) (wire.Reply, error) {
		if r.Command() != wire.PollMessages {
			return nil, nil
		}
		if _, err := c.Write(frameOf(t, stored(0, 1, "x"))); err != nil {
			return nil, err
		}
		return nil, errHangUp
	})
	client := dial(t, f.config())
	var b iggy.Batch
	reconnect := func(n int) {
		for range n {
			if err := client.Poll(within(t), poll(1), &b); err != nil {
				t.Fatal(err)
			}
			if b.Len() != 1 {
				t.Fatalf("%d messages", b.Len())
			}
		}
		f.settle(client.Session())
	}
	reconnect(10)
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	reconnect(1000)
	// A connection that was hung up on may be found dead only by the next call.
	if n, m := runtime.NumGoroutine(), openFiles(t); n > goroutines+4 || m > files+4 {
		t.Errorf("goroutines went from %d to %d, files from %d to %d", goroutines, n, files, m)
	}
	if client.Session() < 1000 {
		t.Errorf("only %d sessions", client.Session())
	}
}
