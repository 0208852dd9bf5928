package ledger

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// StopFigures are what a run of clean stops shows.
type StopFigures struct {
	Stops   int           // within the deadline, by SIGTERM under load
	Longest time.Duration // from the signal to the end
	Lines   int64         // of the sources
	Reads   int64         // lines that all processes together have read; those above Lines were read again
	Counts  Counts
}

// String is a report for people.
func (f StopFigures) String() string {
	return fmt.Sprintf("%d clean stops, the longest took %s; %d lines read for %d written\n  %s\n", f.Stops, f.Longest.Round(time.Millisecond), f.Reads, f.Lines, f.Counts)
}

// loadSpan is how long a process works before it is stopped.
const loadSpan = 80 * time.Millisecond

// Stop sends SIGTERM to processes of a scenario while they work, stops times, and adds up what they have read. An error
// is a stop that failed: its deadline passed, or the next start did not go on.
func Stop(t testing.TB, program string, s Scenario, stops int, seed uint64, until time.Time) (f StopFigures, err error) {
	t.Helper()
	r, err := newRun(t, program, s, seed)
	if err != nil {
		return f, err
	}
	for f.Stops < stops && time.Now().Before(until) {
		if err := r.begin(); err != nil {
			return f, err
		}
		for over := false; !over; {
			if over, err = r.stop(&f); err != nil {
				return f, err
			}
		}
		f.Lines += s.Source.lines()
		if err := r.end(); err != nil {
			return f, err
		}
	}
	f.Counts = r.figures.Counts
	return f, nil
}

// stop lives one life, and reports whether the source was at its end.
func (r *run) stop(f *StopFigures) (over bool, err error) {
	p, err := r.pipeline.Start()
	if err != nil {
		return false, err
	}
	working(r.pipeline.State, p)
	select {
	case <-time.After(time.Duration(r.random.Int64N(int64(loadSpan)))):
	case <-p.Done():
	}
	asked := time.Now()
	p.Signal(syscall.SIGTERM)
	end := p.Wait()
	if end != Finished && end != Stopped {
		return false, fmt.Errorf("after %d clean stops one failed:\n%s", f.Stops, p.Output())
	}
	reads, err := readBy(p.Output())
	if err != nil {
		return false, err
	}
	f.Reads += reads
	if end == Stopped {
		f.Stops++
		f.Longest = max(f.Longest, time.Since(asked))
	}
	return end == Finished, nil
}

// working returns when the process holds its state, or has ended: from there on it takes signals.
func working(state string, p *Process) {
	tick := time.NewTicker(time.Millisecond) // the event is in another process: there is nothing to wait on
	defer tick.Stop()
	for {
		holder, err := os.ReadFile(filepath.Join(state, "lock"))
		if err == nil && strings.TrimSpace(string(holder)) == strconv.Itoa(p.Pid()) {
			return
		}
		select {
		case <-p.Done():
			return
		case <-tick.C:
		}
	}
}

var readLine = regexp.MustCompile(`(?m)^ +in +([0-9,]+) `)

// readBy is how many records a process says in its summary that it has read.
func readBy(output string) (int64, error) {
	m := readLine.FindStringSubmatch(output)
	if m == nil {
		return 0, fmt.Errorf("no summary says how much was read:\n%s", output)
	}
	return strconv.ParseInt(strings.ReplaceAll(m[1], ",", ""), 10, 64)
}

// Begin starts a process of a scenario and returns when it holds its state. The caller waits for its end.
func Begin(t testing.TB, program string, s Scenario) (*Process, Pipeline, error) {
	t.Helper()
	r, err := newRun(t, program, s, 0)
	if err != nil {
		return nil, Pipeline{}, err
	}
	if err := r.begin(); err != nil {
		return nil, Pipeline{}, err
	}
	p, err := r.pipeline.Start()
	if err == nil {
		working(r.pipeline.State, p)
	}
	return p, r.pipeline, err
}
