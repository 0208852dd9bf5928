package iggy

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/iggy-flow/iggy-flow/engine"
	iggyclient "github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// topic is one of the topics that the document names.
type topic struct {
	stream, name string
	incarnation  string            // another one is another topic of the same name
	partitions   uint32            // when it was opened, and then of its watcher
	changed      chan struct{}     // one: its watcher should look
	group        *iggyclient.Group // nil of a consumer
	client       *iggyclient.Client
}

func (t *topic) streamID() wire.Identifier { return wire.Name(t.stream) }
func (t *topic) topicID() wire.Identifier  { return wire.Name(t.name) }

// splitName is the same in every replica and start.
func (t *topic) splitName(partition uint32) string {
	return fmt.Sprintf("%s/%s/%d", t.stream, t.name, partition)
}

// split is one partition from when it was acquired until it is given up.
type split struct {
	topic     *topic
	partition uint32
	name      string

	// Of the engine's goroutine, and under the input's lock.
	next    int64    // offset of the first message that was not taken
	last    string   // fingerprint of the one before; empty where it is not known
	repeats *repeats // nil where none are dropped
	leaving bool     // it is to move away: nothing is polled any more
	drained bool     // everything that was polled has been emitted
	covered bool     // and a barrier has its last position: none behind it covers it again

	current atomic.Int64       // offset of the partition's last message; -1 while it has none
	taken   atomic.Int64       // next, for others
	stop    context.CancelFunc // of the reader
	done    chan struct{}      // closed when the reader has returned
}

// position is where the split is.
func (s *split) position() engine.Position {
	return engine.Position{Ordinal: s.next, Incarnation: s.topic.incarnation, Fingerprint: s.last, Data: s.repeats.state()}
}

// lag is how many messages wait, as far as the server has said.
func (s *split) lag() int64 { return max(s.current.Load()+1-s.taken.Load(), 0) }

// poll asks for messages of the split.
func (in *input) poll(ctx context.Context, s *split, from wire.Strategy, count uint32, b *iggyclient.Batch) error {
	if g := s.topic.group; g != nil && from.Kind == wire.ByOffset {
		return g.Poll(ctx, s.partition, from.Value, count, b)
	}
	return in.clientOf(s.topic, s.partition).Poll(ctx, &wire.Poll{
		Consumer: in.looker(), Stream: s.topic.streamID(), Topic: s.topic.topicID(), Partition: wire.OfPartition(s.partition), Strategy: from, Count: count,
	}, b)
}

// looker is a single consumer: it may look at every partition, whoever owns it.
func (in *input) looker() wire.Consumer {
	name := in.config.Consumer.Value
	if name == "" {
		name = in.config.ConsumerGroup.Value
	}
	return wire.Consumer{Kind: wire.SingleConsumer, ID: wire.Name(name)}
}

// owner is who offsets are stored for.
func (in *input) owner() wire.Consumer {
	if in.Shared() {
		return wire.Consumer{Kind: wire.GroupConsumer, ID: wire.Name(in.config.ConsumerGroup.Value)}
	}
	return in.looker()
}

// clientOf is the connection of a partition's reader. A group is polled over the connection that has joined it.
func (in *input) clientOf(t *topic, partition uint32) *iggyclient.Client {
	if t.client != nil {
		return t.client
	}
	return in.pool.For(partition)
}

// begin finds where a split starts that nothing is known of: next and, where it lies behind a message, its fingerprint.
func (in *input) begin(ctx context.Context, s *split) error {
	start, err := parseStart(in.config.Start.Value)
	if err != nil {
		return err
	}
	var b iggyclient.Batch
	if start.Kind == wire.Last || start.Kind == wire.ByOffset {
		if err := in.poll(ctx, s, wire.Strategy{Kind: wire.Last}, 1, &b); err != nil {
			return err
		}
		s.next = 0
		if b.Len() > 0 {
			s.next = int64(b.Offset[b.Len()-1]) + 1
		}
		if start.Kind == wire.ByOffset {
			s.next = int64(start.Value) // beyond the end it waits
		}
		return nil
	}
	if start.Kind == wire.Next { // nothing is stored
		start.Kind = wire.First
	}
	if err := in.poll(ctx, s, start, 1, &b); err != nil {
		return err
	}
	switch {
	case b.Len() > 0:
		s.next = int64(b.Offset[0])
	case start.Kind == wire.ByTimestamp:
		if err := in.poll(ctx, s, wire.Strategy{Kind: wire.Last}, 1, &b); err != nil {
			return err
		}
		if b.Len() > 0 {
			s.next = int64(b.Offset[b.Len()-1]) + 1
		}
	}
	return nil
}

// stored reads what the server remembers of a split.
func (in *input) stored(ctx context.Context, t *topic, partition uint32) (engine.Position, bool, error) {
	at, ok, err := in.clientOf(t, partition).Offset(ctx, in.owner(), t.streamID(), t.topicID(), partition)
	if err != nil || !ok {
		return engine.Position{}, false, err
	}
	return engine.Position{Ordinal: int64(at.Stored) + 1, Incarnation: t.incarnation}, true, nil
}
