package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ErrThrownBack is wrapped by the error of a commit behind shared splits whose positions another replica has moved. Every
// open epoch of this process is thrown away, nothing is told, and the splits that it still owns are read again.
var ErrThrownBack = errors.New("another replica has written these records")

// Cover is what a committable says of one split that its process owned at the barrier: the rows from Known to To are in
// the committable, as far as the target gets any.
type Cover struct {
	Known *Position `json:"known,omitempty"` // in the target when the split's first row met it; nil for absent
	To    Position  `json:"to"`
}

// Sets is the position that the split has in the target once the committable is committed: what is known to the process
// that made it, from then on.
func (c Cover) Sets() Position {
	if c.Known == nil {
		return c.To
	}
	return c.Known.furthest(c.To)
}

// Covers are keyed by split.
type Covers map[string]Cover

// Then joins the covers of a later committable of the same process and target to c, for one commit that does what both
// would do one after the other. The later one may end before c does: a split that was lost and has come back is read
// again, and its rows below c are dropped.
func (c Covers) Then(later Covers) (Covers, error) {
	both := maps.Clone(c)
	for split, l := range later {
		first, ok := both[split]
		switch {
		case !ok:
			both[split] = l
		case l.Known == nil || !l.Known.same(first.Sets()):
			return nil, Permanent(fmt.Errorf("split %s: a committable goes on from %s, and the one before it ends at record %d: this is a bug in iggy-flow",
				split, ordinalText(l.Known), first.Sets().Ordinal))
		default:
			both[split] = Cover{Known: first.Known, To: first.To.furthest(l.To)}
		}
	}
	return both, nil
}

// Advance is the compare-and-swap of shared splits: it returns the record that a target gets with a commit, whose rows
// are those of covers. Every position must be the known one still: else another replica has moved it, and the error
// wraps ErrThrownBack. Positions only grow, and those of splits that are not covered stay. A nil r is a target without a
// record. Told are the positions below which every target had committed before this commit.
func (r *Record) Advance(covers Covers, commit string, told Positions) (*Record, error) {
	next := &Record{Commit: commit, Positions: Positions{}, Told: Positions{}}
	if r != nil {
		maps.Copy(next.Positions, r.Positions)
		maps.Copy(next.Told, r.Told)
	}
	for _, split := range slices.Sorted(maps.Keys(covers)) {
		c := covers[split]
		at, there := next.Positions[split]
		switch {
		case c.Known == nil && there:
			return nil, fmt.Errorf("split %s is at record %d, and was absent: %w", split, at.Ordinal, ErrThrownBack)
		case c.Known != nil && (!there || !at.same(*c.Known)):
			return nil, fmt.Errorf("split %s is not at record %d any more: %w", split, c.Known.Ordinal, ErrThrownBack)
		}
		next.Positions[split] = c.Sets()
	}
	next.Told.Raise(told)
	return next, nil
}

// same reports whether p and q name the same record of the same incarnation.
func (p Position) same(q Position) bool {
	return p.Ordinal == q.Ordinal && p.Incarnation == q.Incarnation && p.Fingerprint == q.Fingerprint
}

// furthest is the greater of p and q; p where they are equal, and q where it is of another incarnation.
func (p Position) furthest(q Position) Position {
	if q.Ordinal > p.Ordinal || q.Incarnation != p.Incarnation {
		return q
	}
	return p
}

// Raise sets every split of p to the greater of both positions.
func (p Positions) Raise(q Positions) {
	for split, at := range q {
		if old, ok := p[split]; ok {
			at = old.furthest(at)
		}
		p[split] = at
	}
}

// Begin is where a split that was acquired, or thrown back, is read from: the greater of the position that its source
// stores, which may be none, and of what the targets were told. It is a shortcut: rows that a target holds are dropped
// before it in any case.
func Begin(stored *Position, told ...Position) *Position {
	begin := stored
	for _, t := range told {
		if begin == nil || t.Incarnation == begin.Incarnation && t.Ordinal > begin.Ordinal {
			begin = &t
		}
	}
	return begin
}

func ordinalText(p *Position) string {
	if p == nil {
		return "nowhere"
	}
	return fmt.Sprintf("record %d", p.Ordinal)
}
