package partition

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/zeebo/xxh3"
)

// HeaderBytes is the length of a batch's header. A request to append must leave that much room before its first message:
// Append writes the header there, so that header and messages are one write.
const HeaderBytes = 32

// MessageHeaderBytes is the fixed part of a message on the wire: checksum, id, offset, timestamp, origin timestamp, length
// of headers, length of payload, reserved.
const MessageHeaderBytes = 64

const (
	atID          = 8
	atOffset      = 24
	atTimestamp   = 32
	atHeadersLen  = 48
	atPayloadLen  = 52
	batchMagic    = 0x31424749 // "IGB1", little endian
	checksumFrom  = 8          // a batch's checksum covers everything behind itself
	maxBatchBytes = 1 << 30
)

// batch is a decoded batch header. On disk: magic, CRC-32C of all that follows, length and count of the messages (u32 each),
// offset of the first message, timestamp of all of them in microseconds (u64 each), little endian.
type batch struct {
	sum       uint32
	length    uint32
	count     uint32
	base      uint64
	timestamp uint64
}

// seal writes the header of the batch in buf[start-HeaderBytes:], whose messages are final.
func (b batch) seal(buf []byte, start int, table *crc32.Table) {
	h := buf[start-HeaderBytes:]
	binary.LittleEndian.PutUint32(h[0:], batchMagic)
	binary.LittleEndian.PutUint32(h[8:], b.length)
	binary.LittleEndian.PutUint32(h[12:], b.count)
	binary.LittleEndian.PutUint64(h[16:], b.base)
	binary.LittleEndian.PutUint64(h[24:], b.timestamp)
	binary.LittleEndian.PutUint32(h[4:], crc32.Checksum(h[checksumFrom:HeaderBytes+int(b.length)], table))
}

// readBatch decodes the header at the start of data; ok is false where none can begin.
func readBatch(data []byte) (b batch, ok bool) {
	if len(data) < HeaderBytes || binary.LittleEndian.Uint32(data) != batchMagic {
		return batch{}, false
	}
	b = batch{
		sum:       binary.LittleEndian.Uint32(data[4:]),
		length:    binary.LittleEndian.Uint32(data[8:]),
		count:     binary.LittleEndian.Uint32(data[12:]),
		base:      binary.LittleEndian.Uint64(data[16:]),
		timestamp: binary.LittleEndian.Uint64(data[24:]),
	}
	return b, b.count > 0 && b.length <= maxBatchBytes && int(b.length) <= len(data)-HeaderBytes
}

// intact tells whether the batch at the start of data is what was written.
func (b batch) intact(data []byte, table *crc32.Table) bool {
	return crc32.Checksum(data[checksumFrom:HeaderBytes+int(b.length)], table) == b.sum
}

// messageBytes is the length of the message at the start of data, whose header must be there.
func messageBytes(data []byte) int {
	return MessageHeaderBytes + int(binary.LittleEndian.Uint32(data[atHeadersLen:])) + int(binary.LittleEndian.Uint32(data[atPayloadLen:]))
}

// stamp gives count messages their offsets, their timestamp, a random id where the sender gave none, and their checksums.
func stamp(messages []byte, count uint32, base, timestamp uint64) error {
	rest := messages
	for i := range uint64(count) {
		if len(rest) < MessageHeaderBytes {
			return fmt.Errorf("message %d of %d: %d bytes left, a header has %d", i, count, len(rest), MessageHeaderBytes)
		}
		n := messageBytes(rest)
		if n > len(rest) {
			return fmt.Errorf("message %d of %d: %d bytes long, %d left", i, count, n, len(rest))
		}
		m := rest[:n]
		if binary.LittleEndian.Uint64(m[atID:]) == 0 && binary.LittleEndian.Uint64(m[atID+8:]) == 0 {
			if _, err := rand.Read(m[atID : atID+16]); err != nil {
				return fmt.Errorf("draw a message id: %w", err)
			}
		}
		binary.LittleEndian.PutUint64(m[atOffset:], base+i)
		binary.LittleEndian.PutUint64(m[atTimestamp:], timestamp)
		binary.LittleEndian.PutUint64(m, xxh3.Hash(m[8:]))
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return fmt.Errorf("%d bytes behind the last of %d messages", len(rest), count)
	}
	return nil
}
