package group

import (
	"slices"
	"time"
)

// Member is a member of a group.
type Member struct {
	ID         uint32 // counts within the group; not the client
	Client     uint32
	Partitions []uint32 // in the order of their dealing, with those that are pending
	Pending    []Revocation

	turn int
}

// Revocation is a partition on its way to another member.
type Revocation struct {
	Partition uint32
	Target    uint32 // member ID
	Since     time.Time
}

// Group is the members of a consumer group and who owns what. It is not safe for concurrent use.
type Group struct {
	partitions uint32
	members    []*Member // by ID
	polled     map[uint32]uint64
	committed  func(partition uint32) (offset uint64, ok bool)
}

// New returns a group without members on the partitions 0 to partitions-1. committed gives the offset that the group has
// stored for a partition.
func New(partitions uint32, committed func(partition uint32) (offset uint64, ok bool)) *Group {
	return &Group{partitions: partitions, polled: map[uint32]uint64{}, committed: committed}
}

// Members are the members by ID. They are the group's own and may only be read.
func (g *Group) Members() []*Member { return g.members }

// Member is the member of a client, or nil.
func (g *Group) Member(client uint32) *Member {
	for _, m := range g.members {
		if m.Client == client {
			return m
		}
	}
	return nil
}

// Join makes client a member; a client that is one already changes nothing.
func (g *Group) Join(client uint32, now time.Time) {
	if g.Member(client) != nil {
		return
	}
	id := uint32(0)
	if n := len(g.members); n > 0 {
		id = g.members[n-1].ID + 1
	}
	joined := &Member{ID: id, Client: client}
	g.members = append(g.members, joined)
	if len(g.members) == 1 {
		g.deal()
		return
	}
	g.revoke(now)
	g.Settle()
}

// Leave removes the member of client and deals all partitions anew. It reports whether there was one.
func (g *Group) Leave(client uint32) bool {
	i := slices.IndexFunc(g.members, func(m *Member) bool { return m.Client == client })
	if i < 0 {
		return false
	}
	g.members = slices.Delete(g.members, i, i+1)
	g.deal()
	return true
}

// Resize sets the number of partitions and deals all of them anew.
func (g *Group) Resize(partitions uint32) {
	g.partitions = partitions
	for p := range g.polled {
		if p >= partitions {
			delete(g.polled, p)
		}
	}
	g.deal()
}

// deal gives every partition an owner, in turn, and forgets what was pending.
func (g *Group) deal() {
	for _, m := range g.members {
		m.Partitions, m.Pending = nil, nil
	}
	if len(g.members) == 0 {
		return
	}
	for p := range g.partitions {
		m := g.members[int(p)%len(g.members)]
		m.Partitions = append(m.Partitions, p)
	}
}

// revoke marks what members own beyond their share as pending, for the members that own nothing and expect nothing.
func (g *Group) revoke(now time.Time) {
	idle := g.idle()
	if len(idle) == 0 {
		return
	}
	share, larger := int(g.partitions)/len(g.members), int(g.partitions)%len(g.members)
	turn := 0
	for _, m := range g.members {
		allowed := share
		held := len(m.Partitions) - len(m.Pending)
		if larger > 0 && held > share {
			allowed++
			larger--
		}
		for i := len(m.Partitions) - 1; i >= 0 && held > allowed; i-- {
			p := m.Partitions[i]
			if m.pends(p) {
				continue
			}
			m.Pending = append(m.Pending, Revocation{Partition: p, Target: idle[turn%len(idle)].ID, Since: now})
			turn++
			held--
		}
	}
}

func (g *Group) idle() (out []*Member) {
	for _, m := range g.members {
		if len(m.Partitions) == 0 && !slices.ContainsFunc(g.members, func(o *Member) bool {
			return slices.ContainsFunc(o.Pending, func(r Revocation) bool { return r.Target == m.ID })
		}) {
			out = append(out, m)
		}
	}
	return out
}

func (m *Member) pends(partition uint32) bool {
	return slices.ContainsFunc(m.Pending, func(r Revocation) bool { return r.Partition == partition })
}

// Owns tells whether client may poll the partition and store its offset: it owns it, or has it pending.
func (g *Group) Owns(client, partition uint32) bool {
	m := g.Member(client)
	return m != nil && slices.Contains(m.Partitions, partition)
}

// Turn is the partition that a poll of client without one reads: the next of those that it owns and that do not move away.
// advance is false for what does not count as a poll. ok is false where it has none.
func (g *Group) Turn(client uint32, advance bool) (partition uint32, ok bool) {
	m := g.Member(client)
	if m == nil {
		return 0, false
	}
	steady := len(m.Partitions) - len(m.Pending)
	if steady == 0 {
		return 0, false
	}
	at := m.turn % steady
	if advance {
		m.turn = (at + 1) % steady
	}
	for _, p := range m.Partitions {
		if m.pends(p) {
			continue
		}
		if at == 0 {
			return p, true
		}
		at--
	}
	return 0, false
}

// Polled notes that the owner of a partition was given messages up to last.
func (g *Group) Polled(partition uint32, last uint64) { g.polled[partition] = last }

// Forget says that what was polled is gone: nothing of it is waited for any more.
func (g *Group) Forget() {
	clear(g.polled)
	g.Settle()
}

// Settle moves the pending partitions whose owners have committed all that they polled. It is called after each commit.
func (g *Group) Settle() {
	g.complete(func(r Revocation) bool {
		last, polled := g.polled[r.Partition]
		if !polled {
			return true
		}
		stored, ok := g.committed(r.Partition)
		return ok && stored >= last
	})
}

// Expire moves the pending partitions that have waited for longer than timeout, whatever is in flight.
func (g *Group) Expire(now time.Time, timeout time.Duration) {
	g.complete(func(r Revocation) bool { return now.Sub(r.Since) >= timeout })
}

func (g *Group) complete(done func(Revocation) bool) {
	for _, m := range g.members {
		for _, r := range slices.Clone(m.Pending) {
			if !done(r) {
				continue
			}
			m.Pending = slices.DeleteFunc(m.Pending, func(o Revocation) bool { return o.Partition == r.Partition })
			m.Partitions = slices.DeleteFunc(m.Partitions, func(p uint32) bool { return p == r.Partition })
			// The target is a member: one that leaves takes all that is pending with it.
			i := slices.IndexFunc(g.members, func(t *Member) bool { return t.ID == r.Target })
			g.members[i].Partitions = append(g.members[i].Partitions, r.Partition)
		}
	}
}
