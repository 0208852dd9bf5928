package partition

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// entry is where a batch lies in its segment.
type entry struct {
	base      uint64
	timestamp uint64
	position  int64 // of its header
	length    uint32
	count     uint32
}

// segment is one file and its mapping. The log holds one reference; a view that is being sent holds another, so that the
// mapping outlives the removal of the file.
type segment struct {
	base  uint64
	path  string
	file  *os.File // nil once it is sealed: the mapping is enough to read
	data  []byte   // the mapping; only [:size] has a file behind it
	size  int64
	index []entry
	refs  atomic.Int32
}

func segmentName(base uint64) string { return fmt.Sprintf("%020d.log", base) }

// openSegment opens or creates the file of a segment and maps capacity bytes of it, at least as many as it has.
func openSegment(dir string, base uint64, capacity int64) (*segment, error) {
	path := filepath.Join(dir, segmentName(base))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &segment{base: base, path: path, file: file}
	s.refs.Store(1)
	if err := s.mapFile(capacity); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return s, nil
}

func (s *segment) mapFile(capacity int64) error {
	stat, err := s.file.Stat()
	if err != nil {
		return err
	}
	s.size = stat.Size()
	// Room is mapped beyond the end: what is appended shows there without another mapping.
	s.data, err = unix.Mmap(int(s.file.Fd()), 0, int(max(capacity, s.size, 1)), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map %s: %w", s.path, err)
	}
	return nil
}

// remap gives a segment without messages, which no view can hold, room for n bytes.
func (s *segment) remap(n int64) error {
	if err := unix.Munmap(s.data); err != nil {
		return err
	}
	return s.mapFile(n)
}

func (s *segment) hasRoom(n int) bool { return s.size+int64(n) <= int64(len(s.data)) }

// write appends whole, a batch with its header, and notes where it lies.
func (s *segment) write(whole []byte, b batch) error {
	if _, err := s.file.WriteAt(whole, s.size); err != nil {
		return err // what was written of it lies behind the size, and the next write goes over it
	}
	s.note(b)
	return nil
}

func (s *segment) note(b batch) {
	s.index = append(s.index, entry{base: b.base, timestamp: b.timestamp, position: s.size, length: b.length, count: b.count})
	s.size += HeaderBytes + int64(b.length)
}

// next is the offset behind the segment's last message.
func (s *segment) next() uint64 {
	if len(s.index) == 0 {
		return s.base
	}
	last := s.index[len(s.index)-1]
	return last.base + uint64(last.count)
}

// lastTimestamp is that of its newest message; zero when it has none.
func (s *segment) lastTimestamp() uint64 {
	if len(s.index) == 0 {
		return 0
	}
	return s.index[len(s.index)-1].timestamp
}

// find is the position in the index of the batch that holds offset, or of the first one behind it.
func (s *segment) find(offset uint64) int {
	i, _ := slices.BinarySearchFunc(s.index, offset, func(e entry, offset uint64) int {
		if e.base+uint64(e.count) <= offset {
			return -1
		}
		return 1 // never equal: the first entry that ends behind offset
	})
	return i
}

// messages are the bytes of a batch's messages.
func (s *segment) messages(e entry) []byte {
	from := e.position + HeaderBytes
	return s.data[from : from+int64(e.length) : from+int64(e.length)]
}

// finish closes the file of a segment that is appended to no more.
func (s *segment) finish() error {
	err := s.file.Close()
	s.file = nil
	return err
}

// reopen makes a sealed segment one that can be appended to, as far as its mapping goes.
func (s *segment) reopen() (err error) {
	if s.file == nil {
		s.file, err = os.OpenFile(s.path, os.O_RDWR, 0)
	}
	return err
}

// release gives back one reference; the last one unmaps and closes.
func (s *segment) release() error {
	if s.refs.Add(-1) > 0 {
		return nil
	}
	err := unix.Munmap(s.data)
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	return err
}
