package v08

import (
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// indexSize is the layout of one index of a send request: u32 offset 0, u32 end of the message among all, u64 timestamp 0.
const indexSize = 16

// send walks: u32 length of what follows up to the indexes, stream, topic, partitioning, u32 count, indexes, messages.
func (c *coder) send(r *wire.Send) {
	if c.decodes {
		c.decodeSend(r)
		return
	}
	m := &r.Messages
	n := m.Len()
	if n == 0 {
		c.fail(wire.InvalidMessagesCount, "no messages")
		return
	}
	head := len(c.buf)
	c.buf = append(c.buf, 0, 0, 0, 0)
	c.ids(&r.Stream, &r.Topic)
	c.partitioning(&r.Partitioning)
	c.buf = le.AppendUint32(c.buf, uint32(n))
	le.PutUint32(c.buf[head:], uint32(len(c.buf)-head-4))
	if c.err != nil {
		return
	}
	size, ok := c.sizes(m)
	if !ok {
		return
	}
	at := len(c.buf)
	c.buf = grow(c.buf, n*indexSize+size)
	putMessages(c.buf[at:], m)
}

// sizes checks every message and returns how many bytes all of them take.
func (c *coder) sizes(m *wire.Messages) (total int, ok bool) {
	for i := range m.Start {
		payload, headers := int(m.End[i])-int(m.Start[i]), 0
		if m.HeaderStart != nil {
			headers = int(m.HeaderEnd[i]) - int(m.HeaderStart[i])
		}
		if payload < 1 || payload > wire.MaxPayload || headers < 0 || headers > wire.MaxHeaders {
			c.failSize(i, payload, headers)
			return 0, false
		}
		total += HeaderSize + payload + headers
	}
	if total > maxMessages {
		c.fail(wire.InvalidMessagesSize, "%d bytes of messages in one request; at most %d", total, maxMessages)
		return 0, false
	}
	return total, true
}

func (c *coder) failSize(i, payload, headers int) {
	switch {
	case payload < 1:
		c.fail(wire.InvalidPayloadLength, "message %d has no payload", i)
	case payload > wire.MaxPayload:
		c.fail(wire.TooBigPayload, "message %d has a payload of %d bytes; at most %d", i, payload, wire.MaxPayload)
	default:
		c.fail(wire.TooBigHeaders, "message %d has headers of %d bytes; at most %d", i, headers, wire.MaxHeaders)
	}
}

// grow appends n bytes of any value.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) < n {
		b = append(make([]byte, 0, max(len(b)+n, 2*cap(b))), b...)
	}
	return b[:len(b)+n]
}

// putMessages fills dst with indexes and messages, whose sizes have been checked.
func putMessages(dst []byte, m *wire.Messages) {
	indexes, end := dst[:m.Len()*indexSize], 0
	dst = dst[len(indexes):]
	for i := range m.Start {
		payload := m.Payload(i)
		headers := m.Headers(i)
		h := Header{Headers: uint32(len(headers)), Payload: uint32(len(payload))}
		if m.ID != nil {
			h.ID = m.ID[i]
		}
		if m.Origin != nil {
			h.Origin = m.Origin[i]
		}
		h.Put(dst[end:])
		end += HeaderSize
		end += copy(dst[end:], payload)
		end += copy(dst[end:], headers)
		le.PutUint64(indexes[i*indexSize:], uint64(end)<<32)
		le.PutUint64(indexes[i*indexSize+8:], 0)
	}
}

func (c *coder) partitioning(p *wire.Partitioning) {
	if c.decodes {
		c.decodePartitioning(p)
		return
	}
	switch p.Kind {
	case wire.BalancedPartitions:
		c.buf = append(c.buf, 1, 0)
	case wire.OnePartition:
		c.buf = le.AppendUint32(append(c.buf, 2, 4), p.Partition)
	case wire.PartitionOfKey:
		if len(p.Key) < 1 || len(p.Key) > 255 {
			c.fail(wire.InvalidKeyLength, "a key of %d bytes; expected 1 to 255", len(p.Key))
			return
		}
		c.buf = append(append(c.buf, 3, uint8(len(p.Key))), p.Key...)
	default:
		c.fail(wire.InvalidCommand, "partitioning of kind %d; expected 1 to 3", p.Kind)
	}
}

func (c *coder) decodePartitioning(p *wire.Partitioning) {
	head := c.take(2, "partitioning")
	if head == nil {
		return
	}
	value := c.take(int(head[1]), "partitioning")
	p.Kind = wire.PartitioningKind(head[0])
	switch {
	case c.err != nil:
	case p.Kind == wire.BalancedPartitions && len(value) == 0:
	case p.Kind == wire.OnePartition && len(value) == 4:
		p.Partition = le.Uint32(value)
	case p.Kind == wire.PartitionOfKey && len(value) > 0:
		p.Key = value
	case p.Kind == wire.PartitionOfKey:
		c.fail(wire.InvalidKeyLength, "an empty key")
	default:
		c.fail(wire.InvalidCommand, "partitioning of kind %d with %d bytes", head[0], len(value))
	}
}

func (c *coder) decodeSend(r *wire.Send) {
	var length, count uint32
	c.u32(&length)
	start := c.at
	c.ids(&r.Stream, &r.Topic)
	c.partitioning(&r.Partitioning)
	c.u32(&count)
	switch {
	case c.err != nil:
		return
	case int64(c.at-start) != int64(length):
		c.fail(wire.InvalidCommand, "metadata of %d bytes; its length says %d", c.at-start, length)
	case count == 0:
		c.fail(wire.InvalidMessagesCount, "no messages")
	case int64(count) > int64(c.left()/(indexSize+HeaderSize)):
		c.fail(wire.InvalidIndexesCount, "%d messages in %d bytes", count, c.left())
	}
	indexes := c.take(int(count)*indexSize, "indexes")
	messages := c.take(c.left(), "messages")
	if c.err != nil {
		return
	}
	r.Messages.Reset()
	if err := decodeMessages(messages, int(count), &r.Messages); err != nil {
		c.err = err
		return
	}
	c.checkIndexes(indexes, messages, &r.Messages)
}

// checkIndexes holds the indexes of a send request against its messages.
func (c *coder) checkIndexes(indexes, messages []byte, m *wire.Messages) {
	for i := range m.Start {
		index := indexes[i*indexSize:]
		if offset := le.Uint32(index); offset != 0 {
			c.fail(wire.NonZeroOffset, "%d at index %d", offset, i)
		}
		if at := le.Uint64(index[8:]); at != 0 {
			c.fail(wire.NonZeroTimestamp, "%d at index %d", at, i)
		}
		if end := le.Uint32(index[4:]); int64(end) != int64(m.HeaderEnd[i]) {
			c.fail(wire.InvalidMessagesSize, "message %d ends at byte %d; its index says %d", i, m.HeaderEnd[i], end)
		}
		payload, headers := int(m.End[i]-m.Start[i]), int(m.HeaderEnd[i]-m.HeaderStart[i])
		if payload < 1 || payload > wire.MaxPayload || headers > wire.MaxHeaders {
			c.failSize(i, payload, headers)
		}
		if c.err != nil {
			return
		}
	}
}
