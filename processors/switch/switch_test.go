package switching_test

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	"github.com/iggy-flow/iggy-flow/processors/filter"
	"github.com/iggy-flow/iggy-flow/processors/remove"
	"github.com/iggy-flow/iggy-flow/processors/set"
	switching "github.com/iggy-flow/iggy-flow/processors/switch"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// register adds switch and what the tests put into its cases: real processors, and fakes for what those do not do.
func register(r *engine.Registry) {
	filter.Register(r)
	registerFakes(r)
	remove.Register(r)
	set.Register(r)
	switching.Register(r)
}

func TestExamples(t *testing.T) { enginetest.Examples(t, register) }

func TestDiagnostics(t *testing.T) {
	golden.Run(t, "testdata/diagnostics", func(document txtar.File) string {
		return enginetest.Diagnose(t, register, document)
	})
}

func TestConformance(t *testing.T) {
	for _, line := range []string{
		`switch:
  - when: total > 10
    processors:
      - set: {big: "true"}
  - when: status == "paid"
    processors:
      - filter: quantity > 2
      - remove: [tags]
  - processors:
      - set: {total: total * 2}`,
		`switch:
  - when: 100 % quantity == 0
    processors:
      - filter: "false"
  - when: 10 % quantity == 1
    processors: []`,
		`switch:
  - processors:
      - set: {n: meta.offset}`,
		`switch:
  - when: quantity > 0
    processors:
      - twice: {}
      - switch:
          - when: total > 5
            processors:
              - backwards: {}
          - processors:
              - twice: {}
  - when: id > 3
    processors:
      - backwards: {}`,
	} {
		t.Run("", func(t *testing.T) {
			enginetest.ProcessorConformance(t, enginetest.ProcessorCase{Register: register, Line: line})
		})
	}
}

func small() *schemas.Schema {
	return schemas.New(
		schemas.Field{Name: "a", Type: schemas.Of(schemas.Int64), Required: true},
		schemas.Field{Name: "b", Type: schemas.Of(schemas.Int64)},
	)
}

const rows = `
{"a":0,"b":10}
{"a":1,"b":11}
{"a":2,"b":12}
{"a":3}
{"a":4,"b":14}
`

func check(t *testing.T, line, want string) *enginetest.Result {
	t.Helper()
	stage := enginetest.Processor(t, register, line, small())
	result := stage.Process(t, stage.Batch(t, rows))
	if len(result.Batches) > 1 {
		t.Errorf("%d batches were emitted", len(result.Batches))
	}
	if diff := cmp.Diff(want, result.Text()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	return result
}

func TestFirstMatchWinsAndOrderStays(t *testing.T) {
	check(t, `switch:
  - when: a % 2 == 1
    processors:
      - set: {by: "1"}
  - when: b > 11
    processors:
      - set: {by: "2"}
  - processors:
      - set: {by: "3"}`, `{"a":0,"b":10,"by":3}
{"a":1,"b":11,"by":1}
{"a":2,"b":12,"by":2}
{"a":3,"b":null,"by":1}
{"a":4,"b":14,"by":2}
`)
}

func TestRowsThatMeetNoCasePassUnchanged(t *testing.T) {
	check(t, `switch:
  - when: b > 11
    processors:
      - set: {c: a + 1}
      - remove: [b]`, `{"a":0,"c":null,"b":10}
{"a":1,"c":null,"b":11}
{"a":2,"c":3,"b":null}
{"a":3,"c":null,"b":null}
{"a":4,"c":5,"b":null}
`)
}

func TestBranchThatMultipliesAndReordersIsBroughtBackIntoOrder(t *testing.T) {
	check(t, `switch:
  - when: a % 2 == 0
    processors:
      - twice: {}
      - backwards: {}
  - processors:
      - filter: b > 0`, `{"a":0,"b":10}
{"a":0,"b":10}
{"a":1,"b":11}
{"a":2,"b":12}
{"a":2,"b":12}
{"a":4,"b":14}
{"a":4,"b":14}
`)
}

func TestMetaFollowsRowsThatAreDoubledWhileOthersAreDropped(t *testing.T) {
	stage := enginetest.Processor(t, register, `switch:
  - when: a == 0
    processors:
      - twice: {}
  - when: a == 1
    processors:
      - filter: "false"`, small())
	result := stage.Process(t, stage.Batch(t, rows))
	b := result.Batches[0]
	for row, want := range []int64{0, 0, 2, 3, 4} {
		if _, ordinal := b.Origin.At(row); ordinal != want || b.Meta.Column(0).(*array.Int64).Value(row) != want {
			t.Errorf("row %d comes from record %d by its origin and %v by its meta, want %d", row, ordinal, b.Meta.Column(0).ValueStr(row), want)
		}
	}
}

func TestConditionFailsOnlyTheRowsThatReachIt(t *testing.T) {
	result := check(t, `switch:
  - when: a == 0
    processors: []
  - when: 12 % (a - 2) == 0 || 12 % a == 0
    processors:
      - set: {b: a}`, `{"a":0,"b":10}
{"a":1,"b":1}
{"a":3,"b":3}
{"a":4,"b":4}
`)
	if len(result.Rejected) != 1 || result.Rejected[0].Ordinal != 2 || result.Rejected[0].Path != "processors[0]" {
		t.Errorf("rejected are %+v", result.Rejected)
	}
}

func TestNestedProcessorRejectsUnderItsOwnName(t *testing.T) {
	result := check(t, `switch:
  - when: a > 2
    processors:
      - set: {b: 1 % (a - 4)}`, `{"a":0,"b":10}
{"a":1,"b":11}
{"a":2,"b":12}
{"a":3,"b":0}
`)
	if len(result.Rejected) != 1 || result.Rejected[0].Ordinal != 4 || result.Rejected[0].Path != "processors[0].switch[0].processors[0]" {
		t.Errorf("rejected are %+v", result.Rejected)
	}
}

func TestFilteredRowsOfABranchAreCounted(t *testing.T) {
	result := check(t, `switch:
  - when: a > 2
    processors:
      - filter: "false"
  - processors:
      - filter: a == 1`, "{\"a\":1,\"b\":11}\n")
	if got := result.Account.Count(engine.Filtered); got != 4 {
		t.Errorf("%d rows were filtered, want 4", got)
	}
}

func TestColumnIsRequiredWhereEveryBranchHasItSo(t *testing.T) {
	stage := enginetest.Processor(t, register, `switch:
  - when: a > 2
    processors:
      - set: {c: a}
  - processors:
      - set: {a: a + 1}`, small())
	for name, want := range map[string]bool{"a": false, "b": false, "c": false} {
		if f, _, _ := stage.Out.Columns.Lookup(name); f.Required != want {
			t.Errorf("%s: required is %v", name, f.Required)
		}
	}
}
