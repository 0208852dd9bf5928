package keep_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	"github.com/iggy-flow/iggy-flow/processors/keep"
)

func TestExamples(t *testing.T) { enginetest.Examples(t, keep.Register) }

func TestDiagnostics(t *testing.T) {
	golden.Run(t, "testdata/diagnostics", func(document txtar.File) string {
		return enginetest.Diagnose(t, keep.Register, document)
	})
}

func TestConformance(t *testing.T) {
	enginetest.ProcessorConformance(t, enginetest.ProcessorCase{Register: keep.Register, Line: "keep: [customer, id, tags]"})
}

func TestKeepLeavesColumnsInTheOrderOfTheRecord(t *testing.T) {
	stage := enginetest.Processor(t, keep.Register, "keep: [total, id]", nil)
	result := stage.Process(t, stage.Batch(t, `{"id":1,"status":"paid","total":2.5}`))
	if got, want := result.Text(), `{"id":1,"total":2.5}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
