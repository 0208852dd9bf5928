package ledger_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/ledger"
	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// TestFault13ZombieIsFenced wakes processes up whose work another one has taken over with a copy of their state.
func TestFault13ZombieIsFenced(t *testing.T) {
	tabletest.Need(t)
	length := ledger.LengthOf(t)
	rounds := 6
	if length.Full {
		rounds = 200
	}
	figures, err := ledger.Zombie(t, program(t), ledger.Fenced(1_000_000), rounds, length.Seed, length.End)
	report(t, figures)
	switch {
	case err != nil:
		t.Fatal(err)
	case figures.Counts.Wrong() > 0:
		t.Error(figures.Counts)
	case figures.Fenced < rounds:
		t.Errorf("only %d of %d rounds", figures.Fenced, rounds)
	}
}
