package lint

import (
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// sharedSplits refuses what cannot be right behind an input whose splits move between replicas: an input of the other kind
// beside it, state that would have to move along, and files that every replica would write.
func sharedSplits(p *engine.Plan) (ds source.Diagnostics) {
	if !p.Shared() {
		return nil
	}
	var shared, fixed *engine.Node // the first of each kind
	for _, n := range p.Inputs {
		first := &fixed
		if n.Shared() {
			first = &shared
		}
		if *first == nil {
			*first = n
		}
	}
	if fixed != nil {
		ds = append(ds, source.Diagnostic{
			Code: "mixed-splits", Range: fixed.Component.NameRange,
			Found:    "`" + fixed.Component.Name + "` has fixed splits, and the replicas of this document share those of `" + shared.Component.Path + "`: each replica would read all of it",
			Expected: "inputs of one kind", Fix: engine.FixedSplitsFix + ", or write two documents",
		})
	}
	for _, n := range p.Processors() {
		if n.Stateful() {
			ds = append(ds, source.Diagnostic{
				Code: "shared-state", Range: n.Component.NameRange,
				Found:    "`" + n.Component.Name + "` carries something from record to record, and the splits of `" + shared.Component.Path + "` move between replicas without it",
				Expected: "processors that look at each record alone", Fix: engine.FixedSplitsFix,
			})
		}
	}
	return append(ds, sharedPaths(p)...)
}

// replica is what a path has where it is another one in every replica.
const replica = "{replica}"

// sharedPaths refuses paths that all replicas would write.
func sharedPaths(p *engine.Plan) (ds source.Diagnostics) {
	for _, n := range []*engine.Node{p.Output, p.DeadLetter} {
		if n == nil || n.Positioned() {
			continue
		}
		for _, path := range dsl.PathsOf(n.Config) {
			if strings.Contains(path.Value, replica) {
				continue
			}
			ds = append(ds, source.Diagnostic{
				Code: "shared-path", Range: path.Range, Found: "every replica of this document would write " + path.Written,
				Expected: "a path of its own for each", Fix: "write " + replica + " into it, such as `" + withReplica(path.Written) + "`",
			})
		}
	}
	return ds
}

// withReplica puts {replica} in front of a path's ending.
func withReplica(path string) string {
	folder, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		folder, name = path[:i+1], path[i+1:]
	}
	if i := strings.IndexByte(name, '.'); i > 0 {
		return folder + name[:i] + "-" + replica + name[i:]
	}
	return path + "-" + replica
}
