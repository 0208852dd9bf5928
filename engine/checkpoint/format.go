package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The format of a checkpoint at rest, in every store: magic, format version and payload length (both little endian, 32
// and 64 bits), payload, CRC-32C of all that comes before it. Magic, version, length and checksum stay where they are in
// every version to come, so that a program can tell a newer checkpoint from a damaged one.
//
// A version is raised when the payload changes in a way that Decode cannot see by itself: a field that is added needs no
// new version, since Decode refuses fields that it does not know; a field whose meaning changes does. Unseal keeps
// reading every earlier version.
const (
	magic         = "iggyflow"
	formatVersion = 1
	headerSize    = len(magic) + 4 + 8
	trailerSize   = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Seal returns the bytes that a store keeps of payload.
func Seal(payload []byte) []byte {
	data := make([]byte, 0, headerSize+len(payload)+trailerSize)
	data = append(data, magic...)
	data = binary.LittleEndian.AppendUint32(data, formatVersion)
	data = binary.LittleEndian.AppendUint64(data, uint64(len(payload)))
	data = append(data, payload...)
	return binary.LittleEndian.AppendUint32(data, crc32.Checksum(data, castagnoli))
}

// Unseal returns the payload of data, which was read at place. The error is a *CorruptError when data is not what a
// store wrote, and a *VersionError when a newer program wrote it.
func Unseal(place string, data []byte) ([]byte, error) {
	corrupt := func(reason string) ([]byte, error) { return nil, &CorruptError{Place: place, Reason: reason} }
	switch {
	case len(data) == 0:
		return corrupt("it is empty")
	case len(data) < headerSize+trailerSize || !bytes.HasPrefix(data, []byte(magic)):
		return corrupt("it is no checkpoint of iggy-flow")
	}
	body, sum := data[:len(data)-trailerSize], binary.LittleEndian.Uint32(data[len(data)-trailerSize:])
	if n := binary.LittleEndian.Uint64(data[len(magic)+4:]); n != uint64(len(body)-headerSize) {
		return corrupt(fmt.Sprintf("it holds %d bytes and should hold %d", len(body)-headerSize, n))
	}
	if crc32.Checksum(body, castagnoli) != sum {
		return corrupt("its checksum is wrong")
	}
	switch version := binary.LittleEndian.Uint32(data[len(magic):]); {
	case version > formatVersion:
		return nil, &VersionError{Place: place, Version: version}
	case version == 0:
		return corrupt("its format is version 0, which there is none of")
	}
	return body[headerSize:], nil
}

// VersionError is a checkpoint that a newer program wrote: whole, and not for this one.
type VersionError struct {
	Place   string
	Version uint32 // 0 where a field that this program does not know tells it
	Field   string
}

// Error says what was found and both ways out.
func (e *VersionError) Error() string {
	found := fmt.Sprintf("is of format version %d, and this iggy-flow reads up to %d", e.Version, formatVersion)
	if e.Version == 0 {
		found = fmt.Sprintf("holds a field that this iggy-flow does not know (%s)", e.Field)
	}
	place := "the checkpoint"
	if e.Place != "" {
		place = "the state " + e.Place
	}
	return fmt.Sprintf("%s was written by a newer iggy-flow: it %s; run the newer iggy-flow again. To stay with this one, stop cleanly with the newer one first, "+
		"then start with another --state and --adopt, to go on from the positions that the targets hold, or with --fresh, to write everything again", place, found)
}
