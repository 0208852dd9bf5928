package engine_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/iggy-flow/iggy-flow/engine"
)

// maxOpen is how many epochs of a replica may be open.
const maxOpen = 4

// replica is the memory of one process. All of it is lost in a crash, and kept by one that is merely stopped.
type replica struct {
	g       *group
	name    string
	stopped bool

	holds map[int]*hold // splits that it reads, by its belief
	parts []part        // of the running epoch, by target
	open  []*openEpoch  // between their barrier and told, oldest first
	job   *job          // the commit under way
	told  engine.Positions
	asked bool // a split is to be given up: commit at once

	givenUp map[int]int // the last assignment of each split that was revoked: that one does not come back
}

// hold is a split as its reader sees it. One that was revoked is read no further, and forgotten at the barrier.
type hold struct {
	assignment int
	next       int64
	read       bool // since the last barrier
	revoked    bool
}

// part is what a replica has for one target.
type part struct {
	opened bool
	known  map[int]*engine.Position // by split, as far as it was read; nil for absent
	rows   []sharedRow              // of the running epoch
}

// openEpoch is what a barrier has closed.
type openEpoch struct {
	to      engine.Positions
	parcels []*parcel // by target; nil for a target without rows
	gone    []int     // splits that are given up once the epoch is told
}

// job is a commit of the first epochs that are open.
type job struct {
	epochs  int
	parcels []*parcel // joined, by target
	done    []bool
}

func newReplica(g *group) *replica {
	g.ids++
	r := &replica{g: g, name: fmt.Sprintf("replica %d", g.ids), holds: map[int]*hold{}, told: engine.Positions{}, givenUp: map[int]int{}}
	for range g.sinks {
		r.parts = append(r.parts, part{opened: g.named, known: map[int]*engine.Position{}})
	}
	return r
}

// step does one small thing, and perhaps nothing.
func (r *replica) step() {
	switch n := r.g.rng.IntN(10); {
	case n < 2:
		r.learn(r.g.rng.IntN(len(r.g.splits)))
	case n < 6:
		r.read(r.g.rng.IntN(len(r.g.splits)))
	case n < 7 && len(r.open) < maxOpen:
		r.barrier()
	default:
		r.commit()
	}
}

// learn looks at what the broker says of one split.
func (r *replica) learn(split int) {
	s, h := r.g.splits[split], r.holds[split]
	ours := s.owner == r && r.givenUp[split] != s.assignment
	switch {
	case h == nil && ours:
		if r.g.broken != knownKeptOverLoss {
			for _, p := range r.parts {
				delete(p.known, split)
			}
		}
		r.holds[split] = &hold{assignment: s.assignment, next: r.begin(split)}
		r.g.note("%s acquires %s at %d", r.name, s.name, r.holds[split].next)
	case h == nil || h.revoked:
	case ours && h.assignment != s.assignment && r.g.chance(50):
		h.assignment = s.assignment // it was away meanwhile, and this process did not notice
	case !ours || h.assignment != s.assignment:
		delete(r.holds, split)
		r.g.note("%s loses %s at %d", r.name, s.name, h.next)
		// What was prepared covers the split. What was not cannot be committed any more, and need not wait to be refused.
		if (h.read || r.g.chance(20)) && r.g.broken != lostRowsKept {
			r.throwBack(errors.New("a split was lost"))
		}
	case s.next != nil:
		h.revoked, r.asked, r.givenUp[split] = true, true, s.assignment
		r.g.note("%s gives up %s at %d", r.name, s.name, h.next)
		if r.g.broken == givenUpUncommitted {
			r.g.assign(s, s.next)
		}
	}
}

// begin is where a split is read from.
func (r *replica) begin(split int) int64 {
	s := r.g.splits[split]
	var told []engine.Position
	for i, k := range r.g.sinks {
		if !r.parts[i].opened || k.record == nil {
			continue
		}
		from := k.record.Told
		if r.g.broken == beginsAtPositions {
			from = k.record.Positions
		}
		if at, ok := from[s.name]; ok {
			told = append(told, at)
		}
	}
	if at := engine.Begin(s.stored, told...); at != nil {
		return at.Ordinal
	}
	return 0
}

func (r *replica) read(split int) {
	h := r.holds[split]
	if h == nil || h.revoked {
		return
	}
	route := r.g.splits[split].route
	for n := r.g.rng.IntN(3); n >= 0 && h.next < int64(len(route)); n-- {
		ordinal := h.next
		h.next, h.read = ordinal+1, true
		to := route[ordinal]
		if to < 0 {
			continue
		}
		at := r.known(to, split)
		if at == nil || ordinal >= at.Ordinal || r.g.broken == nothingDropped {
			r.parts[to].rows = append(r.parts[to].rows, sharedRow{split, ordinal})
		}
	}
}

// known is the position of split in a target, as it will be when this process has committed all that is open.
func (r *replica) known(to, split int) *engine.Position {
	p, name := &r.parts[to], r.g.splits[split].name
	p.opened = true
	if at, ok := p.known[split]; ok {
		return at
	}
	p.known[split] = nil
	if rec := r.g.sinks[to].record; rec != nil {
		if at, ok := rec.Positions[name]; ok {
			p.known[split] = &at
		}
	}
	if r.g.broken == ownOpenForgotten {
		return p.known[split]
	}
	for _, e := range r.open {
		if e.parcels[to] != nil {
			if c, ok := e.parcels[to].covers[name]; ok {
				sets := c.Sets()
				p.known[split] = &sets
			}
		}
	}
	return p.known[split]
}

// barrier ends the running epoch.
func (r *replica) barrier() {
	e := &openEpoch{to: engine.Positions{}, parcels: make([]*parcel, len(r.parts))}
	held := slices.Sorted(maps.Keys(r.holds))
	for _, split := range held {
		s := r.g.splits[split]
		e.to[s.name] = s.at(r.holds[split].next)
	}
	for i := range r.parts {
		p := &r.parts[i]
		if len(p.rows) == 0 {
			continue
		}
		r.g.ids++
		c := &parcel{ids: []string{fmt.Sprintf("c%d", r.g.ids)}, covers: engine.Covers{}, rows: p.rows}
		for _, split := range held {
			hasRows := slices.ContainsFunc(p.rows, func(row sharedRow) bool { return row.split == split })
			if r.g.broken == onlyWithRows && !hasRows {
				continue
			}
			name := r.g.splits[split].name
			cover := engine.Cover{Known: r.known(i, split), To: e.to[name]}
			sets := cover.Sets()
			c.covers[name], p.known[split] = cover, &sets
		}
		e.parcels[i], p.rows = c, nil
		r.g.note("%s prepares %v for target %d: %v", r.name, c.ids, i, coversText(c.covers))
	}
	for _, split := range held {
		h := r.holds[split]
		h.read = false
		if !h.revoked {
			continue
		}
		e.gone = append(e.gone, split)
		if r.g.broken != revokedStaysCovered {
			delete(r.holds, split)
		}
	}
	if r.g.broken == storedAtBarrier {
		r.tell(e.to)
	}
	r.open = append(r.open, e)
}

func coversText(c engine.Covers) (out []string) {
	for _, split := range slices.Sorted(maps.Keys(c)) {
		known := "absent"
		if k := c[split].Known; k != nil {
			known = fmt.Sprint(k.Ordinal)
		}
		out = append(out, fmt.Sprintf("%s %s to %d", split, known, c[split].To.Ordinal))
	}
	return out
}
