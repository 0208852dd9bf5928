package ledger_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/ledger"
)

// TestASecondProcessWithTheSameStateIsRefused: it neither starts nor disturbs the first.
func TestASecondProcessWithTheSameStateIsRefused(t *testing.T) {
	first, pipeline, err := ledger.Begin(t, program(t), ledger.Files(400_000))
	if err != nil {
		t.Fatal(err)
	}
	first.Signal(syscall.SIGSTOP) // it holds the state as long as the second one looks
	second, err := pipeline.Start()
	if err != nil {
		t.Fatal(err)
	}
	if end := second.Wait(); end != ledger.Failed || !strings.Contains(second.Output(), "the state is in use by another process") {
		t.Errorf("the second process ended with %d:\n%s", end, second.Output())
	}
	first.Signal(syscall.SIGCONT)
	if end := first.Wait(); end != ledger.Finished {
		t.Errorf("the first process ended with %d:\n%s", end, first.Output())
	}
}
