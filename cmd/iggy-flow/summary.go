package main

import (
	"fmt"
	"io"
	"time"

	"github.com/iggy-flow/iggy-flow/engine"
)

// writeSummary says what a run did: rows in, out per target, filtered, dead-lettered.
func writeSummary(w io.Writer, j started, took time.Duration, failed error) {
	s := j.runner.Status()
	state := "finished"
	switch {
	case failed != nil:
		state = "failed"
	case s.State != engine.Finished:
		state = "stopped"
	case s.Stopped:
		state = "stopped; the next start goes on from here"
	}
	fmt.Fprintf(w, "%s: %s after %s\n", j.document.Name, state, took.Round(10*time.Millisecond))
	rate := float64(s.Read) / max(took.Seconds(), 1e-3)
	fmt.Fprintf(w, "  %-14s %14s   %s rows/s\n", "in", count(s.Read), count(int64(rate)))
	fmt.Fprintf(w, "  %-14s %14s\n", "filtered", count(s.Filtered))
	fmt.Fprintf(w, "  %-14s %14s\n", "dead-lettered", count(s.DeadLettered))
	fmt.Fprintf(w, "  %-14s %14s\n", "out", count(s.Written))
	for _, t := range s.Targets {
		fmt.Fprintf(w, "    %-40s %s\n", t.Target, count(t.Rows))
	}
	if s.DeadLettered > 0 {
		for _, t := range s.DeadLetters {
			fmt.Fprintf(w, "  dead letters in %s: %s\n", t.Target, count(t.Rows))
		}
	}
}
