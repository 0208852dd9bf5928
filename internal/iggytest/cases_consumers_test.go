package iggytest_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

func testOffsets(t *testing.T, c suiteCase) {
	s := c.session(t)
	st, tp := topic(t, s, 2)
	for _, who := range []wire.Identifier{wire.ID(7), wire.Name("billing")} {
		consumer := wire.Consumer{Kind: wire.SingleConsumer, ID: who}
		on := func(do wire.Command, offset uint64) *wire.OnOffset {
			return &wire.OnOffset{Do: do, Consumer: consumer, Stream: st, Topic: tp, Partition: wire.OfPartition(1), Offset: offset}
		}
		s.refused(on(wire.GetOffset, 0), &wire.StoredOffset{}, wire.ErrAbsent)
		s.run(sendTo(st, tp, 1, numbered("m", 10)...))
		current := batch(s, poll(st, tp, 1, wire.FromOffset(0), 0)).Current
		for _, offset := range []uint64{6, 2} { // going back is allowed
			s.run(on(wire.StoreOffset, offset))
			got := must[wire.StoredOffset](s, on(wire.GetOffset, 0))
			if want := (wire.StoredOffset{Partition: 1, Current: current, Stored: offset}); got != want {
				t.Errorf("stored %+v, want %+v", got, want)
			}
		}
		s.refused(on(wire.StoreOffset, current+1), nil, wire.InvalidOffset)
		next := &wire.Poll{Consumer: consumer, Stream: st, Topic: tp, Partition: wire.OfPartition(1), Strategy: wire.Strategy{Kind: wire.Next}, Count: 2}
		if b := batch(s, next); !slices.Equal(b.Offset, []uint64{3, 4}) {
			t.Errorf("next gives %v, want 3 and 4", b.Offset)
		}
		s.run(on(wire.DeleteOffset, 0))
		s.refused(on(wire.GetOffset, 0), &wire.StoredOffset{}, wire.ErrAbsent)
		if b := batch(s, next); !slices.Equal(b.Offset, []uint64{0, 1}) {
			t.Errorf("next gives %v after the offset was deleted, want 0 and 1", b.Offset)
		}
	}
	empty := &wire.OnOffset{Do: wire.StoreOffset, Consumer: wire.Consumer{Kind: wire.SingleConsumer, ID: wire.ID(1)}, Stream: st, Topic: tp, Partition: wire.OfPartition(0)}
	s.refused(empty, nil, wire.InvalidOffset)
}

func testAutoCommit(t *testing.T, c suiteCase) {
	s := c.session(t)
	st, tp := topic(t, s, 1)
	s.run(sendTo(st, tp, 0, numbered("m", 10)...))
	consumer := wire.Consumer{Kind: wire.SingleConsumer, ID: wire.Name("auto")}
	ask := func(from wire.Strategy, count uint32) []uint64 {
		return batch(s, &wire.Poll{Consumer: consumer, Stream: st, Topic: tp, Partition: wire.OfPartition(0), Strategy: from, Count: count, AutoCommit: true}).Offset
	}
	stored := func() uint64 {
		return must[wire.StoredOffset](s, &wire.OnOffset{Do: wire.GetOffset, Consumer: consumer, Stream: st, Topic: tp, Partition: wire.OfPartition(0)}).Stored
	}
	for _, want := range [][]uint64{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}, nil} {
		if got := ask(wire.Strategy{Kind: wire.Next}, 4); !slices.Equal(got, want) {
			t.Errorf("next gives %v, want %v", got, want)
		}
	}
	if v := stored(); v != 9 {
		t.Errorf("stored %d, want 9", v)
	}
	ask(wire.FromOffset(2), 2)
	if v := stored(); v != 9 {
		t.Errorf("stored %d after a poll of older messages, want 9 still", v)
	}
}

// member is a connection that may join the group "g".
type member struct {
	session
	stream, topic wire.Identifier
}

func (m member) on(do wire.Command) *wire.OnGroup {
	return &wire.OnGroup{Do: do, Stream: m.stream, Topic: m.topic, Group: wire.Name("g")}
}

var groupG = wire.Consumer{Kind: wire.GroupConsumer, ID: wire.Name("g")}

func (m member) poll(p wire.Partition, count uint32) *wire.Poll {
	return &wire.Poll{Consumer: groupG, Stream: m.stream, Topic: m.topic, Partition: p, Strategy: wire.Strategy{Kind: wire.Next}, Count: count}
}

func (m member) store(partition uint32, offset uint64) *wire.OnOffset {
	return &wire.OnOffset{Do: wire.StoreOffset, Consumer: groupG, Stream: m.stream, Topic: m.topic, Partition: wire.OfPartition(partition), Offset: offset}
}

// owned finds the member's partitions as a client has to: by polls for no messages, until they repeat.
func (m member) owned() []uint32 {
	m.t.Helper()
	var out []uint32
	for {
		p := batch(m.session, m.poll(wire.Partition{}, 0)).Partition
		if slices.Contains(out, p) {
			slices.Sort(out)
			return out
		}
		out = append(out, p)
	}
}

func (m member) group() wire.Group { return must[wire.Group](m.session, m.on(wire.GetGroup)) }

// members are n connections, and a topic of as many partitions with three messages in each. None has joined.
func members(t *testing.T, c suiteCase, n int, partitions uint32) []member {
	t.Helper()
	s := c.session(t)
	st, tp := topic(t, s, partitions)
	must[wire.Group](s, &wire.NewGroup{Stream: st, Topic: tp, Name: "g"})
	for p := range partitions {
		s.run(sendTo(st, tp, p, "a", "b", "c"))
	}
	out := []member{{s, st, tp}}
	for len(out) < n {
		out = append(out, member{c.session(t), st, tp})
	}
	return out
}

func testGroups(t *testing.T, c suiteCase) {
	m := members(t, c, 1, 3)[0]
	m.refused(&wire.NewGroup{Stream: m.stream, Topic: m.topic, Name: "g"}, &wire.Group{}, wire.GroupNameExists)
	other := must[wire.Group](m.session, &wire.NewGroup{Stream: m.stream, Topic: m.topic, Name: "h"})
	got := m.group()
	if got.Name != "g" || got.PartitionCount != 3 || got.MemberCount != 0 || len(got.Members) != 0 {
		t.Errorf("the group is %+v", got)
	}
	list := must[wire.Groups](m.session, &wire.OnTopic{Do: wire.GetGroups, Stream: m.stream, Topic: m.topic})
	if len(list) != 2 || list[0].Name != "g" || list[1].Name != "h" {
		t.Errorf("the groups are %+v", list)
	}
	m.run(&wire.OnGroup{Do: wire.DeleteGroup, Stream: m.stream, Topic: m.topic, Group: wire.ID(other.ID)})
	m.refused(&wire.OnGroup{Do: wire.GetGroup, Stream: m.stream, Topic: m.topic, Group: wire.Name("h")}, &wire.Group{}, wire.ErrAbsent)
	m.refused(&wire.OnGroup{Do: wire.JoinGroup, Stream: m.stream, Topic: m.topic, Group: wire.Name("h")}, nil, wire.GroupIDNotFound)

	m.refused(m.poll(wire.Partition{}, 1), &wire.Batch{}, wire.GroupMemberNotFound)
	m.run(m.on(wire.JoinGroup))
	m.run(m.on(wire.JoinGroup)) // changes nothing
	if got := m.group(); got.MemberCount != 1 || !slices.Equal(got.Members[0].Partitions, []uint32{0, 1, 2}) {
		t.Errorf("with one member the group is %+v", got)
	}
	seen := map[uint32][]string{}
	for range 3 {
		b := batch(m.session, m.poll(wire.Partition{}, 10))
		seen[b.Partition] = payloads(b)
	}
	abc := []string{"a", "b", "c"}
	if diff := cmp.Diff(map[uint32][]string{0: abc, 1: abc, 2: abc}, seen); diff != "" {
		t.Errorf("three polls (-want +got):\n%s", diff)
	}
	m.run(m.store(1, 1))
	m.run(m.on(wire.LeaveGroup))
	stored := must[wire.StoredOffset](m.session, &wire.OnOffset{Do: wire.GetOffset, Consumer: groupG, Stream: m.stream, Topic: m.topic, Partition: wire.OfPartition(1)})
	if want := (wire.StoredOffset{Partition: 1, Current: 2, Stored: 1}); stored != want {
		t.Errorf("the group's offset is %+v, want %+v", stored, want)
	}
}

func testTwoMembers(t *testing.T, c suiteCase) {
	pair := members(t, c, 2, 4)
	first, second := pair[0], pair[1]
	first.run(first.on(wire.JoinGroup))
	second.run(second.on(wire.JoinGroup)) // nothing was polled, so its share moves at once
	mine, theirs := first.owned(), second.owned()
	if len(mine) != 2 || len(theirs) != 2 || !slices.Equal(slices.Sorted(slices.Values(slices.Concat(mine, theirs))), []uint32{0, 1, 2, 3}) {
		t.Fatalf("the members own %v and %v; want two each", mine, theirs)
	}
	b := batch(first.session, first.poll(wire.OfPartition(mine[1]), 10))
	if b.Partition != mine[1] || b.Len() != 3 {
		t.Errorf("a poll of partition %d gives %d messages of %d", mine[1], b.Len(), b.Partition)
	}
	first.run(first.store(mine[1], 2))
	b = batch(first.session, first.poll(wire.OfPartition(theirs[1]), 10))
	if b.Partition != 0 || b.Len() != 0 || b.Current != 0 {
		t.Errorf("a poll of another's partition %d gives %d messages of partition %d up to %d; want nothing at all", theirs[1], b.Len(), b.Partition, b.Current)
	}
	first.refused(first.store(theirs[0], 1), nil, wire.NotResolvedConsumer)
}

func testGroupLeaves(t *testing.T, c suiteCase) {
	pair := members(t, c, 2, 3)
	first, second := pair[0], pair[1]
	first.run(first.on(wire.JoinGroup))
	second.run(second.on(wire.JoinGroup))
	second.run(second.on(wire.LeaveGroup))
	second.refused(second.on(wire.LeaveGroup), nil, wire.GroupMemberNotFound)
	if got := first.owned(); !slices.Equal(got, []uint32{0, 1, 2}) {
		t.Errorf("after the other left, the member owns %v", got)
	}
	third := member{c.session(t), first.stream, first.topic}
	third.run(third.on(wire.JoinGroup))
	third.close() // a disconnection is a leave, once the server sees it
	for first.group().MemberCount != 1 {
		first.run(wire.Bare(wire.Ping))
	}
	if got := first.owned(); !slices.Equal(got, []uint32{0, 1, 2}) {
		t.Errorf("after the other's connection closed, the member owns %v", got)
	}
}

// testPendingPartition: what was polled and not committed stays with its owner, for that owner's commit.
func testPendingPartition(t *testing.T, c suiteCase) {
	pair := members(t, c, 2, 2)
	first, second := pair[0], pair[1]
	first.run(first.on(wire.JoinGroup))
	for range 2 {
		batch(first.session, first.poll(wire.Partition{}, 10))
	}
	second.run(second.on(wire.JoinGroup))
	if got := first.owned(); !slices.Equal(got, []uint32{0}) {
		t.Fatalf("while a partition moves away, the first member polls %v; want 0 alone", got)
	}
	b := batch(second.session, second.poll(wire.Partition{}, 10))
	if b.Partition != 0 || b.Len() != 0 {
		t.Errorf("the second member polls %d messages of partition %d before it has one", b.Len(), b.Partition)
	}
	b = batch(first.session, first.poll(wire.OfPartition(1), 10))
	if b.Partition != 1 || b.Len() != 3 {
		t.Errorf("an explicit poll of the pending partition gives %d messages of partition %d; want its 3", b.Len(), b.Partition)
	}
	first.run(first.store(1, 2))
	if got := second.owned(); !slices.Equal(got, []uint32{1}) {
		t.Errorf("after the commit the second member owns %v, want 1", got)
	}
	first.refused(first.store(1, 2), nil, wire.NotResolvedConsumer)
}
