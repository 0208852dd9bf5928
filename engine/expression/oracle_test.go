package expression_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var oracleNow = time.Date(2026, 3, 4, 5, 6, 7, 890, time.UTC)

func oracleSchema(names []string) *schemas.Schema {
	fields := make([]schemas.Field, len(names))
	for i, name := range names {
		fields[i] = schemas.Field{Name: name, Type: columnTypes[name]}
	}
	return schemas.New(fields...)
}

// TestOracle: where the VM gives a value for a row, the columnar program gives an equal one; and kernels agree with the
// row-wise meaning on everything, nulls and errors included.
func TestOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mem := arrowtest.Allocator(t)
		g := &generator{t: t, used: map[string]bool{}, marks: map[string]bool{}}
		g.guarded = rapid.Bool().Draw(t, "guarded")
		g.own = !g.guarded && rapid.Bool().Draw(t, "own")
		wild := rapid.IntRange(0, 7).Draw(t, "wild") == 0
		ascii := rapid.IntRange(0, 2).Draw(t, "ascii") > 0
		var rows []map[string]any
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			rows = append(rows, drawRow(t, wild, rapid.IntRange(0, 2).Draw(t, "nulls") > 0, ascii))
		}
		source := g.root()
		schema := oracleSchema(ranged)
		record := recordOf(mem, schema, rows, rapid.IntRange(0, 2).Draw(t, "offset"))
		defer record.Release()

		got := evaluate(t, mem, expression.Compile, schema, source, record)
		reference := evaluate(t, mem, expression.CompileRows, schema, source, record)
		for i := range rows {
			if !agree(got[i], reference[i]) {
				t.Fatalf("%s\nrow %d %v\nkernels: %v\nrow-wise: %v", source, i, used(rows[i], g.used), got[i], reference[i])
			}
		}
		if g.own {
			return
		}
		program := vmProgram(t, source)
		for i, row := range rows {
			if wild || !g.guarded && anyNull(row, g.used) || g.marks["runes"] && !ascii {
				continue // the deliberate differences: covered by TestDifferences and by the row-wise reference
			}
			want, err := vm.Run(program, row)
			if err != nil {
				continue // no value, no claim
			}
			if !sameValue(want, got[i]) {
				t.Fatalf("%s\nrow %d %v\nvm: %#v\ncolumnar: %v", source, i, used(row, g.used), want, got[i])
			}
		}
	})
}

func vmProgram(t interface{ Fatalf(string, ...any) }, source string) *vm.Program {
	tree, err := parser.Parse(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	program, err := compiler.Compile(tree, nil)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return program
}

// outcome is what an expression gives for a row: a value, nil for null, or an error.
type outcome struct {
	value any
	code  string
}

func (o outcome) String() string {
	if o.code != "" {
		return "error " + o.code
	}
	return fmt.Sprintf("%#v", o.value)
}

type compileFunc func(expression.Scope, ...dsl.Expression) (*expression.Program, source.Diagnostics)

type fatal interface {
	Helper()
	Fatalf(string, ...any)
}

func evaluate(t fatal, mem memory.Allocator, compile compileFunc, schema *schemas.Schema, text string, record arrow.RecordBatch) []outcome {
	t.Helper()
	p, ds := compile(expression.Scope{Columns: schema}, dsl.NewExpression("oracle", text))
	if p == nil {
		t.Fatalf("%s does not compile:\n%s", text, ds.Render())
	}
	return evaluateProgram(t, mem, p, text, record)
}

func evaluateProgram(t fatal, mem memory.Allocator, p *expression.Program, text string, record arrow.RecordBatch) []outcome {
	t.Helper()
	ev := p.NewEvaluator(mem)
	defer ev.Release()
	var out []outcome
	for range 2 { // twice: what is kept between batches must not matter
		arrays, failed, err := ev.Eval(context.Background(), expression.Rows{Columns: record, Now: oracleNow})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if want := p.Result(0).Type.Arrow(); !arrow.TypeEqual(want, arrays[0].DataType()) {
			t.Fatalf("%s: array of %s, want %s", text, arrays[0].DataType(), want)
		}
		out = make([]outcome, arrays[0].Len())
		for i := range out {
			out[i].value = goValue(arrays[0], i)
		}
		for _, f := range failed {
			if out[f.Row].value != nil {
				t.Fatalf("%s: row %d failed and has the value %v", text, f.Row, out[f.Row].value)
			}
			out[f.Row].code = f.Code
		}
		arrays[0].Release()
	}
	return out
}
