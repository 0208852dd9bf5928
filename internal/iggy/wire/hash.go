package wire

import (
	"encoding/binary"
	"math/bits"
)

const (
	prime1 uint32 = 2654435761
	prime2 uint32 = 2246822519
	prime3 uint32 = 3266489917
	prime4 uint32 = 668265263
	prime5 uint32 = 374761393
)

// Hash is XXH32 with seed 0: the server's hash of partitioning keys, modulo the partitions, and of consumers' names.
func Hash(b []byte) uint32 {
	h, n := prime5, uint32(len(b))
	if len(b) >= 16 {
		h, b = stripes(b)
	}
	h += n
	for ; len(b) >= 4; b = b[4:] {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(b)*prime3, 17) * prime4
	}
	for _, v := range b {
		h = bits.RotateLeft32(h+uint32(v)*prime5, 11) * prime1
	}
	h = (h ^ h>>15) * prime2
	h = (h ^ h>>13) * prime3
	return h ^ h>>16
}

// stripes hashes all whole runs of 16 bytes and returns the rest.
func stripes(b []byte) (uint32, []byte) {
	zero := uint32(0)
	lanes := [4]uint32{zero + prime1 + prime2, prime2, 0, zero - prime1}
	for ; len(b) >= 16; b = b[16:] {
		for i := range lanes {
			lanes[i] = bits.RotateLeft32(lanes[i]+binary.LittleEndian.Uint32(b[4*i:])*prime2, 13) * prime1
		}
	}
	return bits.RotateLeft32(lanes[0], 1) + bits.RotateLeft32(lanes[1], 7) + bits.RotateLeft32(lanes[2], 12) + bits.RotateLeft32(lanes[3], 18), b
}
