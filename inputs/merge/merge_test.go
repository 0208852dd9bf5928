package merge_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/inputs/merge"
	"github.com/iggy-flow/iggy-flow/internal/golden"
)

func TestExamples(t *testing.T) { enginetest.Examples(t, merge.Register) }

func TestDiagnostics(t *testing.T) {
	golden.Run(t, "testdata/diagnostics", func(document txtar.File) string {
		return enginetest.Diagnose(t, merge.Register, document)
	})
}
