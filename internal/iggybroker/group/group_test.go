package group_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker/group"
)

const timeout = 30 * time.Second

// rig is a group with the offsets that it stored.
type rig struct {
	*group.Group
	stored map[uint32]uint64
	now    time.Time
}

func newRig(partitions uint32) *rig {
	r := &rig{stored: map[uint32]uint64{}, now: time.Unix(0, 0)}
	r.Group = group.New(partitions, func(p uint32) (uint64, bool) { v, ok := r.stored[p]; return v, ok })
	return r
}

func (r *rig) commit(partition uint32, offset uint64) {
	r.stored[partition] = offset
	r.Settle()
}

// owned is each member's partitions, those that are pending with the target behind them.
func (r *rig) owned() map[uint32][]string {
	out := map[uint32][]string{}
	for _, m := range r.Members() {
		list := []string{}
		for _, p := range m.Partitions {
			text := fmt.Sprint(p)
			for _, v := range m.Pending {
				if v.Partition == p {
					text += fmt.Sprint("->", v.Target)
				}
			}
			list = append(list, text)
		}
		out[m.Client] = list
	}
	return out
}

func (r *rig) want(t *testing.T, when string, want map[uint32][]string) {
	t.Helper()
	if diff := cmp.Diff(want, r.owned()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

func TestJoinTakesWhatWasNeverPolledAtOnce(t *testing.T) {
	r := newRig(3)
	r.Join(7, r.now)
	r.want(t, "alone", map[uint32][]string{7: {"0", "1", "2"}})
	r.Join(8, r.now)
	r.want(t, "after a second joined", map[uint32][]string{7: {"0", "1"}, 8: {"2"}})
	r.Join(8, r.now)
	r.want(t, "after it joined again", map[uint32][]string{7: {"0", "1"}, 8: {"2"}})
}

func TestPolledPartitionMovesWhenItsOwnerHasCommitted(t *testing.T) {
	r := newRig(2)
	r.Join(7, r.now)
	r.Polled(1, 41)
	r.Join(8, r.now)
	r.want(t, "before the commit", map[uint32][]string{7: {"0", "1->1"}, 8: {}})
	if p, ok := r.Turn(7, true); !ok || p != 0 {
		t.Errorf("polls %d, %v; want 0, the partition that stays", p, ok)
	}
	if p, ok := r.Turn(7, true); !ok || p != 0 {
		t.Errorf("then polls %d, %v; want 0 again", p, ok)
	}
	if !r.Owns(7, 1) || r.Owns(8, 1) {
		t.Error("a pending partition belongs to its old owner")
	}
	r.commit(1, 40)
	r.want(t, "after a commit of less", map[uint32][]string{7: {"0", "1->1"}, 8: {}})
	r.commit(1, 41)
	r.want(t, "after the commit", map[uint32][]string{7: {"0"}, 8: {"1"}})
	if r.Owns(7, 1) {
		t.Error("the old owner may still commit")
	}
}

func TestPendingPartitionMovesAfterTheTimeout(t *testing.T) {
	r := newRig(2)
	r.Join(7, r.now)
	r.Polled(1, 41)
	r.Join(8, r.now)
	r.Expire(r.now.Add(timeout-1), timeout)
	r.want(t, "before the timeout", map[uint32][]string{7: {"0", "1->1"}, 8: {}})
	r.Expire(r.now.Add(timeout), timeout)
	r.want(t, "at the timeout", map[uint32][]string{7: {"0"}, 8: {"1"}})
}

func TestLeavingDealsEverythingAnew(t *testing.T) {
	r := newRig(4)
	for client := uint32(1); client <= 3; client++ {
		r.Join(client, r.now)
	}
	r.Polled(1, 5)
	r.Leave(2)
	r.want(t, "after one left", map[uint32][]string{1: {"0", "2"}, 3: {"1", "3"}})
	r.Resize(5)
	r.want(t, "with a fifth partition", map[uint32][]string{1: {"0", "2", "4"}, 3: {"1", "3"}})
}

func TestMembersBeyondThePartitionsGetNothing(t *testing.T) {
	r := newRig(1)
	r.Join(1, r.now)
	r.Join(2, r.now)
	r.want(t, "two members", map[uint32][]string{1: {"0"}, 2: {}})
	if _, ok := r.Turn(2, true); ok {
		t.Error("a member without partitions has a turn")
	}
}

func TestTurnsGoRound(t *testing.T) {
	r := newRig(3)
	r.Join(1, r.now)
	var got []uint32
	for range 7 {
		p, _ := r.Turn(1, true)
		got = append(got, p)
	}
	if !slices.Equal(got, []uint32{0, 1, 2, 0, 1, 2, 0}) {
		t.Errorf("turns are %v", got)
	}
	a, _ := r.Turn(1, false)
	b, _ := r.Turn(1, false)
	if a != 1 || b != 1 {
		t.Errorf("looking moved the turn: %d, %d", a, b)
	}
}

// TestEveryPartitionHasOneOwner holds the invariants of the package through any sequence of events, and that polls without a
// partition reach every partition that stays.
func TestEveryPartitionHasOneOwner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partitions := rapid.Uint32Range(0, 9).Draw(t, "partitions")
		r := newRig(partitions)
		client := func(t *rapid.T) uint32 { return rapid.Uint32Range(1, 5).Draw(t, "client") }
		t.Repeat(map[string]func(*rapid.T){
			"join":   func(t *rapid.T) { r.Join(client(t), r.now) },
			"leave":  func(t *rapid.T) { r.Leave(client(t)) },
			"resize": func(t *rapid.T) { partitions = rapid.Uint32Range(0, 9).Draw(t, "partitions"); r.Resize(partitions) },
			"poll": func(t *rapid.T) {
				if p, ok := r.Turn(client(t), true); ok {
					r.Polled(p, rapid.Uint64Range(0, 9).Draw(t, "last"))
				}
			},
			"commit": func(t *rapid.T) {
				c, p := client(t), rapid.Uint32Range(0, 8).Draw(t, "partition")
				if r.Owns(c, p) {
					r.commit(p, rapid.Uint64Range(0, 9).Draw(t, "offset"))
				}
			},
			"time": func(t *rapid.T) {
				r.now = r.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second)
				r.Expire(r.now, timeout)
			},
			"": func(t *rapid.T) { checkOwners(t, r, partitions) },
		})
	})
}

func checkOwners(t *rapid.T, r *rig, partitions uint32) {
	owners := map[uint32]uint32{}
	for _, m := range r.Members() {
		for _, p := range m.Partitions {
			if other, taken := owners[p]; taken {
				t.Fatalf("partition %d belongs to %d and %d", p, other, m.Client)
			}
			if p >= partitions {
				t.Fatalf("partition %d of %d is owned", p, partitions)
			}
			owners[p] = m.Client
		}
		turns := map[uint32]bool{}
		for range m.Partitions {
			if p, ok := r.Turn(m.Client, true); ok {
				turns[p] = true
			}
		}
		if len(turns) != len(m.Partitions)-len(m.Pending) {
			t.Fatalf("client %d polls %d partitions of %d, %d pending", m.Client, len(turns), len(m.Partitions), len(m.Pending))
		}
		for _, v := range m.Pending {
			if turns[v.Partition] || !r.Owns(m.Client, v.Partition) {
				t.Fatalf("pending partition %d is polled, or lost", v.Partition)
			}
			if r.now.Sub(v.Since) >= timeout {
				t.Fatalf("partition %d is pending for %s", v.Partition, r.now.Sub(v.Since))
			}
		}
	}
	if len(r.Members()) > 0 && len(owners) != int(partitions) {
		t.Fatalf("%d of %d partitions are owned", len(owners), partitions)
	}
}

// TestJoinsShareEvenly: members that join a group whose work is committed hold as many partitions as each other, give or take
// one.
func TestJoinsShareEvenly(t *testing.T) {
	for partitions := range uint32(12) {
		r := newRig(partitions)
		for client := uint32(1); client <= 6; client++ {
			r.Join(client, r.now)
			least, most := int(partitions), 0
			for _, m := range r.Members() {
				least, most = min(least, len(m.Partitions)), max(most, len(m.Partitions))
			}
			if most-least > 1 {
				t.Errorf("%d members share %d partitions as %v", client, partitions, r.owned())
			}
		}
	}
}

// TestEachJoinTakesFromWhatStays: a member that waits for its partitions gets no more of them when the next one joins.
func TestEachJoinTakesFromWhatStays(t *testing.T) {
	r := newRig(5)
	r.Join(7, r.now)
	for p := range uint32(5) {
		r.Polled(p, 9)
	}
	r.Join(8, r.now)
	r.want(t, "the second", map[uint32][]string{7: {"0", "1", "2", "3->1", "4->1"}, 8: {}})
	r.Join(9, r.now)
	r.want(t, "the third", map[uint32][]string{7: {"0", "1", "2->2", "3->1", "4->1"}, 8: {}, 9: {}})
	var turns []uint32
	for range 4 {
		p, _ := r.Turn(7, true)
		turns = append(turns, p)
	}
	if !slices.Equal(turns, []uint32{0, 1, 0, 1}) {
		t.Errorf("the first polls %v", turns)
	}
	r.commit(3, 9)
	r.want(t, "after a commit", map[uint32][]string{7: {"0", "1", "2->2", "4->1"}, 8: {"3"}, 9: {}})
	if r.Leave(99) {
		t.Error("a stranger left")
	}
	if !r.Leave(7) {
		t.Error("the first member did not leave")
	}
	r.want(t, "after the first left", map[uint32][]string{8: {"0", "2", "4"}, 9: {"1", "3"}})
	if _, ok := r.Turn(7, true); ok {
		t.Error("a member that left has a turn")
	}
}

// TestPolledIsRememberedAsLongAsThePartition: through a change of the others, not through its own deletion.
func TestPolledIsRememberedAsLongAsThePartition(t *testing.T) {
	r := newRig(3)
	r.Join(7, r.now)
	r.Polled(2, 5)
	r.Resize(4)
	r.Join(8, r.now)
	r.want(t, "with a fourth partition", map[uint32][]string{7: {"0", "1", "2->1"}, 8: {"3"}})

	r = newRig(2)
	r.Join(7, r.now)
	r.Polled(1, 5)
	r.Resize(1)
	r.Resize(2)
	r.Join(8, r.now)
	r.want(t, "with another second partition", map[uint32][]string{7: {"0"}, 8: {"1"}})
}

func TestForgottenPollsAreNotWaitedFor(t *testing.T) {
	r := newRig(2)
	r.Join(7, r.now)
	r.Polled(1, 5)
	r.Join(8, r.now)
	r.Forget()
	r.want(t, "after the messages were purged", map[uint32][]string{7: {"0"}, 8: {"1"}})
}
