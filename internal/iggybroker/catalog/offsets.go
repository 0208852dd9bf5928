package catalog

import (
	"fmt"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// StoreOffset stores the offset of a consumer, also one that is lower than before. A member of a group has to own the partition.
func (t *Topic) StoreOffset(r *wire.OnOffset, client uint32) error {
	at, err := t.resolve(r.Consumer, client, r.Partition, false)
	if err != nil {
		return err
	}
	if at.part == nil {
		return fmt.Errorf("%w: client %d, partition %d", wire.NotResolvedConsumer, client, r.Partition.Number)
	}
	if r.Offset >= at.part.log.Next() {
		return fmt.Errorf("%w: %d; the next message is %d", wire.InvalidOffset, r.Offset, at.part.log.Next())
	}
	if at.group == nil {
		return at.part.offsets.Store(at.consumer, r.Offset)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !at.group.state.Owns(client, at.part.id) { // it moved meanwhile
		return wire.NotResolvedConsumer
	}
	err = at.part.offsets.Store(at.consumer, r.Offset)
	at.group.state.Settle()
	return err
}

// Offset is what a consumer has stored; nil when that is nothing. It takes no membership.
func (t *Topic) Offset(r *wire.OnOffset) (*wire.StoredOffset, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	p, err := t.part(r.Partition.Number)
	if err != nil {
		return nil, err
	}
	consumer := single(r.Consumer.ID)
	if r.Consumer.Kind == wire.GroupConsumer {
		g, err := t.group(r.Consumer.ID)
		if err != nil {
			return nil, err
		}
		consumer = g.consumer()
	}
	stored, ok := p.offsets.Get(consumer)
	if !ok {
		return nil, nil
	}
	return &wire.StoredOffset{Partition: p.id, Current: p.current(), Stored: stored}, nil
}

// DeleteOffset forgets what a consumer has stored. A member of a group has to own the partition.
func (t *Topic) DeleteOffset(r *wire.OnOffset, client uint32) error {
	at, err := t.resolve(r.Consumer, client, r.Partition, false)
	if err != nil {
		return err
	}
	if at.part == nil {
		return fmt.Errorf("%w: client %d, partition %d", wire.NotResolvedConsumer, client, r.Partition.Number)
	}
	ok, err := at.part.offsets.Delete(at.consumer)
	if err == nil && !ok {
		return wire.OffsetNotFound
	}
	return err
}
