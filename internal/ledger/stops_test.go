package ledger_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/ledger"
	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// TestSIGTERMUnderLoadStopsCleanlyAndNothingIsReadAgain: that the deadline passed would be a failure of its process.
func TestSIGTERMUnderLoadStopsCleanlyAndNothingIsReadAgain(t *testing.T) {
	tabletest.Need(t)
	length := ledger.LengthOf(t)
	stops := 6
	if length.Full {
		stops = 100
	}
	for _, s := range []ledger.Scenario{ledger.Lake(400_000), ledger.Files(400_000)} {
		figures, err := ledger.Stop(t, program(t), s, stops, length.Seed, length.End)
		report(t, figures)
		switch {
		case err != nil:
			t.Errorf("%s: %v", s.Name, err)
		case figures.Stops < stops:
			t.Errorf("%s: only %d of %d stops", s.Name, figures.Stops, stops)
		case figures.Reads != figures.Lines:
			t.Errorf("%s: %d lines were read, and %d are there", s.Name, figures.Reads, figures.Lines)
		case figures.Counts.Wrong() > 0:
			t.Errorf("%s: %s", s.Name, figures.Counts)
		}
	}
}
