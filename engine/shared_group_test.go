package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/iggy-flow/iggy-flow/engine"
)

// sharedSplit is one split of the source, and what the broker knows of it.
type sharedSplit struct {
	name       string
	route      []int // the target of each record; -1 for a record that is filtered
	stored     *engine.Position
	olds       []engine.Position // every position that was ever stored
	owner      *replica
	assignment int      // raised with each change of owner
	next       *replica // who gets it once the owner has given it up; nil when nobody waits
}

func (s *sharedSplit) at(ordinal int64) engine.Position {
	return engine.Position{Ordinal: ordinal, Fingerprint: fmt.Sprintf("%s/%d", s.name, ordinal)}
}

// sharedRow is a record on its way to a target.
type sharedRow struct {
	split   int
	ordinal int64
}

// parcel is a committable, or several of them joined.
type parcel struct {
	ids        []string
	covers     engine.Covers
	rows       []sharedRow
	deleted    bool
	unanswered int // requests of its commit that may still land
}

// request is a commit on its way to a target.
type request struct {
	sink    int
	version int
	parcel  *parcel
	told    engine.Positions
}

// group is what outlives its replicas: a broker that deals splits to them, targets, and requests under way.
type group struct {
	rng    *rand.Rand
	broken string // the rule that is left out; "" for none

	calm    bool // splits move only gracefully and nothing fails: then nothing may be thrown back
	strict  bool // a target refuses what was made for an older version, as a catalog does; else it compares when it lands
	forgets bool // a target recognises its last commit alone, not every one
	named   bool // the document names its targets, so that their told is looked at from the start
	collect int  // least epochs in a commit that nobody asked for

	splits   []*sharedSplit
	sinks    []*sink
	replicas []*replica
	requests []*request // that may land at any time; nobody waits for their answers

	ending  bool // all faults have stopped, and one replica is left
	allowed int  // times that it may be thrown back
	landed  int  // commits
	ids     int
	wrong   string // the first violation
	trace   []string
}

func newGroup(seed uint64, broken string) *group {
	rng := rand.New(rand.NewPCG(seed, 0x5eed))
	g := &group{
		rng: rng, broken: broken, calm: rng.IntN(5) == 0, strict: rng.IntN(2) == 0, forgets: rng.IntN(3) == 0,
		named: rng.IntN(2) == 0, collect: 1 + rng.IntN(2),
	}
	for i := range 2 + rng.IntN(2) {
		s := &sharedSplit{name: string(rune('a' + i)), route: make([]int, 3+rng.IntN(9))}
		for o := range s.route {
			s.route[o] = rng.IntN(7)/3 - rng.IntN(7)/6 // both targets, and seldom none
			s.route[o] = min(s.route[o], 1)
		}
		g.splits = append(g.splits, s)
	}
	for range 2 {
		g.sinks = append(g.sinks, &sink{rows: map[int][]int64{}, commits: map[string]bool{}})
	}
	for range 2 + rng.IntN(2) {
		g.replicas = append(g.replicas, newReplica(g))
	}
	for _, s := range g.splits {
		g.assign(s, g.replicas[rng.IntN(len(g.replicas))])
	}
	return g
}

func (g *group) note(format string, args ...any) {
	g.trace = append(g.trace, fmt.Sprintf(format, args...))
}

func (g *group) violate(format string, args ...any) {
	if g.wrong == "" {
		g.wrong = fmt.Sprintf(format, args...)
		g.note("VIOLATION: %s", g.wrong)
	}
}

func (g *group) chance(percent int) bool { return g.rng.IntN(100) < percent }

func (g *group) assign(s *sharedSplit, to *replica) {
	s.owner, s.next = to, nil
	s.assignment++
	g.note("broker: split %s to %s", s.name, to.name)
}

// store keeps a group's offset. The broker takes it from whoever sends it, also an older one.
func (g *group) store(split int, at engine.Position) {
	s := g.splits[split]
	g.checkDurable("stored offset", split, at.Ordinal)
	s.stored = &at
	s.olds = append(s.olds, at)
}

// disturb is a step of the world around the replicas.
func (g *group) disturb() {
	s := g.splits[g.rng.IntN(len(g.splits))]
	i := g.rng.IntN(len(g.replicas))
	r := g.replicas[i]
	if g.calm {
		if s.next == nil && s.owner != r {
			s.next = r
			g.note("broker: split %s is to move to %s", s.name, r.name)
		}
		return
	}
	switch g.rng.IntN(12) {
	case 0, 1, 2:
		s.next = r
		g.note("broker: split %s is to move to %s", s.name, r.name)
	case 3, 4:
		g.assign(s, r) // its owner is not asked, and may be r itself
	case 5:
		g.note("%s crashes", r.name)
		g.replicas[i] = newReplica(g)
		for _, s := range g.splits {
			if s.owner == r {
				g.assign(s, g.replicas[g.rng.IntN(len(g.replicas))])
			}
		}
	case 6, 7:
		r.stopped = !r.stopped
		g.note("%s stopped=%v", r.name, r.stopped)
	case 8:
		s.stored = nil
		if n := len(s.olds); n > 0 && g.chance(50) {
			s.stored = &s.olds[g.rng.IntN(n)]
		}
		g.note("broker: the stored offset of %s is %v", s.name, s.stored)
	default:
		g.landOne()
	}
}

// landOne lets a request land that nobody waits for, or loses it.
func (g *group) landOne() {
	if len(g.requests) == 0 {
		return
	}
	i := g.rng.IntN(len(g.requests))
	q := g.requests[i]
	g.requests = slices.Delete(g.requests, i, i+1)
	if g.chance(30) {
		return // it never arrives
	}
	before := g.landed
	err := g.land(q)
	g.note("late: commit %v to target %d: %v", q.parcel.ids, q.sink, err)
	if g.landed > before {
		g.allowed++
	}
}
