package ledger

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Scenario is a document with a producer's records before it and a way to read what comes behind it.
type Scenario struct {
	Name     string
	Source   Source
	Document string // its input is a file called in.ndjson beside it

	// Read adds to l what stands in the targets of the document in dir, and to dead, which is nil without broken lines,
	// what its dead letter holds.
	Read func(t testing.TB, dir string, l, dead *Ledger)

	// Passes is how many records come through, the first ones; 0 is all of them.
	Passes int64

	// Target names the target of a key; nil is any.
	Target func(key int64) string
}

// Figures are what a crash run shows.
type Figures struct {
	Scenario string
	Seed     uint64
	Kills    map[string]int // by kind
	Working  int            // kills of a process that had stored a checkpoint, or came to a failpoint
	Rounds   int            // sources that were moved from their beginning to their end
	Counts   Counts         // over all rounds
	Dead     Counts         // of dead letters
	Took     time.Duration
}

// Total is the number of kills.
func (f Figures) Total() (n int) {
	for _, k := range f.Kills {
		n += k
	}
	return n
}

// String is a report for people.
func (f Figures) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: seed %d, %d kills (%d at work) over %d rounds in %s\n", f.Scenario, f.Seed, f.Total(), f.Working, f.Rounds, f.Took.Round(time.Second))
	for _, kind := range slices.Sorted(maps.Keys(f.Kills)) {
		fmt.Fprintf(&b, "  %5d %s\n", f.Kills[kind], kind)
	}
	fmt.Fprintf(&b, "  %s\n", f.Counts)
	if f.Dead.Written > 0 {
		fmt.Fprintf(&b, "  dead letters: %s\n", f.Dead)
	}
	return b.String()
}

// Wrong says what is wrong with a run that should have killed and moved so much; nil is nothing.
func (f Figures) Wrong(kills int, rows int64) error {
	switch {
	case f.Counts.Wrong()+f.Dead.Wrong() > 0:
		return fmt.Errorf("%s: %s; dead letters: %s", f.Scenario, f.Counts, f.Dead)
	case f.Total() < kills:
		return fmt.Errorf("%s: only %d kills; a run that shows something has %d", f.Scenario, f.Total(), kills)
	case f.Working < f.Total()/2:
		return fmt.Errorf("%s: only %d of %d kills met a pipeline at work", f.Scenario, f.Working, f.Total())
	case f.Counts.Rows < rows:
		return fmt.Errorf("%s: only %d rows; a run that shows something has %d", f.Scenario, f.Counts.Rows, rows)
	default:
		return nil
	}
}

// run is a crash run under way.
type run struct {
	t        testing.TB
	scenario Scenario
	random   *rand.Rand
	source   string
	pipeline Pipeline
	figures  Figures
}

// Crash kills processes of a scenario until the deck is played or until is past, and lets the last round end undisturbed.
// An error is a pipeline that refuses to go on or cannot be killed as the deck says.
func Crash(t testing.TB, program string, s Scenario, deck Deck, seed uint64, until time.Time) (Figures, error) {
	t.Helper()
	began := time.Now()
	r, err := newRun(t, program, s, seed)
	if err != nil {
		return r.figures, err
	}
	err = r.play(deck.shuffled(r.random), until)
	r.figures.Took = time.Since(began)
	return r.figures, err
}

// newRun writes the source of a run.
func newRun(t testing.TB, program string, s Scenario, seed uint64) (*run, error) {
	t.Helper()
	r := &run{t: t, scenario: s, random: rand.New(rand.NewPCG(seed, 0)), source: filepath.Join(t.TempDir(), "in.ndjson"),
		pipeline: Pipeline{Program: program, Document: "crash.yaml"}, figures: Figures{Scenario: s.Name, Seed: seed, Kills: map[string]int{}}}
	return r, s.Source.Write(r.source)
}

// patience is how many times a round may end before the kill that a card asks for: a source that is too short for the
// deck would go on for ever.
const patience = 20

func (r *run) play(cards []card, until time.Time) error {
	if err := r.begin(); err != nil {
		return err
	}
	missed := 0
	for len(cards) > 0 && time.Now().Before(until) {
		over, err := complete(r.pipeline.State)
		if err != nil {
			return err
		}
		if over {
			if err := r.end(); err != nil {
				return err
			}
			if err := r.begin(); err != nil {
				return err
			}
		}
		p, end, worked, err := cards[0].play(r.pipeline, r.random)
		switch {
		case err != nil:
			return err
		case end == Failed:
			return fmt.Errorf("after %d kills, before one at %s, the pipeline ended by itself:\n%s", r.figures.Total(), cards[0], p.Output())
		case end == Killed:
			r.figures.Kills[cards[0].String()]++
			if worked {
				r.figures.Working++
			}
			cards, missed = cards[1:], 0
		default:
			if missed++; missed > patience {
				return fmt.Errorf("the pipeline ends before it can be killed at %s: the source is too short, or the point is not on its way", cards[0])
			}
		}
	}
	return r.end()
}

// begin prepares a round: a folder with the document and the source.
func (r *run) begin() error {
	dir, err := os.MkdirTemp(filepath.Dir(r.source), "round")
	if err != nil {
		return err
	}
	r.pipeline.Dir, r.pipeline.State = dir, filepath.Join(dir, "state")
	if err := os.Symlink(r.source, filepath.Join(dir, "in.ndjson")); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, r.pipeline.Document), []byte(r.scenario.Document), 0o644)
}

// end lets the round come to its end and counts what stands in the targets.
func (r *run) end() error {
	over, err := complete(r.pipeline.State)
	if err != nil {
		return err
	}
	if !over {
		p, err := r.pipeline.Start()
		if err != nil {
			return err
		}
		if p.Wait() != Finished {
			return fmt.Errorf("after %d kills the pipeline did not come to its end:\n%s", r.figures.Total(), p.Output())
		}
	}
	r.count()
	return os.RemoveAll(r.pipeline.Dir)
}

// count adds what stands in the targets to the figures.
func (r *run) count() {
	expected := r.scenario.Source
	if r.scenario.Passes > 0 {
		expected.Records = r.scenario.Passes
	}
	l := expected.Ledger(r.scenario.Target)
	var dead *Ledger
	if n := r.scenario.Source.BrokenLines(); n > 0 {
		dead = NewLedger([]int64{n}, nil)
	}
	r.scenario.Read(r.t, r.pipeline.Dir, l, dead)
	r.figures.Rounds++
	r.figures.Counts.Add(l.Counts())
	if dead != nil {
		r.figures.Dead.Add(dead.Counts())
	}
}
