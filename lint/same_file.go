package lint

import (
	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// sameFile refuses outputs that would write over each other or over the input: both would be lost.
func sameFile(p *engine.Plan) (ds source.Diagnostics) {
	taken := map[string]string{}
	for _, path := range dsl.PathsOf(p.Input.Config) {
		taken[path.Value] = "the input reads"
	}
	for _, n := range []*engine.Node{p.Output, p.DeadLetter} {
		if n == nil {
			continue
		}
		for _, path := range dsl.PathsOf(n.Config) {
			if who, clash := taken[path.Value]; clash {
				ds = append(ds, source.Diagnostic{
					Code: "same-file", Range: path.Range, Found: "`" + n.Component.Path + "` writes the file that " + who + ": " + path.Written,
					Expected: "a file of its own for each",
				})
			}
			taken[path.Value] = "`" + n.Component.Path + "` writes"
		}
	}
	return ds
}
