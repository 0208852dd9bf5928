package lint

import (
	"path/filepath"
	"slices"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// covers reports whether a path of an input, which may be a pattern, is or matches another one.
func covers(read, written string) bool {
	match, err := filepath.Match(read, written)
	return read == written || err == nil && match
}

// sameFile refuses outputs that would write over each other or over the input: both would be lost.
func sameFile(p *engine.Plan) (ds source.Diagnostics) {
	var reads []dsl.Path
	for _, n := range p.Inputs {
		reads = append(reads, dsl.PathsOf(n.Config)...)
	}
	taken := map[string]string{}
	for _, n := range []*engine.Node{p.Output, p.DeadLetter} {
		if n == nil {
			continue
		}
		for _, path := range dsl.PathsOf(n.Config) {
			who, clash := taken[path.Value]
			if slices.ContainsFunc(reads, func(read dsl.Path) bool { return covers(read.Value, path.Value) }) {
				who, clash = "the input reads", true
			}
			if clash {
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
