package partition

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"sync"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker/durable"
)

// Consumer is who stored an offset: a single consumer or a group, by its number.
type Consumer struct {
	Group bool
	ID    uint32
}

// recordBytes is the length of a record of the offsets file: CRC-32C of the rest, kind, present, two zero bytes, id, offset,
// little endian.
const recordBytes = 20

// compactAt is how many records a file has before it is rewritten, unless most of them count.
const compactAt = 8192

// Offsets are the offsets that consumers stored for one partition, in one append-only file: the last record of a consumer
// counts. Its methods may be called at the same time.
type Offsets struct {
	path  string
	table *crc32.Table

	mu      sync.Mutex
	file    *os.File
	records int
	stored  map[Consumer]uint64
}

// OpenOffsets reads the file at path, or creates it. A torn record at its end is cut off.
func OpenOffsets(path string) (*Offsets, error) {
	o := &Offsets{path: path, table: crc32.MakeTable(crc32.Castagnoli), stored: map[Consumer]uint64{}}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for len(data) >= (o.records+1)*recordBytes && o.replay(data[o.records*recordBytes:][:recordBytes]) {
		o.records++
	}
	if o.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if err := o.file.Truncate(int64(o.records) * recordBytes); err != nil {
		return nil, errors.Join(err, o.file.Close())
	}
	return o, nil
}

func (o *Offsets) replay(r []byte) bool {
	if crc32.Checksum(r[4:], o.table) != binary.LittleEndian.Uint32(r) {
		return false
	}
	c := Consumer{Group: r[4] == 1, ID: binary.LittleEndian.Uint32(r[8:])}
	if r[5] == 1 {
		o.stored[c] = binary.LittleEndian.Uint64(r[12:])
	} else {
		delete(o.stored, c)
	}
	return true
}

func (o *Offsets) record(r []byte, c Consumer, offset uint64, present bool) {
	clear(r)
	if c.Group {
		r[4] = 1
	}
	if present {
		r[5] = 1
	}
	binary.LittleEndian.PutUint32(r[8:], c.ID)
	binary.LittleEndian.PutUint64(r[12:], offset)
	binary.LittleEndian.PutUint32(r, crc32.Checksum(r[4:], o.table))
}

// Get is the offset that c stored.
func (o *Offsets) Get(c Consumer) (offset uint64, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	offset, ok = o.stored[c]
	return offset, ok
}

// Store sets the offset of c, which may be lower than the one before.
func (o *Offsets) Store(c Consumer, offset uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.append(c, offset, true)
}

// Advance sets the offset of c unless a higher one is stored.
func (o *Offsets) Advance(c Consumer, offset uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if old, ok := o.stored[c]; ok && old >= offset {
		return nil
	}
	return o.append(c, offset, true)
}

// Delete forgets the offset of c; ok is false when there was none.
func (o *Offsets) Delete(c Consumer) (ok bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.stored[c]; !ok {
		return false, nil
	}
	return true, o.append(c, 0, false)
}

// Clear forgets all offsets.
func (o *Offsets) Clear() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.stored)
	return o.compact()
}

func (o *Offsets) append(c Consumer, offset uint64, present bool) error {
	var r [recordBytes]byte
	o.record(r[:], c, offset, present)
	if _, err := o.file.WriteAt(r[:], int64(o.records)*recordBytes); err != nil {
		return fmt.Errorf("store an offset in %s: %w", o.path, err)
	}
	o.records++
	if present {
		o.stored[c] = offset
	} else {
		delete(o.stored, c)
	}
	if o.records >= compactAt && o.records > 4*len(o.stored) {
		return o.compact()
	}
	return nil
}

// compact replaces the file by one that has a record for each consumer.
func (o *Offsets) compact() error {
	data := make([]byte, 0, len(o.stored)*recordBytes)
	var r [recordBytes]byte
	for c, offset := range o.stored {
		o.record(r[:], c, offset, true)
		data = append(data, r[:]...)
	}
	if err := durable.Replace(o.path, data); err != nil {
		return err
	}
	file, err := os.OpenFile(o.path, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	old := o.file
	o.file, o.records = file, len(o.stored)
	return old.Close()
}

// Sync puts the offsets on the disk.
func (o *Offsets) Sync() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.file.Sync()
}

// Close syncs and closes the file.
func (o *Offsets) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return errors.Join(o.file.Sync(), o.file.Close())
}
