package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/iggy-flow/iggy-flow/engine"
)

// How often progress is shown: often enough on a terminal to be alive, seldom enough in a log to be read.
const (
	terminalEvery = 500 * time.Millisecond
	lineEvery     = 10 * time.Second
)

// progress shows how far running documents are: on a terminal as lines that are overwritten, else as a plain line now and
// then.
type progress struct {
	out      io.Writer
	jobs     []started
	terminal bool
	began    time.Time

	mu    sync.Mutex
	drawn int // lines on the terminal that the next picture overwrites
	last  map[int]sample
	ended time.Time
}

// sample is what a rate is computed from.
type sample struct {
	at         time.Time
	rows, size int64
}

func newProgress(out io.Writer, jobs []started) *progress {
	p := &progress{out: out, jobs: jobs, began: time.Now(), last: map[int]sample{}}
	if f, ok := out.(*os.File); ok {
		p.terminal = term.IsTerminal(int(f.Fd()))
	}
	return p
}

// begin shows progress until the returned function is called, which waits for the last line.
func (p *progress) begin() (stop func()) {
	every := lineEvery
	if p.terminal {
		every = terminalEvery
	}
	done, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.draw()
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-finished }
}

// end takes the picture off the terminal and stops the clock.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = time.Now()
	p.erase()
}

// since is how long the documents ran.
func (p *progress) since() time.Duration { return p.ended.Sub(p.began) }

func (p *progress) erase() {
	if p.drawn > 0 {
		fmt.Fprintf(p.out, "\x1b[%dA\x1b[J", p.drawn)
		p.drawn = 0
	}
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended.IsZero() {
		return
	}
	p.erase()
	now := time.Now()
	for i, j := range p.jobs {
		fmt.Fprintln(p.out, j.document.Name+": "+p.line(i, j.runner.Status(), now))
	}
	if p.terminal {
		p.drawn = len(p.jobs)
	}
}

// line is one document's progress in one line.
func (p *progress) line(i int, s engine.Status, now time.Time) string {
	if s.State == engine.Starting {
		return "starting"
	}
	before, known := p.last[i]
	if !known {
		before = sample{at: p.began}
	}
	p.last[i] = sample{now, s.Read, s.BytesRead}
	seconds := max(now.Sub(before.at).Seconds(), 1e-3)
	parts := []string{
		count(s.Read) + " rows in, " + count(s.Written) + " out",
		fmt.Sprintf("%s rows/s", count(int64(float64(s.Read-before.rows)/seconds))),
		fmt.Sprintf("%.1f MB/s", float64(s.BytesRead-before.size)/seconds/1e6),
	}
	if s.BytesTotal > 0 {
		parts = append(parts, fmt.Sprintf("%.0f %%", min(100*float64(s.BytesRead)/float64(s.BytesTotal), 100)))
	}
	if s.Lag > 0 {
		parts = append(parts, count(s.Lag)+" waiting")
	}
	if s.Rejected > 0 {
		parts = append(parts, count(s.Rejected)+" rejected")
	}
	if !s.CheckpointAt.IsZero() {
		parts = append(parts, fmt.Sprintf("checkpoint %s ago", now.Sub(s.CheckpointAt).Round(time.Second)))
	}
	return strings.Join(parts, ", ")
}

// count writes a number with commas.
func count(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
