package lint

import (
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// shadowedRoots warns of columns that expressions cannot name because a root of every expression has their name.
func shadowedRoots(p *engine.Plan) (ds source.Diagnostics) {
	for _, n := range p.Nodes() {
		if n.Processor == nil && n.Input == nil {
			continue
		}
		for _, root := range []string{"meta", "vars"} {
			_, after, _ := n.Out.Columns.Lookup(root)
			before := -1
			if n.In.Columns != nil {
				_, before, _ = n.In.Columns.Lookup(root)
			}
			if after >= 0 && before < 0 {
				ds = append(ds, source.Diagnostic{
					Code: "shadowed-root", Severity: source.Warning, Range: n.Component.NameRange,
					Found: "a column is called `" + root + "`, and so is a root of every expression, which wins",
					Fix:   "write `$env[\"" + root + "\"]` for the column, or rename it",
				})
			}
		}
	}
	return ds
}
