package ledger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
	"github.com/iggy-flow/iggy-flow/internal/ledger"
	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// sabotage is a program that is wrong on purpose, and what the harness must say of it.
type sabotage struct {
	name     string
	patches  []ledger.Patch
	scenario ledger.Scenario
	points   []failpoint.Point
	want     func(c ledger.Counts, refused string) bool
}

func sabotages() []sabotage {
	const loop, appends, commits, writer = "engine/checkpoint/loop.go", "internal/iceberg/append.go", "outputs/iceberg/commit.go", "outputs/file/writer.go"
	return []sabotage{
		{
			"commits before the state is written", []ledger.Patch{{loop,
				"	if err := l.config.Store.Save(ctx, data); err != nil {\n",
				"	if err := l.config.Pipeline.Commit(ctx, sealed, l.collected); err != nil {\n		return nil, err\n	}\n	if err := l.config.Store.Save(ctx, data); err != nil {\n"}},
			ledger.Lake(60_000), []failpoint.Point{failpoint.CheckpointBefore, failpoint.CheckpointTemporary},
			// The target's record knows a later epoch than the state: the pipeline must not go on.
			func(_ ledger.Counts, refused string) bool { return strings.Contains(refused, "has overtaken it") },
		},
		{
			"commits without looking for its uuid", []ledger.Patch{
				{appends, "landed := t.commits()", "landed := map[string]bool{}"},
				{appends, "landed[commit] = true", "_ = commit"},
				{appends, "return false, failpoint.Hit(failpoint.IcebergCommitted)", "return true, failpoint.Hit(failpoint.IcebergCommitted)"},
				{commits, "case there.Generation > first.Record.Generation ||", "case there.Generation > first.Record.Generation && there.Epoch < 0 ||"},
				{commits, "there.Epoch >= first.Record.Epoch:", "there.Epoch > first.Record.Epoch:"},
			},
			ledger.Lake(60_000), []failpoint.Point{failpoint.IcebergCommitted, failpoint.CommitTarget},
			func(c ledger.Counts, _ string) bool { return c.Duplicated > 0 },
		},
		{
			"forgets what it prepared", []ledger.Patch{{loop, "sealed.Committables = slices.Clone(l.open)", "sealed.Committables = nil"}},
			ledger.Lake(60_000), []failpoint.Point{failpoint.CheckpointAfter},
			func(c ledger.Counts, _ string) bool { return c.Lost > 0 },
		},
		{
			"does not cut off what no checkpoint holds", []ledger.Patch{
				{writer, "f.Truncate(length)", "f.Truncate(info.Size())"},
				{writer, "f.Seek(length, io.SeekStart)", "f.Seek(0, io.SeekEnd)"},
			},
			ledger.File(60_000), []failpoint.Point{failpoint.OutputPrepared, failpoint.CheckpointBefore},
			func(c ledger.Counts, _ string) bool { return c.Duplicated > 0 },
		},
	}
}

// TestSabotageIsReported: a harness that finds nothing in these programs finds nothing at all.
func TestSabotageIsReported(t *testing.T) {
	tabletest.Need(t)
	for _, s := range sabotages() {
		broken, err := ledger.Build(t.TempDir(), s.patches...)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		figures, refused := ledger.Crash(t, broken, s.scenario, ledger.Deck{Each: 3, Points: s.points}, 1, time.Now().Add(time.Minute))
		text := ""
		if refused != nil {
			text = refused.Error()
		}
		if !s.want(figures.Counts, text) {
			t.Errorf("a program that %s passes as:\n%s%s", s.name, figures, text)
			continue
		}
		t.Logf("a program that %s is found out by %d kills: %s %.300s", s.name, figures.Total(), figures.Counts, text)
	}
}

// TestARunThatShowsNothingFails: no kills, idle kills and few rows are no proof.
func TestARunThatShowsNothingFails(t *testing.T) {
	good := ledger.Figures{Kills: map[string]int{"random": 300}, Working: 200, Counts: ledger.Counts{Written: 1000, Rows: 1000}}
	if err := good.Wrong(300, 1000); err != nil {
		t.Errorf("a good run: %v", err)
	}
	for name, spoil := range map[string]func(*ledger.Figures){
		"few kills":         func(f *ledger.Figures) { f.Kills = map[string]int{"random": 299} },
		"idle kills":        func(f *ledger.Figures) { f.Working = 100 },
		"few rows":          func(f *ledger.Figures) { f.Counts.Rows = 999 },
		"a lost row":        func(f *ledger.Figures) { f.Counts.Lost = 1 },
		"a dead letter two": func(f *ledger.Figures) { f.Dead.Duplicated = 1 },
	} {
		bad := good
		spoil(&bad)
		if bad.Wrong(300, 1000) == nil {
			t.Errorf("%s: nothing is reported", name)
		}
	}
}

// TestAPatchThatFitsNowhereIsAnError: a sabotage that does nothing would pass for a harness that finds nothing.
func TestAPatchThatFitsNowhereIsAnError(t *testing.T) {
	_, err := ledger.Build(t.TempDir(), ledger.Patch{File: "cmd/iggy-flow/main.go", Old: "no such line", New: ""})
	if err == nil || !strings.Contains(err.Error(), "has 0 places") {
		t.Errorf("err: %v", err)
	}
}
