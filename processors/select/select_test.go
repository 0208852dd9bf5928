package selection_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	selection "github.com/iggy-flow/iggy-flow/processors/select"
)

func TestExamples(t *testing.T) { enginetest.Examples(t, selection.Register) }

func TestDiagnostics(t *testing.T) {
	golden.Run(t, "testdata/diagnostics", func(document txtar.File) string {
		return enginetest.Diagnose(t, selection.Register, document)
	})
}

func TestConformance(t *testing.T) {
	for _, line := range []string{
		`select: {who: customer?.name, total: total, twice: id % 1000 * 2, tags: tags}`,
		`select: {share: 100 % quantity, offset: meta.offset}`, // fails where quantity is 0
		`select: {one: "1"}`,
	} {
		t.Run(line, func(t *testing.T) {
			enginetest.ProcessorConformance(t, enginetest.ProcessorCase{Register: selection.Register, Line: line})
		})
	}
}

func TestSelectMakesTheseColumnsInThisOrder(t *testing.T) {
	stage := enginetest.Processor(t, selection.Register, `select: {total: total, id: id, name: customer?.name}`, nil)
	result := stage.Process(t, stage.Batch(t, `{"id":1,"total":2.5,"customer":{"name":"Ada"}}`))
	if got, want := result.Text(), `{"total":2.5,"id":1,"name":"Ada"}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
