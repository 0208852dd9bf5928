package logserver

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// silence is how long a member may say nothing before its partitions are given to others.
const silence = time.Second

// errUnknown is the answer to a member that has left, or was thought dead.
var errUnknown = errors.New("unknown member")

// partition is one part of the log and who reads it.
type partition struct {
	end        int64 // behind the last visible record
	owner      int64 // 0 is nobody
	next       int64 // who gets it when the owner has given it up; 0 is nobody
	assignment int64
	olds       []int64 // every offset that was stored; the last one counts
	greatest   int64
}

// group deals partitions to members. It is guarded by the server's lock.
type group struct {
	random     *rand.Rand
	forgetful  bool
	partitions []*partition
	members    map[int64]time.Time // when each was heard of last
	ids        int64
	status     Status
}

func newGroup(partitions int, seed uint64, forgetful bool) *group {
	g := &group{random: rand.New(rand.NewPCG(seed, 1)), forgetful: forgetful, members: map[int64]time.Time{}}
	for range partitions {
		g.partitions = append(g.partitions, &partition{})
	}
	return g
}

func (g *group) join(now time.Time) int64 {
	g.ids++
	g.members[g.ids] = now
	g.deal()
	return g.ids
}

// leave takes a member's partitions away.
func (g *group) leave(member int64) {
	if _, known := g.members[member]; !known {
		return
	}
	delete(g.members, member)
	for _, p := range g.partitions {
		if p.next == member {
			p.next = 0
		}
		if p.owner == member {
			g.assign(p, p.next)
		}
	}
	g.deal()
}

// expire takes the partitions of silent members away.
func (g *group) expire(now time.Time) {
	for _, id := range slices.Sorted(maps.Keys(g.members)) {
		if now.Sub(g.members[id]) > silence {
			g.status.Expired++
			g.leave(id)
		}
	}
}

func (g *group) assign(p *partition, to int64) {
	if p.owner != 0 && to != 0 {
		g.status.Moves++
	}
	p.owner, p.next = to, 0
	p.assignment++
}

// deal spreads the partitions evenly: those without an owner at once, others when their owner has given them up.
func (g *group) deal() {
	ids := slices.Sorted(maps.Keys(g.members))
	if len(ids) == 0 {
		return
	}
	for i, p := range g.partitions {
		switch to := ids[i%len(ids)]; {
		case p.owner == 0:
			g.assign(p, to)
		case p.owner != to:
			p.next = to
		default:
			p.next = 0
		}
	}
}

func (g *group) owned(member int64, now time.Time) ([]Owned, error) {
	if _, known := g.members[member]; !known {
		return nil, errUnknown
	}
	g.members[member] = now
	var own []Owned
	for i, p := range g.partitions {
		if p.owner == member {
			own = append(own, Owned{Partition: i, Assignment: p.assignment, Revoked: p.next != 0})
		}
	}
	return own, nil
}

// release gives a partition on. An assignment that is over is nothing to give.
func (g *group) release(member int64, partition int, assignment int64) {
	p := g.partitions[partition]
	if p.owner != member || p.assignment != assignment {
		return
	}
	g.assign(p, p.next)
	g.deal()
}

// other is a member that does not own p, 0 when there is none.
func (g *group) other(p *partition) int64 {
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(g.members)), func(id int64) bool { return id == p.owner })
	if len(ids) == 0 {
		return 0
	}
	return ids[g.random.IntN(len(ids))]
}

func (g *group) move(partition int) { g.partitions[partition].next = g.other(g.partitions[partition]) }

func (g *group) steal(partition int) {
	p := g.partitions[partition]
	if to := g.other(p); to != 0 {
		g.assign(p, to)
	}
}

func (g *group) store(partition int, offset int64) {
	p := g.partitions[partition]
	p.olds = append(p.olds, offset)
	p.greatest = max(p.greatest, offset)
}

// stored is the last offset that was stored, -1 for none. A forgetful group answers one time in four with another.
func (g *group) stored(partition int) int64 {
	p := g.partitions[partition]
	if len(p.olds) == 0 {
		return -1
	}
	if !g.forgetful || g.random.IntN(4) > 0 {
		return p.olds[len(p.olds)-1]
	}
	g.status.Forgot++
	if g.random.IntN(4) == 0 {
		return -1
	}
	return p.olds[g.random.IntN(len(p.olds))]
}

// report is what the group has seen.
func (g *group) report() Status {
	s := g.status
	s.Members = len(g.members)
	for _, p := range g.partitions {
		s.Ends, s.Stored = append(s.Ends, p.end), append(s.Stored, p.greatest)
	}
	return s
}
