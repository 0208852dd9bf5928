package catalog

import (
	"errors"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// DeleteSegments deletes the oldest segments of a partition, never the one that is appended to.
func (t *Topic) DeleteSegments(r *wire.SomeSegments) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	p, err := t.part(r.Partition)
	if err != nil {
		return err
	}
	_, err = p.log.DeleteSegments(r.Count)
	return err
}

// Maintain does what has to happen with time: it deletes what is too old or too much, and moves the partitions of groups
// whose owners do not let go.
func (c *Catalog) Maintain(now time.Time) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var err error
	for _, t := range c.topics() {
		err = errors.Join(err, t.expire(wire.MicrosOf(now)), t.shrink())
		t.expireRevocations(now, c.options.RebalanceTimeout)
	}
	return err
}

func (t *Topic) expire(now wire.Micros) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.settings.Expiry > now {
		return nil
	}
	var err error
	for _, p := range t.partitions {
		err = errors.Join(err, p.log.Expire(uint64(now-t.settings.Expiry)))
	}
	return err
}

// shrink deletes the oldest sealed segments of the topic until it is no larger than it may be.
func (t *Topic) shrink() error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for {
		var size, oldest uint64
		var from *part
		for _, p := range t.partitions {
			size += p.log.Stats().Bytes
			if at, ok := p.log.Oldest(); ok && (from == nil || at < oldest) {
				from, oldest = p, at
			}
		}
		if size <= t.settings.MaxSize || from == nil {
			return nil
		}
		if _, err := from.log.DeleteSegments(1); err != nil {
			return err
		}
	}
}

// SaveAll counts everything as saved, as a server does that writes behind every so often.
func (c *Catalog) SaveAll() {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, t := range c.topics() {
		t.mu.RLock()
		for _, p := range t.partitions {
			p.log.Save()
		}
		t.mu.RUnlock()
	}
}

// Tail is the end of a partition: messages from Saved on would be lost by a server that writes behind.
type Tail struct {
	Stream, Topic string
	Partition     uint32
	Saved, Next   uint64
}

// LoseTail ends every partition where end says, at most at Next. No poll may be under way. Offsets that consumers stored stay
// as they are: that is what a crash does to them.
func (c *Catalog) LoseTail(end func(Tail) uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.streams {
		for _, t := range s.topics {
			for _, p := range t.partitions {
				tail := Tail{Stream: s.name, Topic: t.name, Partition: p.id, Saved: p.log.Saved(), Next: p.log.Next()}
				if at := end(tail); at < tail.Next {
					if err := p.log.Truncate(at); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
