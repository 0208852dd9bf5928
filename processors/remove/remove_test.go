package remove_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	"github.com/iggy-flow/iggy-flow/processors/remove"
)

func TestExamples(t *testing.T) { enginetest.Examples(t, remove.Register) }

func TestDiagnostics(t *testing.T) {
	golden.Run(t, "testdata/diagnostics", func(document txtar.File) string {
		return enginetest.Diagnose(t, remove.Register, document)
	})
}

func TestConformance(t *testing.T) {
	enginetest.ProcessorConformance(t, enginetest.ProcessorCase{Register: remove.Register, Line: "remove: [customer, total]"})
}

func TestRemoveOfEveryColumnKeepsTheRows(t *testing.T) {
	stage := enginetest.Processor(t, remove.Register, "remove: [id, status, total, quantity, price, ts, gift, tags, customer]", nil)
	result := stage.Process(t, stage.Batch(t, "{\"id\":1}\n{\"id\":2}\n"))
	if got, want := result.Text(), "{}\n{}\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOneNameNeedsNoList(t *testing.T) {
	stage := enginetest.Processor(t, remove.Register, "remove: customer", nil)
	if got, want := stage.Out.Columns.Len(), stage.In.Columns.Len()-1; got != want {
		t.Errorf("%d columns are left of %d", got, stage.In.Columns.Len())
	}
}
