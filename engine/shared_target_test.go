package engine_test

import (
	"errors"
	"maps"
	"slices"

	"github.com/iggy-flow/iggy-flow/engine"
)

// errConflict is what a target answers whose version is not the one that a request was made for.
var errConflict = errors.New("another commit came first")

// sink is a target: its record and its rows change in one step.
type sink struct {
	record  *engine.Record
	rows    map[int][]int64 // by split, in the order of their commits
	commits map[string]bool
	version int
}

// land is a target's side of a commit: the record is swapped and the rows are written in one step.
func (g *group) land(q *request) error {
	k, p := g.sinks[q.sink], q.parcel
	id := p.ids[len(p.ids)-1]
	if k.record != nil && k.record.Commit == id || !g.forgets && k.commits[id] {
		return nil
	}
	if g.strict && k.version != q.version {
		return errConflict
	}
	next, err := g.advance(k.record, p.covers, id, q.told)
	if err != nil {
		return err
	}
	if p.deleted {
		g.violate("target %d: a commit of deleted files has landed", q.sink)
	}
	for _, row := range p.rows {
		if had := k.rows[row.split]; len(had) > 0 && had[len(had)-1] >= row.ordinal {
			g.violate("target %d: record %s/%d is written behind %v", q.sink, g.splits[row.split].name, row.ordinal, had)
		}
		k.rows[row.split] = append(k.rows[row.split], row.ordinal)
	}
	k.record, k.version = next, k.version+1
	g.landed++
	for _, id := range p.ids {
		k.commits[id] = true
	}
	g.note("target %d: commit %v has landed: %v", q.sink, p.ids, next.Positions)
	for i, s := range g.splits {
		if told, ok := next.Told[s.name]; ok {
			g.checkDurable("told in a target", i, told.Ordinal)
		}
	}
	return nil
}

// advance is Record.Advance, or what is left of it when a rule is broken.
func (g *group) advance(r *engine.Record, covers engine.Covers, id string, told engine.Positions) (*engine.Record, error) {
	covers = maps.Clone(covers)
	for split, c := range covers {
		var at *engine.Position
		if r != nil {
			if p, ok := r.Positions[split]; ok {
				at = &p
			}
		}
		if g.broken == noCompare || g.broken == absentMayBeThere && c.Known == nil {
			covers[split] = engine.Cover{Known: at, To: c.To}
		}
	}
	next, err := r.Advance(covers, id, told)
	if err != nil {
		return nil, err
	}
	switch g.broken {
	case positionsAssigned:
		for split, c := range covers {
			next.Positions[split] = c.To
		}
	case otherSplitsDropped:
		maps.DeleteFunc(next.Positions, func(split string, _ engine.Position) bool { _, covered := covers[split]; return !covered })
	}
	return next, nil
}

// checkDurable holds whoever says that everything below ordinal is in its target to it.
func (g *group) checkDurable(who string, split int, ordinal int64) {
	s := g.splits[split]
	for o, to := range s.route[:ordinal] {
		if to >= 0 && !slices.Contains(g.sinks[to].rows[split], int64(o)) {
			g.violate("%s: everything below %s/%d is durable, but target %d lacks record %d", who, s.name, ordinal, to, o)
		}
	}
}
