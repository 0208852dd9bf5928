package v08

import (
	"fmt"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// HeaderSize is how many bytes stand before the payload of a message. The user headers stand behind it.
const HeaderSize = 64

// maxMessages is how many bytes of messages fit the int32 positions of wire.Messages.
const maxMessages = math.MaxInt32

// Header is what stands before a payload: u64 checksum, u128 id, u64 offset, u64 timestamp, u64 origin timestamp, u32 length
// of the user headers, u32 length of the payload, u64 reserved (0).
type Header struct {
	Checksum  uint64
	ID        wire.MessageID
	Offset    uint64
	Timestamp wire.Micros
	Origin    wire.Micros
	Headers   uint32 // bytes
	Payload   uint32 // bytes
}

// Put writes h to the first HeaderSize bytes of b.
func (h *Header) Put(b []byte) {
	b = b[:HeaderSize:HeaderSize]
	le.PutUint64(b, h.Checksum)
	copy(b[8:24], h.ID[:])
	le.PutUint64(b[24:], h.Offset)
	le.PutUint64(b[32:], uint64(h.Timestamp))
	le.PutUint64(b[40:], uint64(h.Origin))
	le.PutUint32(b[48:], h.Headers)
	le.PutUint32(b[52:], h.Payload)
	le.PutUint64(b[56:], 0)
}

// ReadHeader reads the header that begins b, which has at least HeaderSize bytes. Whether b has the bytes that it promises is
// for the caller to see.
func ReadHeader(b []byte) Header {
	b = b[:HeaderSize:HeaderSize]
	return Header{
		Checksum:  le.Uint64(b),
		ID:        wire.MessageID(b[8:24]),
		Offset:    le.Uint64(b[24:]),
		Timestamp: wire.Micros(le.Uint64(b[32:])),
		Origin:    wire.Micros(le.Uint64(b[40:])),
		Headers:   le.Uint32(b[48:]),
		Payload:   le.Uint32(b[52:]),
	}
}

// Size is how many bytes the message takes: header, payload, user headers.
func (h *Header) Size() int { return HeaderSize + int(h.Payload) + int(h.Headers) }

// Seal sets the checksum of a whole message: XXH3 of everything behind it.
func Seal(message []byte) { le.PutUint64(message, Checksum(message)) }

// Checksum is what the checksum of a whole message has to be.
func Checksum(message []byte) uint64 { return xxh3.Hash(message[8:]) }

// decodeMessages finds count messages, which have to fill body, and appends them to the columns of m.
func decodeMessages(body []byte, count int, m *wire.Messages) error {
	if len(body) > maxMessages {
		return fmt.Errorf("%w: %d bytes of messages; at most %d", wire.InvalidMessagesSize, len(body), maxMessages)
	}
	if count > len(body)/HeaderSize {
		return fmt.Errorf("%w: %d messages in %d bytes", wire.InvalidMessagesSize, count, len(body))
	}
	reserve(m, count)
	m.Data, m.HeaderData = body, body
	at := 0
	for i := range count {
		left := body[at:]
		if len(left) < HeaderSize {
			return fmt.Errorf("%w: message %d has %d bytes; expected %d and a payload", wire.TooSmallMessage, i, len(left), HeaderSize)
		}
		payload, headers := int64(le.Uint32(left[52:])), int64(le.Uint32(left[48:]))
		if HeaderSize+payload+headers > int64(len(left)) {
			return fmt.Errorf("%w: message %d of %d + %d + %d bytes in %d", wire.InvalidMessagesSize, i, HeaderSize, payload, headers, len(left))
		}
		start := at + HeaderSize
		end := start + int(payload)
		at = end + int(headers)
		m.Checksum = append(m.Checksum, le.Uint64(left))
		m.ID = append(m.ID, wire.MessageID(left[8:24]))
		m.Offset = append(m.Offset, le.Uint64(left[24:]))
		m.Timestamp = append(m.Timestamp, wire.Micros(le.Uint64(left[32:])))
		m.Origin = append(m.Origin, wire.Micros(le.Uint64(left[40:])))
		m.Start = append(m.Start, int32(start))
		m.End = append(m.End, int32(end))
		m.HeaderStart = append(m.HeaderStart, int32(end))
		m.HeaderEnd = append(m.HeaderEnd, int32(at))
	}
	if at != len(body) {
		return fmt.Errorf("%w: %d bytes behind message %d", wire.InvalidMessagesSize, len(body)-at, count-1)
	}
	return nil
}

// reserve makes room for n messages in every column.
func reserve(m *wire.Messages, n int) {
	if cap(m.Start) >= n {
		return
	}
	*m = wire.Messages{
		Start: make([]int32, 0, n), End: make([]int32, 0, n), HeaderStart: make([]int32, 0, n), HeaderEnd: make([]int32, 0, n),
		ID: make([]wire.MessageID, 0, n), Origin: make([]wire.Micros, 0, n),
		Offset: make([]uint64, 0, n), Timestamp: make([]wire.Micros, 0, n), Checksum: make([]uint64, 0, n),
	}
}
