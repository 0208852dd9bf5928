package ledger

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// StallFigures are what a stalled output shows.
type StallFigures struct {
	Stalled time.Duration
	Peak    int64 // bytes of anonymous memory that the process had resident, at most
	Samples int
	Counts  Counts
}

// String is a report for people.
func (f StallFigures) String() string {
	return fmt.Sprintf("stalled for %s: at most %.1f MiB of anonymous memory in %d samples\n  %s\n",
		f.Stalled.Round(time.Second), float64(f.Peak)/(1<<20), f.Samples, f.Counts)
}

// sampleEvery is how often the memory of a stalled process is looked at.
const sampleEvery = 20 * time.Millisecond

// Stall runs a pipeline into a named pipe whose reader takes a first line, nothing for a while, and then the rest.
func Stall(t testing.TB, program string, source Source, stalled time.Duration) (f StallFigures, err error) {
	t.Helper()
	s := Scenario{Name: "file to a named pipe", Source: source}
	s.Document = "name: crash\ninput:\n  file: in.ndjson\n  schema: " + Schema + "\noutput: {file: out.ndjson}\ncheckpoint: {interval: 100ms}\n"
	r, err := newRun(t, program, s, 0)
	if err != nil {
		return f, err
	}
	if err := r.begin(); err != nil {
		return f, err
	}
	pipe := filepath.Join(r.pipeline.Dir, "out.ndjson")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		return f, fmt.Errorf("make a named pipe: %w", err)
	}
	r.pipeline.Lifetime = lifetime + stalled
	p, err := r.pipeline.Start()
	if err != nil {
		return f, err
	}
	out, err := os.Open(pipe) // waits for the writer
	if err != nil {
		return f, errors.Join(err, p.end(unix.SIGKILL))
	}
	defer out.Close() // only read
	l := source.Ledger(nil)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if l.counts.Rows == 0 {
			if err := f.watch(p, stalled); err != nil {
				return f, errors.Join(err, p.end(unix.SIGKILL))
			}
		}
		row := Record{}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			row.Sum = -1 // corrupted
		}
		l.Found("out", row)
	}
	if end := p.Wait(); end != Finished {
		return f, fmt.Errorf("the pipeline did not drain:\n%s", p.Output())
	}
	f.Counts = l.Counts()
	return f, lines.Err()
}

// watch looks at the memory of p for a while.
func (f *StallFigures) watch(p *Process, stalled time.Duration) error {
	began := time.Now()
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for f.Stalled = 0; f.Stalled < stalled; f.Stalled = time.Since(began) {
		bytes, err := p.anonymous()
		if err != nil {
			return err
		}
		f.Peak = max(f.Peak, bytes)
		f.Samples++
		select {
		case <-p.Done():
			return errors.New("the pipeline ended while nobody took its rows")
		case <-tick.C:
		}
	}
	return nil
}

var rssAnon = regexp.MustCompile(`(?m)^RssAnon:\s+(\d+) kB$`)

// anonymous is how many bytes of anonymous memory the process has resident.
func (p *Process) anonymous() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid()))
	if err != nil {
		return 0, fmt.Errorf("look at the memory of the pipeline: %w", err)
	}
	m := rssAnon.FindSubmatch(status)
	if m == nil {
		return 0, errors.New("look at the memory of the pipeline: /proc has no RssAnon")
	}
	kib, err := strconv.ParseInt(string(m[1]), 10, 64)
	return kib << 10, err
}
