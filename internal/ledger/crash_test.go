package ledger_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/ledger"
	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// crash plays a deck and wants nothing wrong, and all of the kills, or at least so many when the time is up before.
func crash(t *testing.T, s ledger.Scenario, deck ledger.Deck, kills int, rows int64) {
	t.Helper()
	length := ledger.LengthOf(t)
	figures, err := ledger.Crash(t, program(t), s, deck, length.Seed, length.End)
	report(t, figures)
	if err != nil {
		t.Fatal(err)
	}
	if err := figures.Wrong(kills, rows); err != nil {
		t.Error(err)
	}
}

func TestCrashFileToIceberg(t *testing.T) {
	tabletest.Need(t)
	if ledger.LengthOf(t).Full {
		crash(t, ledger.Lake(500_000), ledger.Deck{Random: 500, Each: 50, Points: ledger.LakePoints()}, 300, 1_000_000)
		return
	}
	deck := ledger.Deck{Random: 16, Each: 1, Points: ledger.LakePoints()}
	crash(t, ledger.Lake(300_000), deck, deck.Size(), 300_000)
}

func TestCrashFileToFiles(t *testing.T) {
	if ledger.LengthOf(t).Full {
		crash(t, ledger.Files(200_000), ledger.Deck{Random: 250, Each: 25, Points: ledger.FilesPoints()}, 300, 1_000_000)
		return
	}
	deck := ledger.Deck{Random: 8}
	crash(t, ledger.Files(100_000), deck, deck.Size(), 100_000)
}

func TestCrashFileToOneFile(t *testing.T) {
	if ledger.LengthOf(t).Full {
		crash(t, ledger.File(300_000), ledger.Deck{Random: 250, Each: 25, Points: ledger.FilePoints()}, 300, 1_000_000)
		return
	}
	deck := ledger.Deck{Random: 6}
	crash(t, ledger.File(200_000), deck, deck.Size(), 200_000)
}

func TestCrashThroughAStatefulProcessor(t *testing.T) {
	tabletest.Need(t)
	if ledger.LengthOf(t).Full {
		crash(t, ledger.Limited(600_000), ledger.Deck{Random: 200, Each: 10, Points: ledger.LimitedPoints()}, 300, 1_000_000)
		return
	}
	deck := ledger.Deck{Random: 8, Points: ledger.LimitedPoints()}
	crash(t, ledger.Limited(450_000), deck, deck.Size(), 300_000)
}
