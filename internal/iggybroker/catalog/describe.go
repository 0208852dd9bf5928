package catalog

import (
	"slices"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Streams describes all streams, without their topics.
func (c *Catalog) Streams() *wire.Streams {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := wire.Streams{}
	for _, s := range c.streams {
		out = append(out, s.describe(false))
	}
	return &out
}

// Stream describes a stream with its topics.
func (c *Catalog) Stream(id wire.Identifier) (*wire.Stream, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s, err := c.stream(id)
	if err != nil {
		return nil, err
	}
	out := s.describe(true)
	return &out, nil
}

// Topics describes the topics of a stream, without their partitions.
func (c *Catalog) Topics(id wire.Identifier) (*wire.Topics, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s, err := c.stream(id)
	if err != nil {
		return nil, err
	}
	out := wire.Topics{}
	for _, t := range s.topics {
		out = append(out, t.describe(false))
	}
	return &out, nil
}

func (s *stream) describe(topics bool) wire.Stream {
	out := wire.Stream{ID: s.id, Name: s.name, Created: s.created, TopicCount: uint32(len(s.topics))}
	for _, t := range s.topics {
		d := t.describe(false)
		out.Size += d.Size
		out.Messages += d.Messages
		if topics {
			out.Topics = append(out.Topics, d)
		}
	}
	return out
}

// Describe describes the topic with its partitions.
func (t *Topic) Describe() *wire.Topic {
	out := t.describe(true)
	return &out
}

func (t *Topic) describe(partitions bool) wire.Topic {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := wire.Topic{ID: t.id, Created: t.created, PartitionCount: uint32(len(t.partitions)), Settings: t.settings, Name: t.name}
	for _, p := range t.partitions {
		s := p.log.Stats()
		out.Size += s.Bytes
		out.Messages += s.Messages
		if partitions {
			out.Partitions = append(out.Partitions, wire.PartitionInfo{
				ID: p.id, Created: p.created, Segments: s.Segments, Current: p.current(), Size: s.Bytes, Messages: s.Messages,
			})
		}
	}
	return out
}

// Groups describes the groups of the topic, without their members.
func (t *Topic) Groups() *wire.Groups {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := wire.Groups{}
	for _, g := range t.groups {
		out = append(out, t.describeGroup(g, false))
	}
	return &out
}

// Group describes a group with its members.
func (t *Topic) Group(id wire.Identifier) (*wire.Group, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	g, err := t.group(id)
	if err != nil {
		return nil, err
	}
	out := t.describeGroup(g, true)
	return &out, nil
}

func (t *Topic) describeGroup(g *Group, members bool) wire.Group {
	all := g.state.Members()
	out := wire.Group{ID: g.id, Name: g.name, PartitionCount: uint32(len(t.partitions)), MemberCount: uint32(len(all))}
	if members {
		for _, m := range all {
			out.Members = append(out.Members, wire.Member{ID: m.ID, Partitions: slices.Clone(m.Partitions)})
		}
	}
	return out
}

// Count adds what the catalog holds to s.
func (c *Catalog) Count(s *wire.Stats) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s.Streams += uint32(len(c.streams))
	for _, t := range c.topics() {
		d := t.describe(true)
		s.Topics++
		s.Partitions += d.PartitionCount
		s.Messages += d.Messages
		s.SizeBytes += d.Size
		for _, p := range d.Partitions {
			s.Segments += p.Segments
		}
		t.mu.RLock()
		s.Groups += uint32(len(t.groups))
		t.mu.RUnlock()
	}
}
