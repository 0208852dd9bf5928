package iggy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// ErrNotOwned is the error of a poll of a partition that belongs to another member of the group by now.
var ErrNotOwned = errors.New("the partition belongs to another member of the consumer group")

// Group is this client's membership of a consumer group. Its methods are for one goroutine at a time, but for Poll and
// StoreOffset.
//
// The server tells nobody what it owns. A poll of the group that names no partition is answered for one of the member's
// partitions in turn, so that polls for nothing find all of them. While a partition moves to a new member, such polls leave
// it out at once; it is still polled and committed by naming it, until what was polled is committed or 30 seconds have passed.
// When a member leaves, all partitions are dealt again at once.
type Group struct {
	client  *Client
	name    wire.OnGroup
	session uint64
	owned   []Owned
}

// Owned is a partition of this member.
type Owned struct {
	Partition uint32
	Current   uint64 // offset of its last message; 0 also when it has none
}

// Change is what Refresh found. All lists ascend by partition.
type Change struct {
	Owned  []Owned  // what the member owns
	Gained []uint32 // what it owns and did not before: its stored offset says where to begin
	Lost   []uint32 // what it owned before and does not any more, or is about to give away

	// Anew says that the membership is a new one, since the connection was lost. What was owned before is in Lost, and nothing
	// of it can be committed; what is owned is in Gained.
	Anew bool
}

// Join makes the client a member of a group, which it creates where it is missing and create says so. The membership survives
// the connection: each new one joins again.
func (c *Client) Join(ctx context.Context, stream, topic wire.Identifier, name string, create bool) (*Group, error) {
	g := &Group{client: c, name: wire.OnGroup{Do: wire.JoinGroup, Stream: stream, Topic: topic, Group: wire.Name(name)}}
	if err := c.ensureGroup(ctx, &g.name, create); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.joined = append(c.joined, g.name)
	c.mu.Unlock()
	if err := c.Do(ctx, &g.name, nil); err != nil {
		c.forget(g.name)
		return nil, err
	}
	return g, nil
}

// forget takes a group out of those that the next session joins.
func (c *Client) forget(g wire.OnGroup) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.joined, g); i >= 0 {
		c.joined = slices.Delete(c.joined, i, i+1)
	}
}

// Leave ends the membership. The server deals its partitions to the other members at once.
func (g *Group) Leave(ctx context.Context) error {
	g.client.forget(g.name)
	leave := g.name
	leave.Do = wire.LeaveGroup
	return g.client.Do(ctx, &leave, nil)
}

// Consumer is the group as it polls and stores offsets.
func (g *Group) Consumer() wire.Consumer {
	return wire.Consumer{Kind: wire.GroupConsumer, ID: g.name.Group}
}

// Refresh finds out which partitions the member owns, with a small request for each, and one more. Call it after Join, every few
// seconds, and when Poll or StoreOffset says that something has changed.
func (g *Group) Refresh(ctx context.Context) (Change, error) {
	for {
		session := g.client.Session()
		owned, err := g.probe(ctx)
		if StatusOf(err) == wire.GroupMemberNotFound {
			if err = g.client.Do(ctx, &g.name, nil); err == nil {
				g.session = 0 // whoever forgot us has dealt our partitions again
				continue
			}
		}
		if err != nil {
			return Change{}, err
		}
		if session != 0 && session == g.client.Session() {
			return g.changed(owned, session), nil
		}
	}
}

// changed compares what is owned with what was.
func (g *Group) changed(owned []Owned, session uint64) Change {
	change := Change{Owned: owned, Anew: session != g.session}
	has := func(list []Owned, p uint32) bool {
		return slices.ContainsFunc(list, func(o Owned) bool { return o.Partition == p })
	}
	for _, o := range g.owned {
		if change.Anew || !has(owned, o.Partition) {
			change.Lost = append(change.Lost, o.Partition)
		}
	}
	for _, o := range owned {
		if change.Anew || !has(g.owned, o.Partition) {
			change.Gained = append(change.Gained, o.Partition)
		}
	}
	g.owned, g.session = owned, session
	return change
}

// maxPartitions is how many a topic has at most.
const maxPartitions = 1000

// probe polls for nothing until a partition comes up again.
func (g *Group) probe(ctx context.Context) (owned []Owned, err error) {
	r := &wire.Poll{Consumer: g.Consumer(), Stream: g.name.Stream, Topic: g.name.Topic, Strategy: wire.Strategy{Kind: wire.Next}}
	var b Batch
	for range maxPartitions + 1 {
		if err := g.client.Poll(ctx, r, &b); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(owned, func(o Owned) bool { return o.Partition == b.Partition }) {
			break
		}
		owned = append(owned, Owned{Partition: b.Partition, Current: b.Current})
	}
	if len(owned) == 1 && owned[0] == (Owned{}) {
		if owned, err = g.orNothing(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(owned, func(a, b Owned) int { return int(a.Partition) - int(b.Partition) })
	return owned, nil
}

// orNothing decides about the answer that means two things: partition 0 without messages, or no partition at all. While
// partition 0 has no second message the two cannot be told apart, and need not: to whom it does not belong it is empty.
func (g *Group) orNothing(ctx context.Context) ([]Owned, error) {
	t, err := g.client.Topic(ctx, g.name.Stream, g.name.Topic)
	if err != nil {
		return nil, err
	}
	for _, p := range t.Partitions {
		if p.ID == 0 && p.Current == 0 {
			return []Owned{{}}, nil
		}
	}
	return nil, nil
}

// Poll reads up to count messages of a partition from an offset on into b. The error is ErrNotOwned when the partition belongs to
// another member.
func (g *Group) Poll(ctx context.Context, partition uint32, offset uint64, count uint32, b *Batch) error {
	r := &wire.Poll{
		Consumer: g.Consumer(), Stream: g.name.Stream, Topic: g.name.Topic,
		Partition: wire.OfPartition(partition), Strategy: wire.FromOffset(offset), Count: count,
	}
	if err := g.client.Poll(ctx, r, b); err != nil {
		return err
	}
	// The server answers for partition 0 and its offset 0 when it means "not yours".
	if b.Partition != partition || partition == 0 && b.Len() == 0 && b.Current == 0 && offset > 1 {
		return fmt.Errorf("%s, partition %d: %w", describe(r), partition, ErrNotOwned)
	}
	return nil
}

// StoreOffset stores the offset of the last message processed. The error is ErrNotOwned when the partition belongs to another
// member. A lost answer is not tried again: whether the partition is still ours is for Refresh to say.
func (g *Group) StoreOffset(ctx context.Context, partition uint32, offset uint64) error {
	err := g.client.StoreOffset(ctx, g.Consumer(), g.name.Stream, g.name.Topic, partition, offset)
	if StatusOf(err) == wire.NotResolvedConsumer || StatusOf(err) == wire.GroupMemberNotFound {
		return fmt.Errorf("%w: %w", ErrNotOwned, err)
	}
	return err
}

// Offset returns the stored offset of a partition, and false where none is. Membership is not needed for it.
func (g *Group) Offset(ctx context.Context, partition uint32) (wire.StoredOffset, bool, error) {
	return g.client.Offset(ctx, g.Consumer(), g.name.Stream, g.name.Topic, partition)
}
