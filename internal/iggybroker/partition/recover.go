package partition

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// bases lists the first offsets of the segments in dir, ascending.
func bases(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".log")
		if !ok {
			continue
		}
		base, err := strconv.ParseUint(name, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s is no segment: its name is not an offset", filepath.Join(dir, e.Name()))
		}
		out = append(out, base)
	}
	slices.Sort(out)
	return out, nil
}

// load indexes the batches of s and checks each. In the last segment the first batch that is not whole ends it: a killed
// process left it, and it was never confirmed. Anywhere else it is damage, which no start may hide.
func (s *segment) load(last bool, table *crc32.Table) error {
	end := s.size
	s.size = 0
	for s.size < end {
		data := s.data[s.size:end]
		b, ok := readBatch(data)
		if !ok || b.base != s.next() || !b.intact(data, table) {
			if !last {
				return fmt.Errorf("%s is damaged at byte %d of %d, and later segments follow it; restore the file, or delete the topic's folder", s.path, s.size, end)
			}
			return s.cut(s.size)
		}
		s.note(b)
	}
	return nil
}

// cut ends the file at size.
func (s *segment) cut(size int64) error {
	if err := s.file.Truncate(size); err != nil {
		return fmt.Errorf("cut %s to %d bytes: %w", s.path, size, err)
	}
	s.size = size
	return nil
}
