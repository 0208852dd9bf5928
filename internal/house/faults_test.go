package house_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/faults"
	"github.com/iggy-flow/iggy-flow/internal/golden"
)

// TestReferenceOfFaults: docs/faults.md is what the table and the names of the tests say; -update writes it.
func TestReferenceOfFaults(t *testing.T) {
	found, err := faults.Scan(root)
	if err != nil {
		t.Fatal(err)
	}
	name, want := filepath.Join(root, "docs", "faults.md"), faults.Render(found)
	if *golden.Update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/faults.md is stale (%v): run `make update`, or the quicker `go test ./internal/house -update`", err)
	}
}
