package engine_test

import (
	"errors"
	"maps"
	"slices"

	"github.com/iggy-flow/iggy-flow/engine"
)

// commit does the next small thing of a commit: it begins one, sends one target its part, or tells.
func (r *replica) commit() {
	if r.job == nil {
		r.beginJob()
		return
	}
	var todo []int
	for i, p := range r.job.parcels {
		if p != nil && !r.job.done[i] {
			todo = append(todo, i)
		}
	}
	if len(todo) == 0 || r.g.broken == toldEarly && len(todo) < len(r.parts) {
		r.finish()
		return
	}
	i := todo[r.g.rng.IntN(len(todo))]
	switch err := r.send(i); {
	case err == nil:
		r.job.done[i] = true
	case errors.Is(err, errUnanswered) && r.g.broken == unansweredIsDone:
		r.job.done[i] = true
	case errors.Is(err, errUnanswered), errors.Is(err, errConflict): // tried again
	default:
		r.refused(i, err)
	}
}

// beginJob joins the committables of some epochs, from the oldest on.
func (r *replica) beginJob() {
	least := r.g.collect
	if r.asked {
		least = 1
	}
	if len(r.open) < least {
		return
	}
	n := least + r.g.rng.IntN(len(r.open)-least+1)
	if r.asked {
		n = len(r.open)
	}
	j := &job{epochs: n, parcels: make([]*parcel, len(r.parts)), done: make([]bool, len(r.parts))}
	for _, e := range r.open[:n] {
		for i, p := range e.parcels {
			switch {
			case p == nil:
			case j.parcels[i] == nil:
				j.parcels[i] = p
			default:
				joined, err := r.g.join(j.parcels[i].covers, p.covers)
				if err != nil {
					r.g.violate("%s: %v", r.name, err)
					return
				}
				j.parcels[i] = &parcel{
					ids: slices.Concat(j.parcels[i].ids, p.ids), covers: joined, rows: slices.Concat(j.parcels[i].rows, p.rows),
				}
			}
		}
	}
	r.job, r.asked = j, false
}

// join is Covers.Then, or what is left of it when a rule is broken.
func (g *group) join(first, later engine.Covers) (engine.Covers, error) {
	joined, err := first.Then(later)
	if err != nil {
		return nil, err
	}
	for split, l := range later {
		f, both := first[split]
		switch {
		case !both:
		case g.broken == joinedKnownOfLater:
			joined[split] = l
		case g.broken == joinedToOfLater:
			joined[split] = engine.Cover{Known: f.Known, To: l.To}
		}
	}
	return joined, nil
}

var errUnanswered = errors.New("no answer")

// send asks a target for its commit. Without an answer the request may have landed, land later, or never.
func (r *replica) send(i int) error {
	p := r.job.parcels[i]
	q := &request{sink: i, version: r.g.sinks[i].version, parcel: p, told: maps.Clone(r.told)}
	if r.g.broken == toldWithItself {
		for _, e := range r.open[:r.job.epochs] {
			raise(q.told, e.to)
		}
	}
	fate := r.g.rng.IntN(10)
	if r.g.calm || r.g.ending {
		fate = 9
	}
	switch fate {
	case 0: // refused, and the answer says so
		return errConflict
	case 1: // it lands, and the answer is lost
		p.unanswered++
		_ = r.g.land(q)
		return errUnanswered
	case 2, 3, 4:
		p.unanswered++
		r.g.requests = append(r.g.requests, q)
		return errUnanswered
	default:
		return r.g.land(q)
	}
}

// finish tells what is committed: first to itself, for the records of later commits, then to the broker.
func (r *replica) finish() {
	done := r.open[:r.job.epochs]
	r.open, r.job = r.open[r.job.epochs:], nil
	for _, e := range done {
		r.tell(e.to)
		r.giveUp(e.gone)
	}
}

func (r *replica) tell(at engine.Positions) {
	raise(r.told, at)
	for i, s := range r.g.splits {
		p, ok := at[s.name]
		if ok && (r.g.calm || r.g.chance(80)) { // else the broker does not get it, or refuses it from who lost the split
			r.g.store(i, p)
		}
	}
}

func raise(p, q engine.Positions) {
	for split, at := range q {
		if at.Ordinal > p[split].Ordinal {
			p[split] = at
		}
	}
}

// refused is what a replica does when a target has refused its commit for good.
func (r *replica) refused(failed int, cause error) {
	g := r.g
	if !errors.Is(cause, engine.ErrThrownBack) {
		g.violate("%s: %v", r.name, cause)
	}
	if g.allowed--; g.calm || g.ending && g.allowed < 0 {
		g.violate("%s is thrown back, and no other replica has done anything", r.name)
	}
	if g.broken == onlyFailedThrownBack {
		for _, e := range r.open {
			e.parcels[failed] = nil
		}
		r.parts[failed].rows, r.job.parcels[failed], r.job.done[failed] = nil, nil, true
		clear(r.parts[failed].known)
		return
	}
	r.throwBack(cause)
}

// throwBack forgets everything that is open, and reads the splits that are held again from a start found anew.
func (r *replica) throwBack(cause error) {
	g := r.g
	g.note("%s is thrown back: %v", r.name, cause)
	discarded := r.open
	if r.job != nil {
		for _, p := range r.job.parcels {
			if p != nil && (p.unanswered == 0 || g.broken == filesDeletedUnderCommit) {
				p.deleted = true
			}
		}
	}
	if g.broken == laterEpochsKept && r.job != nil {
		discarded = r.open[:r.job.epochs]
	}
	r.open, r.job, r.asked = r.open[len(discarded):], nil, false
	for i := range r.parts {
		r.parts[i].rows = nil
		if g.broken != knownKeptOverThrowBack {
			clear(r.parts[i].known)
		}
	}
	for _, e := range discarded {
		r.giveUp(e.gone) // nothing of them is left here
	}
	for _, split := range slices.Sorted(maps.Keys(r.holds)) {
		switch h := r.holds[split]; {
		case h.revoked:
			r.giveUp([]int{split})
			delete(r.holds, split)
		case g.broken != notReadAgain:
			h.next, h.read = r.begin(split), false
		}
	}
}

// giveUp lets the broker move splits on that this process was asked for.
func (r *replica) giveUp(splits []int) {
	for _, split := range splits {
		if s := r.g.splits[split]; s.owner == r && s.next != nil {
			r.g.assign(s, s.next)
		}
	}
}
