package ledger_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/ledger"
)

// stallBudget is what docs/operating.md grants a pipeline for batches under way, stallMargin what a process has beside it.
const (
	stallBudget = 25 << 20
	stallMargin = 64 << 20
)

// TestFault48StalledOutputLeavesMemoryFlat: the input waits, and goes on when its output does.
func TestFault48StalledOutputLeavesMemoryFlat(t *testing.T) {
	stalled := 3 * time.Second
	if n, err := strconv.Atoi(os.Getenv("CRASH_SECONDS")); err == nil {
		stalled = min(time.Duration(n)*time.Second, 10*time.Minute)
	}
	source := ledger.Source{Records: 1_000_000, Keys: 1000}
	figures, err := ledger.Stall(t, program(t), source, stalled)
	report(t, figures)
	switch {
	case err != nil:
		t.Fatal(err)
	case figures.Counts.Wrong() > 0:
		t.Error(figures.Counts)
	case figures.Peak > stallBudget+stallMargin:
		t.Errorf("%d MiB of anonymous memory; the budget is %d and the margin %d", figures.Peak>>20, stallBudget>>20, stallMargin>>20)
	}
}
