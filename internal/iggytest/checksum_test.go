package iggytest_test

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// checksum is what message i of a batch should have: the XXH3 of everything behind the checksum, laid out here by hand.
func checksum(b *wire.Batch, i int) uint64 {
	out := append([]byte{}, b.ID[i][:]...)
	out = binary.LittleEndian.AppendUint64(out, b.Offset[i])
	out = binary.LittleEndian.AppendUint64(out, uint64(b.Timestamp[i]))
	out = binary.LittleEndian.AppendUint64(out, uint64(b.Origin[i]))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(b.Headers(i))))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(b.Payload(i))))
	out = binary.LittleEndian.AppendUint64(out, 0)
	out = append(append(out, b.Payload(i)...), b.Headers(i)...)
	return xxh3.Hash(out)
}
