package expression_test

import (
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

// FuzzCompile: no panic, no finding outside the source, a program or an error; and what compiles evaluates without a
// panic, alike by kernels and row by row.
func FuzzCompile(f *testing.F) {
	for _, seed := range append(mappingM6, filterF1, `let x = status; any([x], # > 5 ? true : nil)`, `a ==`, `"\xff`, `reduce(1..9, #acc + #)`,
		`{a: device, b: [region]}`, `device?.os ?? "x"`, `ts.In(timezone("Europe/Berlin")).Format("15")`, `status in 1..5 and not (region in ["x"])`,
		`fromJSON(event).a[0]`, `sortBy([3, 1], -#, "desc")[1:]`, "`a``b`", `region[-1:]`, `ts.Format("015")`, `1_000.5e-3 ** .5`, `b"x" == b"\x00"`) {
		f.Add(seed)
	}
	record := events(arrowtest.Allocator(nopTest{}), 5)
	f.Fuzz(func(t *testing.T, text string) {
		e := dsl.NewExpression("fuzz", text)
		scope := expression.Scope{Columns: eventSchema}
		p, ds := expression.Compile(scope, e)
		if (p == nil) != ds.HasErrors() {
			t.Fatalf("program %v with findings %v", p, ds)
		}
		for _, d := range ds {
			if !d.Range.Within(e.Range.File.Data) {
				t.Errorf("finding outside the source: %v", d)
			}
			_ = d.Render()
		}
		if p == nil {
			return
		}
		mem := arrowtest.Allocator(t)
		byKernels := evaluateProgram(t, mem, p, text, record)
		if strings.Contains(text, "random") {
			return
		}
		rows, _ := expression.CompileRows(scope, e)
		if rows == nil {
			return // too large for the VM alone
		}
		for i, got := range evaluateProgram(t, mem, rows, text, record) {
			if got.code != "limit-exceeded" && byKernels[i].code != "limit-exceeded" && !agree(byKernels[i], got) {
				t.Errorf("row %d: %v by kernels, %v row by row", i, byKernels[i], got)
			}
		}
	})
}
