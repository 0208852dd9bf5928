package catalog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

// Options say how a catalog keeps messages and deals partitions.
type Options struct {
	Partition        partition.Options               // of every partition
	Fsync            func(stream, topic string) bool // whose batches are synced one by one; nil for none
	RebalanceTimeout time.Duration                   // how long a partition waits for its owner's commit before it moves
	Now              func() time.Time                // the broker's clock
}

// Catalog is the streams of a broker. Its methods may be called at the same time.
type Catalog struct {
	dir     string
	options Options

	mu      sync.RWMutex
	streams []*stream // by id
	folders uint64    // names of topics' folders that were given out
}

type stream struct {
	id      uint32
	name    string
	created wire.Micros
	topics  []*Topic // by id
}

// Open reads the catalog in dir, which exists, and opens all its logs.
func Open(dir string, options Options) (*Catalog, error) {
	c := &Catalog{dir: dir, options: options}
	if err := c.load(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close syncs and closes all logs.
func (c *Catalog) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	for _, t := range c.topics() {
		err = errors.Join(err, t.close())
	}
	return err
}

// topics are all topics of all streams.
func (c *Catalog) topics() (out []*Topic) {
	for _, s := range c.streams {
		out = append(out, s.topics...)
	}
	return out
}

func (c *Catalog) now() wire.Micros { return wire.MicrosOf(c.options.Now()) }

func (c *Catalog) folder(t *Topic) string {
	return filepath.Join(c.dir, "topics", strconv.FormatUint(t.folder, 10))
}

// numbered is a thing that has an id; a list of them is sorted by it.
type numbered interface{ number() uint32 }

func (s *stream) number() uint32 { return s.id }
func (t *Topic) number() uint32  { return t.id }
func (g *Group) number() uint32  { return g.id }

// place is the lowest free id in list, and where it belongs.
func place[T numbered](list []T) (id uint32, at int) {
	for at < len(list) && list[at].number() == uint32(at) {
		at++
	}
	return uint32(at), at
}

func (c *Catalog) stream(id wire.Identifier) (*stream, error) {
	for _, s := range c.streams {
		if id.Name == s.name || id.Name == "" && id.Number == s.id {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", wire.StreamIDNotFound, id)
}

func (c *Catalog) topic(stream, topic wire.Identifier) (*stream, *Topic, error) {
	s, err := c.stream(stream)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range s.topics {
		if topic.Name == t.name || topic.Name == "" && topic.Number == t.id {
			return s, t, nil
		}
	}
	return nil, nil, fmt.Errorf("%w: %s of stream %s", wire.TopicIDNotFound, topic, s.name)
}

// Topic finds a topic. It stays usable when it is deleted meanwhile: what is asked of it then fails.
func (c *Catalog) Topic(stream, topic wire.Identifier) (*Topic, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, t, err := c.topic(stream, topic)
	return t, err
}

// StreamID is the number of a stream.
func (c *Catalog) StreamID(id wire.Identifier) (uint32, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s, err := c.stream(id)
	if err != nil {
		return 0, err
	}
	return s.id, nil
}

// CreateStream adds a stream.
func (c *Catalog) CreateStream(r *wire.NewStream) (*wire.Stream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.ContainsFunc(c.streams, func(s *stream) bool { return s.name == r.Name }) {
		return nil, wire.StreamNameExists
	}
	id, at := place(c.streams)
	s := &stream{id: id, name: r.Name, created: c.now()}
	c.streams = slices.Insert(c.streams, at, s)
	if err := c.save(); err != nil {
		c.streams = slices.Delete(c.streams, at, at+1)
		return nil, err
	}
	out := s.describe(true)
	return &out, nil
}

// UpdateStream renames a stream.
func (c *Catalog) UpdateStream(r *wire.ChangedStream) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.stream(r.Stream)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(c.streams, func(o *stream) bool { return o != s && o.name == r.Name }) {
		return wire.StreamNameExists
	}
	s.name = r.Name
	return c.save()
}

// DeleteStream deletes a stream with its topics.
func (c *Catalog) DeleteStream(id wire.Identifier) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.stream(id)
	if err != nil {
		return err
	}
	c.streams = slices.DeleteFunc(c.streams, func(o *stream) bool { return o == s })
	if err := c.save(); err != nil {
		return err
	}
	return c.discard(s.topics...)
}

// PurgeStream deletes all messages of a stream.
func (c *Catalog) PurgeStream(id wire.Identifier) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.stream(id)
	if err != nil {
		return err
	}
	for _, t := range s.topics {
		if err := t.purge(); err != nil {
			return err
		}
	}
	return nil
}

// discard closes topics that catalog.json names no more, and removes their folders.
func (c *Catalog) discard(topics ...*Topic) error {
	var err error
	for _, t := range topics {
		err = errors.Join(err, t.close(), os.RemoveAll(c.folder(t)))
	}
	return err
}
