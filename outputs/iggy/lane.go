package iggy

import (
	"context"
	"fmt"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/retry"
	iggyclient "github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// lane is the way to one partition. Messages gather in pending while its goroutine sends what gathered before; both are
// used again and again.
type lane struct {
	topic     *topic
	partition uint32
	client    *iggyclient.Client

	// Under the output's lock.
	pending *wire.Messages
	spare   *wire.Messages // nil while it is being sent
	touched bool           // by the batch that is being written

	ready chan struct{} // one: there is something to send
	now   chan struct{} // one: it waits for nothing more
}

func (l *lane) busy() bool { return l.pending.Len() > 0 || l.spare == nil }

// hurry ends the wait for more messages.
func (l *lane) hurry() {
	if l.pending.Len() > 0 {
		signal(l.now)
	}
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // it is said already
	}
}

// lane returns the way to a partition, which must exist. It is called under the lock.
func (o *output) lane(t *topic, partition uint32) *lane {
	if l := t.lanes[partition]; l != nil {
		return l
	}
	l := &lane{
		topic: t, partition: partition, client: o.pool.For(uint32(len(o.all))), pending: &wire.Messages{}, spare: &wire.Messages{},
		ready: make(chan struct{}, 1), now: make(chan struct{}, 1),
	}
	t.lanes[partition] = l
	o.all = append(o.all, l)
	o.lanes.Go(func() { o.serve(o.life, l) })
	return l
}

// full reports whether l has a request's worth of messages.
func (o *output) full(l *lane) bool {
	return l.pending.Len() >= o.config.Batch.Messages || len(l.pending.Data)+len(l.pending.HeaderData) >= int(o.config.Batch.Bytes)
}

// serve sends what gathers in a lane, one request at a time, until ctx is done.
func (o *output) serve(ctx context.Context, l *lane) {
	for {
		select {
		case <-l.ready:
		case <-ctx.Done():
			return
		}
		o.linger(ctx, l)
		o.mu.Lock()
		messages := l.pending
		if messages.Len() > 0 {
			l.pending, l.spare = l.spare, nil
			o.moved.Broadcast()
		}
		o.mu.Unlock()
		if messages.Len() == 0 {
			continue
		}
		if err := o.send(ctx, l, messages); err != nil {
			o.fail(fmt.Errorf("send to partition %d of topic %s: %w", l.partition, l.topic.name, err))
			return
		}
		o.mu.Lock()
		data, headers := messages.Data[:0], messages.HeaderData[:0]
		messages.Reset()
		messages.Data, messages.HeaderData = data, headers
		l.spare = messages
		if l.pending.Len() > 0 {
			signal(l.ready)
		}
		o.moved.Broadcast()
		o.mu.Unlock()
	}
}

// linger waits for more messages, unless a request is full or somebody waits for it.
func (o *output) linger(ctx context.Context, l *lane) {
	if o.config.Batch.Linger == 0 {
		return
	}
	select {
	case <-time.After(o.config.Batch.Linger):
	case <-l.now:
	case <-ctx.Done():
	}
}

// send sends messages until they are confirmed, or nothing helps. A request whose answer was lost may have been executed:
// it is sent again, and the origin of its messages tells.
func (o *output) send(ctx context.Context, l *lane, m *wire.Messages) error {
	r := &wire.Send{Stream: wire.Name(l.topic.stream), Topic: wire.Name(l.topic.name), Partitioning: wire.ToPartition(l.partition), Messages: *m}
	p := retry.Policy{Config: o.config.Retry, Observe: retry.Log(o.env.Log, "send again", "topic", l.topic.name, "partition", l.partition)}
	return p.Do(ctx, func(ctx context.Context) error { return l.client.Send(ctx, r) })
}
