package catalog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

// maxPartitions is how many partitions a topic may have, and a request may ask for.
const maxPartitions = 1000

const (
	invalidTopicSize       wire.Status = 1019
	invalidPartitionsCount wire.Status = 3007 // more are to be deleted than there are
)

// Topic is one topic. Its partitions and groups are guarded by its own lock.
type Topic struct {
	id, stream uint32
	created    wire.Micros
	folder     uint64

	mu         sync.RWMutex
	name       string
	settings   wire.TopicSettings
	partitions []*part
	groups     []*Group // by id

	turn atomic.Uint64 // of balanced sends
}

// part is a partition.
type part struct {
	id      uint32
	created wire.Micros
	log     *partition.Log
	offsets *partition.Offsets
}

// current is the offset of the last message; 0 also when there never was one.
func (p *part) current() uint64 {
	if next := p.log.Next(); next > 0 {
		return next - 1
	}
	return 0
}

// IDs are the numbers of the topic and of its stream.
func (t *Topic) IDs() (stream, topic uint32) { return t.stream, t.id }

// openPartitions opens partitions that come behind those that t has, one for each creation time. After an error none is open.
func (c *Catalog) openPartitions(t *Topic, stream string, created []wire.Micros) (parts []*part, err error) {
	options := c.options.Partition
	options.Fsync = options.Fsync || c.options.Fsync != nil && c.options.Fsync(stream, t.name)
	for i, at := range created {
		p := &part{id: uint32(len(t.partitions) + i), created: at}
		dir := filepath.Join(c.folder(t), strconv.FormatUint(uint64(p.id), 10))
		if p.log, err = partition.Open(dir, options); err != nil {
			return nil, errors.Join(err, closeParts(parts))
		}
		if p.offsets, err = partition.OpenOffsets(filepath.Join(dir, "offsets")); err != nil {
			return nil, errors.Join(err, p.log.Close(), closeParts(parts))
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func (t *Topic) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return closeParts(t.partitions)
}

func closeParts(parts []*part) (err error) {
	for _, p := range parts {
		err = errors.Join(err, p.log.Close(), p.offsets.Close())
	}
	return err
}

func (t *Topic) purge() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.partitions {
		if err := errors.Join(p.log.Purge(), p.offsets.Clear()); err != nil {
			return err
		}
	}
	for _, g := range t.groups {
		g.state.Forget()
	}
	return nil
}

// settle replaces the values that stand for the server's defaults.
func (c *Catalog) settle(s wire.TopicSettings) (wire.TopicSettings, error) {
	if s.Compression != 1 && s.Compression != 2 {
		return s, fmt.Errorf("%w: compression %d; expected 1 or 2", wire.InvalidCommand, s.Compression)
	}
	if s.Expiry == wire.ServerDefault {
		s.Expiry = wire.Never
	}
	if s.MaxSize == 0 {
		s.MaxSize = uint64(wire.Never) // no limit
	}
	if s.MaxSize < uint64(c.options.Partition.SegmentBytes) {
		return s, fmt.Errorf("%w: at most %d bytes; a segment has %d", invalidTopicSize, s.MaxSize, c.options.Partition.SegmentBytes)
	}
	s.Replication = max(s.Replication, 1)
	return s, nil
}

// CreateTopic adds a topic to a stream.
func (c *Catalog) CreateTopic(r *wire.NewTopic) (*wire.Topic, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.stream(r.Stream)
	if err != nil {
		return nil, err
	}
	if r.Partitions > maxPartitions {
		return nil, wire.TooManyPartitions
	}
	if slices.ContainsFunc(s.topics, func(t *Topic) bool { return t.name == r.Name }) {
		return nil, wire.TopicNameExists
	}
	settings, err := c.settle(r.Settings)
	if err != nil {
		return nil, err
	}
	id, at := place(s.topics)
	c.folders++
	t := &Topic{id: id, stream: s.id, name: r.Name, created: c.now(), folder: c.folders, settings: settings}
	t.partitions, err = c.openPartitions(t, s.name, slices.Repeat([]wire.Micros{t.created}, int(r.Partitions)))
	if err == nil {
		s.topics = slices.Insert(s.topics, at, t)
		if err = c.save(); err != nil {
			s.topics = slices.Delete(s.topics, at, at+1)
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.discard(t))
	}
	return t.Describe(), nil
}

// UpdateTopic renames a topic and changes its settings.
func (c *Catalog) UpdateTopic(r *wire.ChangedTopic) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, t, err := c.topic(r.Stream, r.Topic)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(s.topics, func(o *Topic) bool { return o != t && o.name == r.Name }) {
		return wire.TopicNameExists
	}
	settings, err := c.settle(r.Settings)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.name, t.settings = r.Name, settings
	t.mu.Unlock()
	return c.save()
}

// DeleteTopic deletes a topic with its messages, offsets and groups.
func (c *Catalog) DeleteTopic(stream, topic wire.Identifier) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, t, err := c.topic(stream, topic)
	if err != nil {
		return err
	}
	s.topics = slices.DeleteFunc(s.topics, func(o *Topic) bool { return o == t })
	if err := c.save(); err != nil {
		return err
	}
	return c.discard(t)
}

// RecreateTopic deletes a topic and creates it again, with its settings and as many partitions, without messages and groups.
func (c *Catalog) RecreateTopic(stream, topic wire.Identifier) error {
	t, err := c.Topic(stream, topic)
	if err != nil {
		return err
	}
	d := t.Describe()
	if err := c.DeleteTopic(stream, topic); err != nil {
		return err
	}
	_, err = c.CreateTopic(&wire.NewTopic{Stream: stream, Partitions: d.PartitionCount, Settings: d.Settings, Name: d.Name})
	return err
}

// PurgeTopic deletes all messages and stored offsets of a topic.
func (c *Catalog) PurgeTopic(stream, topic wire.Identifier) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, t, err := c.topic(stream, topic)
	if err != nil {
		return err
	}
	return t.purge()
}

// ChangePartitions adds r.Count partitions to a topic, or deletes that many of the last ones. Its groups are dealt anew.
func (c *Catalog) ChangePartitions(r *wire.SomePartitions) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, t, err := c.topic(r.Stream, r.Topic)
	if err != nil {
		return err
	}
	if r.Count < 1 || r.Count > maxPartitions {
		return wire.TooManyPartitions
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var gone []*part
	if r.Do == wire.CreatePartitions {
		if len(t.partitions)+int(r.Count) > maxPartitions {
			return wire.TooManyPartitions
		}
		added, err := c.openPartitions(t, s.name, slices.Repeat([]wire.Micros{c.now()}, int(r.Count)))
		if err != nil {
			return err
		}
		t.partitions = append(t.partitions, added...)
	} else {
		keep := len(t.partitions) - int(r.Count)
		if keep < 0 {
			return fmt.Errorf("%w: %d of %d partitions to delete", invalidPartitionsCount, r.Count, len(t.partitions))
		}
		gone, t.partitions = t.partitions[keep:], slices.Clip(t.partitions[:keep])
	}
	for _, g := range t.groups {
		g.state.Resize(uint32(len(t.partitions)))
	}
	if err := c.save(); err != nil {
		return err
	}
	err = closeParts(gone)
	for _, p := range gone {
		err = errors.Join(err, os.RemoveAll(filepath.Join(c.folder(t), strconv.FormatUint(uint64(p.id), 10))))
	}
	return err
}

// part is a partition by its number; the topic's lock must be held.
func (t *Topic) part(n uint32) (*part, error) {
	if int64(n) >= int64(len(t.partitions)) {
		return nil, fmt.Errorf("%w: %d of %d", wire.PartitionNotFound, n, len(t.partitions))
	}
	return t.partitions[n], nil
}
