package rename_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	"github.com/iggy-flow/iggy-flow/processors/rename"
)

func TestExamples(t *testing.T) { enginetest.Examples(t, rename.Register) }

func TestDiagnostics(t *testing.T) {
	golden.Run(t, "testdata/diagnostics", func(document txtar.File) string {
		return enginetest.Diagnose(t, rename.Register, document)
	})
}

func TestConformance(t *testing.T) {
	enginetest.ProcessorConformance(t, enginetest.ProcessorCase{Register: rename.Register, Line: "rename: {ts: event_time, id: order}"})
}

func TestColumnsExchangeTheirNames(t *testing.T) {
	stage := enginetest.Processor(t, rename.Register, "rename: {id: total, total: id}", nil)
	first, third := stage.Out.Columns.Field(0), stage.Out.Columns.Field(2)
	if first.Name != "total" || !first.Required || third.Name != "id" {
		t.Errorf("columns are %s", stage.Out.Columns)
	}
}

func TestNameOfARenamedColumnIsFree(t *testing.T) {
	stage := enginetest.Processor(t, rename.Register, "rename: {id: order, total: id}", nil)
	result := stage.Process(t, stage.Batch(t, `{"id":1,"total":2.5}`))
	if got, want := result.Text()[:len(`{"order":1,"status":null,"id":2.5`)], `{"order":1,"status":null,"id":2.5`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
