package ledger

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/lazyfs"
)

// PowerFigures are what a run with losses of power shows. Each is a kill too.
type PowerFigures struct {
	Figures
	Lost lazyfs.Lost // what the disks had not been given, over all losses
}

// String is a report for people.
func (f PowerFigures) String() string {
	return fmt.Sprintf("%s  forgotten by the disk: %d names, %d writes\n", f.Figures, f.Lost.Names, f.Lost.Writes)
}

// Wrong is that of the figures; a run in which no disk forgot anything shows nothing either.
func (f PowerFigures) Wrong(cuts int, rows int64) error {
	if err := f.Figures.Wrong(cuts, rows); err != nil {
		return err
	}
	if f.Lost.Names+f.Lost.Writes == 0 {
		return fmt.Errorf("%s: the disks forgot nothing, so that nothing is shown", f.Scenario)
	}
	return nil
}

// powerCut is the kind of all kills of a run with losses of power.
const powerCut = "loss of power"

// blackout is such a run under way. Everything but the source is on a disk that forgets.
type blackout struct {
	run
	forgotten []string
	machine   *lazyfs.Machine
	lost      lazyfs.Lost
}

// Power cuts the power of a scenario so many times, or until is past, and lets the last round end undisturbed. With forgotten,
// patterns of [lazyfs.Start], the disk has nothing of what was not synced, and syncs of those files do nothing: the run should
// then find something wrong. An error is a pipeline that refuses to go on.
func Power(t testing.TB, program string, s Scenario, cuts int, seed uint64, until time.Time, forgotten ...string) (PowerFigures, error) {
	t.Helper()
	b := &blackout{forgotten: forgotten, run: run{t: t, scenario: s, random: rand.New(rand.NewPCG(seed, 1)), source: filepath.Join(t.TempDir(), "in.ndjson"),
		pipeline: Pipeline{Program: program, Document: "power.yaml"}, figures: Figures{Scenario: s.Name, Seed: seed, Kills: map[string]int{}}}}
	began := time.Now()
	err := s.Source.Write(b.source)
	for err == nil && b.figures.Total() < cuts && time.Now().Before(until) && b.figures.Rounds < cuts {
		err = b.round(cuts, until)
	}
	b.figures.Took = time.Since(began)
	return PowerFigures{Figures: b.figures, Lost: b.lost}, err
}

// round moves one source from its beginning to its end.
func (b *blackout) round(cuts int, until time.Time) (err error) {
	if err := b.boot(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.machine.Close()) }()
	for b.figures.Total() < cuts && time.Now().Before(until) {
		worked, over, err := b.life()
		if err != nil {
			return err
		}
		if over {
			return b.settle()
		}
		b.figures.Kills[powerCut]++
		if worked {
			b.figures.Working++
		}
		if over, err := b.over(); err != nil {
			return err
		} else if over {
			return b.settle()
		}
	}
	p, err := b.pipeline.Start()
	if err != nil {
		return err
	}
	if p.Wait() != Finished {
		return fmt.Errorf("after %d losses of power the pipeline did not come to its end:\n%s", b.figures.Total(), p.Output())
	}
	return b.settle()
}

// boot starts a machine and puts the document on its disk for good. The folders below are made by the pipeline.
func (b *blackout) boot() (err error) {
	dir, err := os.MkdirTemp(filepath.Dir(b.source), "disk")
	if err != nil {
		return err
	}
	if b.machine, err = lazyfs.Start(dir, b.forgotten...); err != nil {
		return err
	}
	b.pipeline.Dir, b.pipeline.State = dir, filepath.Join(dir, "var", "state")
	document := strings.Replace(b.scenario.Document, "file: in.ndjson", "file: "+b.source, 1)
	f, err := os.Create(filepath.Join(dir, b.pipeline.Document))
	if err != nil {
		return err
	}
	_, err = f.WriteString(document)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// life starts a process and cuts its power. over reports that it came to its end by itself before.
func (b *blackout) life() (worked, over bool, err error) {
	saves, within := 1+b.random.IntN(savesMax), time.Duration(b.random.Int64N(int64(spanMax)))
	if b.figures.Total()%4 == 3 {
		saves, within = 0, time.Duration(b.random.Int64N(int64(startSpan)))
	}
	p, err := b.pipeline.Start()
	if err != nil {
		return false, false, err
	}
	if p.Await(saves) {
		select {
		case <-time.After(within):
		case <-p.Done():
		}
		p.Signal(syscall.SIGKILL)
	}
	switch p.Wait() {
	case Finished:
		return true, true, nil
	case Killed:
		return p.Saves() > 0, false, b.cut(b.random.Uint64())
	default:
		return false, false, fmt.Errorf("after %d losses of power the pipeline ended by itself:\n%s", b.figures.Total(), p.Output())
	}
}

func (b *blackout) cut(seed uint64) error {
	cut := b.machine.CutAll
	if len(b.forgotten) == 0 {
		cut = func() (lazyfs.Lost, error) { return b.machine.Cut(seed) }
	}
	lost, err := cut()
	b.lost.Names += lost.Names
	b.lost.Writes += lost.Writes
	return err
}

// over reports whether the run is complete. The state is not touched where there is none: that would make its folder.
func (b *blackout) over() (bool, error) {
	if _, err := os.Stat(filepath.Join(b.pipeline.State, "checkpoint")); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return complete(b.pipeline.State)
}

// settle counts what stands in the targets behind the end and one more loss of power, which must not cost a thing.
func (b *blackout) settle() error {
	if _, err := b.machine.CutAll(); err != nil {
		return err
	}
	b.count()
	return nil
}

// Nested appends records to one file, which readers see while it grows, and copies broken lines to another. The folders of
// both are missing at first.
func Nested(records int64) Scenario {
	s := Scenario{Name: "file to a file in place, in folders of its own", Source: Source{Records: records, Keys: keys, Broken: 50}}
	s.Document = `name: crash
input:
  file: in.ndjson
  schema: ` + Schema + `
output: {file: {path: out/rows/out.ndjson, if_exists: append}}
dead_letter: {file: dead/rows/dead.ndjson}
checkpoint: {interval: 5ms}
`
	s.Read = func(t testing.TB, dir string, l, dead *Ledger) {
		ReadLines(t, filepath.Join(dir, "out", "rows", "out.ndjson"), l)
		ReadDead(t, filepath.Join(dir, "dead", "rows", "dead.ndjson"), s.Source, dead)
	}
	return s
}
