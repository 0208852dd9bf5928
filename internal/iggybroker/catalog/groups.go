package catalog

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/group"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

// Group is a consumer group of a topic.
type Group struct {
	id    uint32
	name  string
	state *group.Group
}

func (g *Group) consumer() partition.Consumer { return partition.Consumer{Group: true, ID: g.id} }

func (t *Topic) newGroup(id uint32, name string) *Group {
	g := &Group{id: id, name: name}
	g.state = group.New(uint32(len(t.partitions)), func(p uint32) (uint64, bool) {
		if int64(p) >= int64(len(t.partitions)) {
			return 0, false
		}
		return t.partitions[p].offsets.Get(g.consumer())
	})
	return g
}

// group finds a group; the topic's lock must be held.
func (t *Topic) group(id wire.Identifier) (*Group, error) {
	for _, g := range t.groups {
		if id.Name == g.name || id.Name == "" && id.Number == g.id {
			return g, nil
		}
	}
	return nil, fmt.Errorf("%w: %s of topic %s", wire.GroupIDNotFound, id, t.name)
}

// CreateGroup adds a consumer group to a topic.
func (c *Catalog) CreateGroup(r *wire.NewGroup) (*wire.Group, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, t, err := c.topic(r.Stream, r.Topic)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.ContainsFunc(t.groups, func(g *Group) bool { return g.name == r.Name }) {
		return nil, wire.GroupNameExists
	}
	id, at := place(t.groups)
	g := t.newGroup(id, r.Name)
	t.groups = slices.Insert(t.groups, at, g)
	if err := c.save(); err != nil {
		t.groups = slices.Delete(t.groups, at, at+1)
		return nil, err
	}
	out := t.describeGroup(g, true)
	return &out, nil
}

// DeleteGroup deletes a consumer group, its members and its offsets.
func (c *Catalog) DeleteGroup(stream, topic, id wire.Identifier) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, t, err := c.topic(stream, topic)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	g, err := t.group(id)
	if err != nil {
		return err
	}
	t.groups = slices.DeleteFunc(t.groups, func(o *Group) bool { return o == g })
	// The offsets go first: a group that is created later may get the same id.
	for _, p := range t.partitions {
		_, failed := p.offsets.Delete(g.consumer())
		err = errors.Join(err, failed)
	}
	return errors.Join(err, c.save())
}

// Join makes client a member of a group.
func (c *Catalog) Join(stream, topic, id wire.Identifier, client uint32) error {
	return c.withGroup(stream, topic, id, func(g *Group) error {
		g.state.Join(client, c.options.Now())
		return nil
	})
}

// Leave ends the membership of client.
func (c *Catalog) Leave(stream, topic, id wire.Identifier, client uint32) error {
	return c.withGroup(stream, topic, id, func(g *Group) error {
		if !g.state.Leave(client) {
			return fmt.Errorf("%w: client %d in group %s", wire.GroupMemberNotFound, client, g.name)
		}
		return nil
	})
}

func (c *Catalog) withGroup(stream, topic, id wire.Identifier, do func(*Group) error) error {
	t, err := c.Topic(stream, topic)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	g, err := t.group(id)
	if err != nil {
		return err
	}
	return do(g)
}

// Disconnect ends all memberships of client.
func (c *Catalog) Disconnect(client uint32) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, t := range c.topics() {
		t.mu.Lock()
		for _, g := range t.groups {
			g.state.Leave(client)
		}
		t.mu.Unlock()
	}
}

// Memberships are the groups that client is a member of.
func (c *Catalog) Memberships(client uint32) (out []wire.ClientGroup) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, t := range c.topics() {
		t.mu.RLock()
		for _, g := range t.groups {
			if g.state.Member(client) != nil {
				out = append(out, wire.ClientGroup{Stream: t.stream, Topic: t.id, Group: g.id})
			}
		}
		t.mu.RUnlock()
	}
	return out
}

// expireRevocations moves the partitions that have waited too long for their owner's commit.
func (t *Topic) expireRevocations(now time.Time, timeout time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.groups {
		g.state.Expire(now, timeout)
	}
}
