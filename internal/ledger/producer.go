package ledger

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// The topic of the runs with Iggy: as in the log, keys are dealt to partitions, so that each has an order.
const (
	topicPartitions = 8
	topicKeys       = 50 // in each partition
	topicGroup      = "crash"
)

// The pace of a producer: about 10,000 records a second in all.
const (
	sendEvery   = 20 * time.Millisecond
	sendRecords = 25
)

var shopID, ordersID = wire.Name("shop"), wire.Name("orders")

// producer fills a topic whose broker may die at any time, and knows how many messages each partition has.
type producer struct {
	client *iggy.Client
	ends   [topicPartitions]atomic.Int64 // number of messages that are confirmed
}

// newProducer makes the topic.
func newProducer(ctx context.Context, address string) (*producer, error) {
	quick := retry.Config{Base: 20 * time.Millisecond, Max: 200 * time.Millisecond} // and never gives up
	c, err := iggy.Dial(ctx, iggy.Config{
		Addresses: []string{address}, Credentials: iggy.Credentials{Username: brokerUser, Password: dsl.NewSecret(brokerPassword)}, Retry: quick,
	})
	if err != nil {
		return nil, err
	}
	settings := wire.TopicSettings{Expiry: wire.Never, Replication: 1, Compression: 1}
	if _, err := c.EnsureTopic(ctx, &wire.NewTopic{Stream: shopID, Name: "orders", Partitions: topicPartitions, Settings: settings}); err != nil {
		c.Close()
		return nil, err
	}
	return &producer{client: c}, nil
}

// run produces until ctx is done. A batch whose answer was lost is looked for: this is the only producer.
func (p *producer) run(ctx context.Context) error {
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for {
		for i := range uint32(topicPartitions) {
			if err := p.send(context.WithoutCancel(ctx), i); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (p *producer) send(ctx context.Context, partition uint32) error {
	r := &wire.Send{Stream: shopID, Topic: ordersID, Partitioning: wire.ToPartition(partition)}
	m, first := &r.Messages, p.ends[partition].Load()
	for i := range int64(sendRecords) {
		offset := first + i
		key := int64(partition) + topicPartitions*(offset%topicKeys)
		m.Start = append(m.Start, int32(len(m.Data)))
		m.Data = append(m.Data, NewRecord(key, offset/topicKeys).JSON()...)
		m.End = append(m.End, int32(len(m.Data)))
	}
	err := p.client.Send(ctx, r)
	if err == nil {
		p.ends[partition].Store(first + sendRecords)
		return nil
	}
	if !iggy.OutcomeUnknown(err) {
		return err
	}
	var last iggy.Batch
	err = p.client.Poll(ctx, &wire.Poll{
		Consumer: wire.Consumer{Kind: wire.SingleConsumer, ID: wire.Name("producer")}, Stream: shopID, Topic: ordersID,
		Partition: wire.OfPartition(partition), Strategy: wire.Strategy{Kind: wire.Last}, Count: 1,
	}, &last)
	if err != nil {
		return err
	}
	if last.Len() > 0 {
		p.ends[partition].Store(int64(last.Offset[0]) + 1)
	}
	return nil
}

// stored returns how many messages of each partition the group has committed, and their sum.
func (p *producer) stored(ctx context.Context) (at [topicPartitions]int64, sum int64, err error) {
	group := wire.Consumer{Kind: wire.GroupConsumer, ID: wire.Name(topicGroup)}
	for i := range at {
		o, ok, err := p.client.Offset(ctx, group, shopID, ordersID, uint32(i))
		if iggy.StatusOf(err) == wire.GroupIDNotFound || iggy.StatusOf(err) == wire.GroupNameNotFound || iggy.StatusOf(err) == wire.NotResolvedConsumer {
			return at, sum, nil // nobody has joined yet
		}
		if err != nil {
			return at, sum, err
		}
		if ok {
			at[i] = int64(o.Stored) + 1
			sum += at[i]
		}
	}
	return at, sum, nil
}

// written is how many messages the partitions have.
func (p *producer) written() (ends [topicPartitions]int64) {
	for i := range ends {
		ends[i] = p.ends[i].Load()
	}
	return ends
}

// ledger expects every record.
func (p *producer) ledger() *Ledger {
	written := make([]int64, topicPartitions*topicKeys)
	for k := range written {
		written[k] = (p.ends[k%topicPartitions].Load() + topicKeys - 1 - int64(k/topicPartitions)) / topicKeys
	}
	return NewLedger(written, table)
}
