package catalog

import (
	"errors"
	"fmt"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

// Send appends messages to the partition that p chooses. The frame is as [partition.Log.Append] wants it.
func (t *Topic) Send(p wire.Partitioning, frame []byte, start int, count uint32, now wire.Micros) error {
	to, err := t.choose(p)
	if err != nil {
		return err
	}
	if _, err := to.log.Append(frame, start, count, uint64(now)); err != nil {
		if errors.Is(err, partition.ErrClosed) {
			return fmt.Errorf("%w: %s was deleted", wire.TopicIDNotFound, t.name)
		}
		return err
	}
	return nil
}

// choose is the partition of a send request. The key is hashed as the server does it.
func (t *Topic) choose(p wire.Partitioning) (*part, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := uint32(len(t.partitions))
	if n == 0 {
		return nil, fmt.Errorf("%w: %s", wire.NoPartitions, t.name)
	}
	switch p.Kind {
	case wire.OnePartition:
		return t.part(p.Partition)
	case wire.PartitionOfKey:
		return t.partitions[wire.Hash(p.Key)%n], nil
	default:
		return t.partitions[(t.turn.Add(1)-1)%uint64(n)], nil
	}
}

// Reached is what a poll says beside its messages: where they come from, and how far the partition goes.
type Reached struct {
	Partition uint32
	Current   uint64 // offset of the partition's last message; 0 also when there is none
}

// Poll reads messages for client into v, which must be empty. A member of a group that does not own the partition, or has
// none, gets nothing.
func (t *Topic) Poll(v *partition.View, r *wire.Poll, client uint32) (Reached, error) {
	at, err := t.resolve(r.Consumer, client, r.Partition, true)
	if err != nil || at.part == nil {
		return Reached{}, err
	}
	reached := Reached{Partition: at.part.id, Current: at.part.current()}
	if r.Count == 0 {
		return reached, nil
	}
	at.part.log.Read(v, at.begin(r), r.Count)
	if v.Count == 0 {
		return reached, nil
	}
	reached.Current = max(reached.Current, v.Last) // more may have come since
	if at.group == nil {
		if r.AutoCommit {
			err = at.part.offsets.Advance(at.consumer, v.Last)
		}
		return reached, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !at.group.state.Owns(client, at.part.id) { // it moved meanwhile
		return Reached{}, v.Release()
	}
	at.group.state.Polled(at.part.id, v.Last)
	if r.AutoCommit {
		err = at.part.offsets.Advance(at.consumer, v.Last)
		at.group.state.Settle()
	}
	return reached, err
}

// begin is the offset from which a poll reads.
func (s seat) begin(r *wire.Poll) uint64 {
	log := s.part.log
	switch r.Strategy.Kind {
	case wire.ByOffset:
		return r.Strategy.Value
	case wire.ByTimestamp:
		return log.At(r.Strategy.Value)
	case wire.Last:
		next := log.Next()
		return next - min(next, uint64(r.Count))
	case wire.Next:
		if stored, ok := s.part.offsets.Get(s.consumer); ok {
			return stored + 1
		}
	}
	return log.First()
}

// seat is a consumer at a partition.
type seat struct {
	part     *part // nil: the consumer has none
	consumer partition.Consumer
	group    *Group // nil: a single consumer
}

// resolve finds the partition that a consumer means. polls is false for what must not move the turn of a group.
func (t *Topic) resolve(c wire.Consumer, client uint32, p wire.Partition, polls bool) (seat, error) {
	if c.Kind == wire.SingleConsumer {
		t.mu.RLock()
		defer t.mu.RUnlock()
		at, err := t.part(p.Number) // none given is 0
		return seat{part: at, consumer: single(c.ID)}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	g, err := t.group(c.ID)
	if err != nil {
		return seat{}, err
	}
	if g.state.Member(client) == nil {
		return seat{}, fmt.Errorf("%w: client %d in group %s", wire.GroupMemberNotFound, client, g.name)
	}
	number, ok := p.Number, g.state.Owns(client, p.Number)
	if !p.Given {
		number, ok = g.state.Turn(client, polls)
	}
	if !ok {
		return seat{}, nil
	}
	at, err := t.part(number)
	return seat{part: at, consumer: g.consumer(), group: g}, err
}

// single is the number of a single consumer: its own, or the hash of its name.
func single(id wire.Identifier) partition.Consumer {
	if id.Name == "" {
		return partition.Consumer{ID: id.Number}
	}
	return partition.Consumer{ID: wire.Hash([]byte(id.Name))}
}

// Flush counts what a partition was sent as saved, and with r.Sync puts it on the disk.
func (t *Topic) Flush(r *wire.FlushPartition) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	p, err := t.part(r.Partition)
	if err != nil {
		return err
	}
	if r.Sync {
		return p.log.Sync()
	}
	p.log.Save()
	return nil
}
