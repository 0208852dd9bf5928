package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/lazyfs"
	"github.com/iggy-flow/iggy-flow/internal/ledger"
	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// blackout cuts the power of a scenario: a few times in CI, two hundred times in a full run.
func blackout(t *testing.T, s func(records int64) ledger.Scenario, records int64) {
	t.Helper()
	lazyfs.Need(t)
	length, cuts := ledger.LengthOf(t), 10
	if length.Full {
		cuts = 200
	}
	figures, err := ledger.Power(t, program(t), s(records), cuts, length.Seed, length.End)
	report(t, figures)
	if err != nil {
		t.Fatal(err)
	}
	if err := figures.Wrong(cuts, records); err != nil {
		t.Error(err)
	}
}

func TestFault07PowerLossFileToIceberg(t *testing.T) {
	tabletest.Need(t)
	blackout(t, ledger.Lake, 200_000)
}

func TestFault07PowerLossFileToFiles(t *testing.T) { blackout(t, ledger.Files, 200_000) }

func TestFault07PowerLossFileToOneFile(t *testing.T) { blackout(t, ledger.File, 200_000) }

func TestFault07PowerLossInPlace(t *testing.T) { blackout(t, ledger.Nested, 200_000) }

// TestAForgottenSyncIsReported: each of these syncs is needed, and the cuts of power show that it is.
func TestAForgottenSyncIsReported(t *testing.T) {
	lazyfs.Need(t)
	tabletest.Need(t)
	for _, forgotten := range []struct {
		what, pattern string
		scenario      ledger.Scenario
	}{
		{"the content of a checkpoint", "checkpoint*", ledger.Files(100_000)},
		{"the names in the state directory", "state/", ledger.Nested(100_000)},
		{"the folder of the state directory", "var/", ledger.Nested(100_000)},
		{"the content of a file in place", "out.ndjson", ledger.Nested(100_000)},
		{"the name of a file in place", "rows/", ledger.Nested(100_000)},
		{"the folder of the folder of a file", "out/", ledger.Nested(100_000)},
		{"the content of a file for each epoch", "*out-*", ledger.Files(100_000)},
		{"the content of dead letters", "*dead-*", ledger.Files(100_000)},
		{"the content of data files", "*.parquet", ledger.Lake(60_000)},
		{"the names of data files", "data/", ledger.Lake(60_000)},
		{"the content of table metadata", "*.metadata.json", ledger.Lake(60_000)},
		{"the names of table metadata", "metadata/", ledger.Lake(60_000)},
		{"the log of the catalog", "catalog.db-wal", ledger.Lake(60_000)},
		{"the folder of the catalog", "lake/", ledger.Lake(60_000)},
	} {
		figures, err := ledger.Power(t, program(t), forgotten.scenario, 16, ledger.LengthOf(t).Seed, time.Now().Add(time.Minute), forgotten.pattern)
		if err == nil && figures.Counts.Wrong()+figures.Dead.Wrong() == 0 {
			t.Errorf("a program that does not sync %s passes as:\n%s", forgotten.what, figures)
			continue
		}
		t.Logf("%s: after %d losses of power: %s%s", forgotten.what, figures.Total(), figures.Counts, fmt.Sprintf(" %.400v", err))
	}
}
