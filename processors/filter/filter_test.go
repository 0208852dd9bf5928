package filter_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	"github.com/iggy-flow/iggy-flow/processors/filter"
)

func TestExamples(t *testing.T) { enginetest.Examples(t, filter.Register) }

func TestDiagnostics(t *testing.T) {
	golden.Run(t, "testdata/diagnostics", func(document txtar.File) string {
		return enginetest.Diagnose(t, filter.Register, document)
	})
}

func TestConformance(t *testing.T) {
	for _, line := range []string{
		`filter: status == "paid" && total >= 10`,
		`filter: 100 % quantity == 0`, // fails where quantity is 0
		`filter: meta.offset % 2 == 0`,
		`filter: len(tags) > 1 || customer?.name == "paid"`,
	} {
		t.Run(line, func(t *testing.T) {
			enginetest.ProcessorConformance(t, enginetest.ProcessorCase{Register: filter.Register, Line: line})
		})
	}
}

func TestFilterTakesNullAsFalse(t *testing.T) {
	stage := enginetest.Processor(t, filter.Register, `filter: total > 1`, nil)
	result := stage.Process(t, stage.Batch(t, `
{"id":1,"total":2}
{"id":2}
{"id":3,"total":0.5}`))
	if len(result.Batches) != 1 || result.Batches[0].Len() != 1 || result.Account.Count(engine.Filtered) != 2 {
		t.Errorf("account is %+v and what is left is\n%s", result.Account, result.Text())
	}
}

func TestFilterRejectsTheRowOnWhichTheConditionFails(t *testing.T) {
	stage := enginetest.Processor(t, filter.Register, `filter: 10 % quantity == 0`, nil)
	result := stage.Process(t, stage.Batch(t, `
{"id":1,"quantity":5}
{"id":2,"quantity":0}
{"id":3,"quantity":3}`))
	if len(result.Rejected) != 1 || result.Rejected[0].Ordinal != 1 || result.Rejected[0].At == "" {
		t.Errorf("rejected are %+v", result.Rejected)
	}
	if got, want := result.Account.Emitted, int64(1); got != want {
		t.Errorf("%d rows were emitted, want %d", got, want)
	}
}
