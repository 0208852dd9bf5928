package lint

import (
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// unusedVars warns of vars that nothing reads: mostly a misspelt name elsewhere, or a setting that has no effect.
func unusedVars(p *engine.Plan) (ds source.Diagnostics) {
	for _, v := range p.Document.Vars {
		if mentions(p.Document.Root, "vars."+v.Name) || mentions(p.Document.Root, `vars["`+v.Name+`"]`) {
			continue
		}
		ds = append(ds, source.Diagnostic{
			Code: "unused-var", Severity: source.Warning, Range: p.Document.Root.Field("vars").Field(v.Name).KeyRange,
			Found: "nothing reads the var `" + v.Name + "`", Fix: "use it as vars." + v.Name + " in an expression or ${vars." + v.Name + "} in a text, or remove it",
		})
	}
	return ds
}

// mentions reports whether a scalar below n has text in it.
func mentions(n *dsl.Node, text string) bool {
	if strings.Contains(n.Text, text) {
		return true
	}
	for _, e := range n.Entries {
		if mentions(e, text) {
			return true
		}
	}
	for _, i := range n.Items {
		if mentions(i, text) {
			return true
		}
	}
	return false
}
