package iggy

import (
	"context"
	"fmt"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Batch is what a poll fills. Its payloads and headers are views of one buffer, which is readable for 64 bytes behind the last
// of them; they are valid until the batch is used again. The zero Batch is ready; one for each reader keeps memory flat.
type Batch struct {
	wire.Batch
	buf []byte
}

// Poll asks for messages and reads them into b. No messages is no error.
//
// A poll without AutoCommit is repeated when its connection was lost. It borrows r; b is empty when it fails.
func (c *Client) Poll(ctx context.Context, r *wire.Poll, b *Batch) error {
	buf := b.buf
	b.buf = nil // an answer that comes after ctx is done is still read into it
	b.Batch.Reset()
	b.Partition, b.Current = 0, 0
	body, err := c.call(ctx, r, buf)
	if err != nil {
		return err
	}
	b.buf = body
	if err := c.config.Codec.DecodeReply(body, &b.Batch); err != nil {
		b.Batch.Reset()
		return fmt.Errorf("%s: %w", describe(r), err)
	}
	return nil
}

// Send sends messages to one partition and waits until the server has them in memory; it writes them to disk later. It borrows
// r, which the caller may use again when Send returns.
//
// A send that was not executed for certain is repeated over a new connection. When its answer was lost, it is not: the error
// is one for which OutcomeUnknown holds.
func (c *Client) Send(ctx context.Context, r *wire.Send) error {
	_, err := c.call(ctx, r, nil)
	return err
}

// Offset returns the stored offset of a consumer, and false where none is.
func (c *Client) Offset(ctx context.Context, who wire.Consumer, stream, topic wire.Identifier, partition uint32) (wire.StoredOffset, bool, error) {
	var stored wire.StoredOffset
	err := c.Do(ctx, &wire.OnOffset{Do: wire.GetOffset, Consumer: who, Stream: stream, Topic: topic, Partition: wire.OfPartition(partition)}, &stored)
	found, err := exists(err)
	return stored, found, err
}

// StoreOffset stores the offset of the last message processed. A lower one than before is stored as well. That of a group is not
// stored again when the connection was lost: the partition may belong to another member by then.
func (c *Client) StoreOffset(ctx context.Context, who wire.Consumer, stream, topic wire.Identifier, partition uint32, offset uint64) error {
	return c.Do(ctx, &wire.OnOffset{
		Do: wire.StoreOffset, Consumer: who, Stream: stream, Topic: topic, Partition: wire.OfPartition(partition), Offset: offset,
	}, nil)
}
