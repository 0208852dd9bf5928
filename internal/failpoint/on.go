//go:build failpoint

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// action is what happens at one hit of a point.
type action struct {
	what string
	at   int64 // the hit, from 1
	hits atomic.Int64
}

// armed holds what the environment asks for. It is read once: the environment of a process does not change.
var armed = sync.OnceValue(func() map[Point]*action {
	actions, err := parse(os.Getenv(Variable))
	if err != nil {
		fmt.Fprintf(os.Stderr, "iggy-flow: %s: %v\n", Variable, err)
		os.Exit(2)
	}
	return actions
})

// parse reads entries such as `input.read=kill@3`; without @ the first hit is meant.
func parse(text string) (map[Point]*action, error) {
	actions := map[Point]*action{}
	for entry := range strings.SplitSeq(text, ",") {
		if entry == "" {
			continue
		}
		name, rest, ok := strings.Cut(entry, "=")
		if !ok {
			return nil, fmt.Errorf("%q: expected POINT=ACTION or POINT=ACTION@HIT", entry)
		}
		p, err := find(name)
		if err != nil {
			return nil, err
		}
		a := &action{at: 1}
		var at string
		if a.what, at, ok = strings.Cut(rest, "@"); ok {
			if a.at, err = strconv.ParseInt(at, 10, 64); err != nil || a.at < 1 {
				return nil, fmt.Errorf("%q: the hit is %q; expected a whole number from 1", entry, at)
			}
		}
		switch a.what {
		case "kill", "stop", "error", "pause":
		default:
			return nil, fmt.Errorf("%q: the action is %q; expected kill, stop, error or pause", entry, a.what)
		}
		actions[p] = a
	}
	return actions, nil
}

func find(name string) (Point, error) {
	for p, n := range names {
		if n == name {
			return Point(p), nil
		}
	}
	return 0, fmt.Errorf("%q is no failpoint; there are %s", name, strings.Join(names[:], ", "))
}

// Hit does what the environment asks for at p: kill ends the process by SIGKILL, stop halts it by SIGSTOP until SIGCONT
// comes, pause halts the calling goroutine for good, and error returns an *Error. It is safe for concurrent use.
func Hit(p Point) error {
	a := armed()[p]
	if a == nil || a.hits.Add(1) != a.at {
		return nil
	}
	switch a.what {
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // nothing is left to report to
		select {}
	case "stop":
		return syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case "pause":
		select {}
	default:
		return &Error{p}
	}
}
