package iceberg_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine"
)

// replica is a process of a pipeline behind shared splits; those of one folder share its tables.
func replica(t *testing.T, dir, name string) *process {
	t.Helper()
	p := newPipeline(t, dir, "")
	p.start.Shared, p.start.Replica, p.start.Generation = true, name, 0
	return p.mustOpen()
}

func (p *process) positioned() engine.Positioned { return p.out.(engine.Positioned) }

func (p *process) dataFiles() int {
	found, err := filepath.Glob(filepath.Join(p.dir, "warehouse", "*", "*", "data", "*.parquet"))
	if err != nil {
		p.t.Fatal(err)
	}
	return len(found)
}

// TestFault13ZombieCommit: a replica that has lost a split to another one without knowing it commits nothing, and what it
// had prepared leaves no rows and no files.
func TestFault13ZombieCommit(t *testing.T) {
	dir := t.TempDir()
	zombie, other := replica(t, dir, "zombie"), replica(t, dir, "other")
	defer zombie.die()
	defer other.die()
	zombie.mustWrite("p0", row(0), row(1))
	zombie.mustWrite("p1", row(100))
	zombie.checkpoint()

	zombie.mustWrite("p0", row(2), row(3)) // and stops here
	zombie.store(zombie.prepare())
	other.at["p0"] = 1 // an old start: what the table holds is dropped
	other.mustWrite("p0", row(1), row(2))
	other.checkpoint()

	files := other.dataFiles()
	if err := zombie.tryCommit(); !errors.Is(err, engine.ErrThrownBack) || !engine.IsPermanent(err) {
		t.Fatalf("a zombie's commit gives %v", err)
	}
	if err := zombie.positioned().Discard(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := zombie.dataFiles(); got != files {
		t.Errorf("%d data files, before %d: a file whose commit was tried is kept", got, files)
	}
	zombie.stored = nil
	delete(zombie.at, "p0")
	zombie.mustWrite("p1", row(101)) // it goes on with what it still owns
	zombie.checkpoint()
	zombie.want("shop.orders", `{"id":0}`, `{"id":100}`, `{"id":101}`, `{"id":1}`, `{"id":2}`)
	told, err := zombie.positioned().Told(t.Context(), []string{"p0", "p1"})
	if err != nil || len(told) != 0 {
		t.Errorf("nothing was told, and told is %v, %v", told, err)
	}
}

func TestASplitThatComesBackIsReadFromTheTableAgain(t *testing.T) {
	dir := t.TempDir()
	a, b := replica(t, dir, "a"), replica(t, dir, "b")
	defer a.die()
	defer b.die()
	a.mustWrite("p0", row(0))
	a.checkpoint()
	b.at["p0"] = 1
	b.mustWrite("p0", row(1))
	b.checkpoint()
	a.positioned().Acquired([]string{"p0"})
	a.at["p0"] = 1 // the group had not heard of b's commit
	a.mustWrite("p0", row(1), row(2))
	a.checkpoint()
	a.want("shop.orders", `{"id":0}`, `{"id":1}`, `{"id":2}`)
}

// TestASplitThatComesBackBeforeItsCommitGoesOnBehindIt: the table does not have the rows yet that this process has prepared.
func TestASplitThatComesBackBeforeItsCommitGoesOnBehindIt(t *testing.T) {
	for _, joined := range []bool{true, false} {
		a := replica(t, t.TempDir(), "a")
		defer a.die()
		a.mustWrite("p0", row(0), row(1), row(2))
		a.store(a.prepare())
		a.positioned().Acquired([]string{"p0"})
		a.at["p0"] = 0
		a.mustWrite("p0", row(0)) // the position of this one goes back, and the table's must not
		a.mustWrite("p1", row(100))
		a.store(a.prepare())
		a.positioned().Acquired([]string{"p0"})
		a.at["p0"] = 1
		a.mustWrite("p0", row(1), row(2), row(3))
		a.store(a.prepare())
		if joined {
			a.commit()
		}
		for _, c := range a.stored {
			if err := a.out.Commit(t.Context(), []engine.Committable{c}, nil); err != nil {
				t.Fatal(err)
			}
		}
		a.want("shop.orders", `{"id":0}`, `{"id":100}`, `{"id":1}`, `{"id":2}`, `{"id":3}`)
		if err := a.positioned().Discard(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.stored, a.at["p0"] = nil, 2 // nothing of its own is open any more: the table is asked
		a.mustWrite("p0", row(2), row(3), row(4))
		a.checkpoint()
		a.want("shop.orders", `{"id":0}`, `{"id":100}`, `{"id":1}`, `{"id":2}`, `{"id":3}`, `{"id":4}`)
	}
}

func TestCommitsOfSharedSplitsAreJoined(t *testing.T) {
	dir := t.TempDir()
	a := replica(t, dir, "a")
	defer a.die()
	for i := range 3 {
		a.mustWrite("p0", row(i))
		a.store(a.prepare())
	}
	told := engine.Positions{"p0": {Ordinal: 3}}
	if err := a.out.Commit(t.Context(), a.stored, told); err != nil {
		t.Fatal(err)
	}
	a.want("shop.orders", `{"id":0}`, `{"id":1}`, `{"id":2}`)
	again, err := a.positioned().Told(t.Context(), []string{"p0", "p7"})
	if err != nil || again["p0"].Ordinal != 3 || len(again) != 1 {
		t.Errorf("told is %v, %v", again, err)
	}
	if err := a.out.Commit(t.Context(), a.stored, told); err != nil { // an answer that was lost
		t.Fatal(err)
	}
	a.want("shop.orders", `{"id":0}`, `{"id":1}`, `{"id":2}`)
}

func TestDiscardRemovesFilesThatNoCommitHasSeen(t *testing.T) {
	dir := t.TempDir()
	a := replica(t, dir, "a")
	defer a.die()
	a.mustWrite("p0", row(0))
	a.prepare()
	a.mustWrite("p0", row(1))
	if err := a.positioned().Discard(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := a.dataFiles(); got != 0 {
		t.Errorf("%d data files are left", got)
	}
	a.at["p0"] = 0
	a.mustWrite("p0", row(0), row(1))
	a.checkpoint()
	a.want("shop.orders", `{"id":0}`, `{"id":1}`)
}

func TestATableOfFixedSplitsIsNotShared(t *testing.T) {
	dir := t.TempDir()
	fixed := newPipeline(t, dir, "run-1").mustOpen()
	fixed.mustWrite("p0", row(0))
	fixed.checkpoint()
	fixed.die()
	p := newPipeline(t, dir, "")
	p.start.Shared = true
	if _, err := p.open(); err == nil || !strings.Contains(err.Error(), "--adopt") {
		t.Errorf("a replica opens the table of a run with %v", err)
	}
	p.start.Takeover = engine.Adopt
	adopted := p.mustOpen()
	defer adopted.die()
	adopted.mustWrite("p0", row(0), row(1))
	adopted.checkpoint()
	adopted.want("shop.orders", `{"id":0}`, `{"id":1}`)
}
