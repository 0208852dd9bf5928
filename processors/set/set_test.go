package set_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	"github.com/iggy-flow/iggy-flow/processors/set"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func TestExamples(t *testing.T) { enginetest.Examples(t, set.Register) }

func TestDiagnostics(t *testing.T) {
	golden.Run(t, "testdata/diagnostics", func(document txtar.File) string {
		return enginetest.Diagnose(t, set.Register, document)
	})
}

func TestConformance(t *testing.T) {
	for _, line := range []string{
		`set: {total: total * 2, first: upper(status), id: id % 1000}`,
		`set: {share: 100 % quantity, offset: meta.offset}`, // fails where quantity is 0
		`set: {who: customer?.name ?? "nobody", many: len(tags), again: tags}`,
	} {
		t.Run(line, func(t *testing.T) {
			enginetest.ProcessorConformance(t, enginetest.ProcessorCase{Register: set.Register, Line: line})
		})
	}
}

func small() *schemas.Schema {
	return schemas.New(
		schemas.Field{Name: "a", Type: schemas.Of(schemas.Int64), Required: true},
		schemas.Field{Name: "b", Type: schemas.Of(schemas.Int64)},
	)
}

func TestEveryExpressionSeesTheRecordAsItEntered(t *testing.T) {
	stage := enginetest.Processor(t, set.Register, `set: {c: a + b, a: b, b: a}`, small())
	result := stage.Process(t, stage.Batch(t, `{"a":1,"b":2}`))
	if got, want := result.Text(), `{"a":2,"b":1,"c":3}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRequiredStaysWithAPlainColumnAlone(t *testing.T) {
	stage := enginetest.Processor(t, set.Register, `set: {c: a, d: a + 1}`, small())
	for name, want := range map[string]bool{"a": true, "c": true, "d": false} {
		if f, _, _ := stage.Out.Columns.Lookup(name); f.Required != want {
			t.Errorf("%s: required is %v", name, f.Required)
		}
	}
}

func TestColumnThatIsInferredLaterStandsBehindThoseThatWereSet(t *testing.T) {
	stage := enginetest.Processor(t, set.Register, `set: {c: a + 1}`, small())
	stage.Bind(t, schemas.New(append(small().Fields(), schemas.Field{Name: "late", Type: schemas.Of(schemas.String)})...))
	result := stage.Process(t, stage.Batch(t, `{"a":1,"b":2,"late":"x"}`))
	if got, want := result.Text(), `{"a":1,"b":2,"c":2,"late":"x"}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRowThatFailsIsRejectedWithItsReason(t *testing.T) {
	stage := enginetest.Processor(t, set.Register, `set: {c: a % b, d: b % a}`, small())
	result := stage.Process(t, stage.Batch(t, `
{"a":1,"b":0}
{"a":7,"b":4}
{"a":0,"b":0}`))
	if got, want := result.Text(), `{"a":7,"b":4,"c":3,"d":4}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(result.Rejected) != 2 || result.Rejected[0].Ordinal != 0 || result.Rejected[1].Ordinal != 2 || result.Rejected[0].At == "" {
		t.Errorf("rejected are %+v", result.Rejected)
	}
}
