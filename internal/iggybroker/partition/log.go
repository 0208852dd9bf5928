package partition

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"sync"
)

// ErrClosed says that a log is closed, as that of a deleted topic is.
var ErrClosed = errors.New("the log is closed")

// Options say how a log keeps its messages.
type Options struct {
	SegmentBytes int64 // a segment is full at that size; a larger batch gets a segment of its own
	Fsync        bool  // every batch is on the disk, not only in the file, before it is confirmed
	SaveMessages int   // so many unsaved messages count as saved together; see Log.Saved
	SaveBytes    int64 // and so many unsaved bytes
}

// Log is the messages of one partition. Its methods may be called at the same time.
type Log struct {
	dir     string
	options Options
	table   *crc32.Table

	mu           sync.RWMutex
	segments     []*segment // ascending; the last one is appended to; never empty while open
	timestamp    uint64     // of the newest message; the next one is never older
	failed       error      // an fsync failed: the file's state is unknown, so nothing is appended any more
	saved        uint64     // offset behind the last message that counts as saved
	unsavedBytes int64
}

// Open opens the log in dir, which it creates, and cuts off a batch that a killed process left torn.
func Open(dir string, options Options) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	l := &Log{dir: dir, options: options, table: crc32.MakeTable(crc32.Castagnoli)}
	starts, err := bases(dir)
	if err != nil {
		return nil, err
	}
	if len(starts) == 0 {
		starts = []uint64{0}
	}
	for i, base := range starts {
		if err := l.openNext(base, i == len(starts)-1); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	l.saved = l.active().next()
	return l, nil
}

func (l *Log) openNext(base uint64, last bool) error {
	if n := len(l.segments); n > 0 && l.segments[n-1].next() != base {
		return fmt.Errorf("%s: a segment begins at offset %d, the one before it ends at %d; a file is missing", l.dir, base, l.segments[n-1].next())
	}
	capacity := int64(0)
	if last {
		capacity = l.options.SegmentBytes
	}
	s, err := openSegment(l.dir, base, capacity)
	if err != nil {
		return err
	}
	l.segments = append(l.segments, s)
	if err := s.load(last, l.table); err != nil {
		return err
	}
	l.timestamp = max(l.timestamp, s.lastTimestamp())
	if !last {
		return s.finish()
	}
	return nil
}

func (l *Log) active() *segment { return l.segments[len(l.segments)-1] }

// Append gives the count messages in buf[start:] their offsets, timestamps and checksums, and writes them with one write. It
// returns the offset of the first. It overwrites buf, of which the HeaderBytes before start are its own; now is in
// microseconds since 1970. After an error nothing was appended.
func (l *Log) Append(buf []byte, start int, count uint32, now uint64) (uint64, error) {
	if start < HeaderBytes || count == 0 || len(buf)-start > maxBatchBytes {
		return 0, fmt.Errorf("append %d messages in %d bytes at %d: out of range", count, len(buf), start)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return 0, l.failed
	}
	whole := buf[start-HeaderBytes:]
	if err := l.roomFor(len(whole)); err != nil {
		return 0, err
	}
	s := l.active()
	now = max(now, l.timestamp) // a clock that steps back must not hide messages from polls by timestamp
	b := batch{length: uint32(len(buf) - start), count: count, base: s.next(), timestamp: now}
	if err := stamp(buf[start:], count, b.base, now); err != nil {
		return 0, err
	}
	b.seal(buf, start, l.table)
	if err := s.write(whole, b); err != nil {
		return 0, fmt.Errorf("append %d bytes to %s: %w", len(whole), s.path, err)
	}
	if l.options.Fsync {
		if err := l.sync(); err != nil {
			return 0, err
		}
	}
	l.timestamp = now
	l.account(int64(len(whole)))
	return b.base, nil
}

// account moves the saved mark when enough has come together.
func (l *Log) account(n int64) {
	l.unsavedBytes += n
	next := l.active().next()
	if l.options.Fsync || next-l.saved >= uint64(max(l.options.SaveMessages, 1)) || l.unsavedBytes >= max(l.options.SaveBytes, 1) {
		l.saved, l.unsavedBytes = next, 0
	}
}

// roomFor begins a new segment where the active one cannot take n more bytes.
func (l *Log) roomFor(n int) error {
	s := l.active()
	if s.hasRoom(n) {
		return nil
	}
	if len(s.index) == 0 {
		return s.remap(int64(n)) // another one would begin at the same offset
	}
	return l.roll(int64(n))
}

// roll seals the active segment and begins the next.
func (l *Log) roll(room int64) error {
	if err := l.sync(); err != nil {
		return err
	}
	l.saved, l.unsavedBytes = l.active().next(), 0
	s, err := openSegment(l.dir, l.active().next(), max(l.options.SegmentBytes, room))
	if err != nil {
		return fmt.Errorf("begin a segment: %w", err)
	}
	if err := l.active().finish(); err != nil {
		return errors.Join(err, s.release())
	}
	l.segments = append(l.segments, s)
	return nil
}

func (l *Log) sync() error {
	if err := l.active().file.Sync(); err != nil {
		l.failed = fmt.Errorf("sync %s: %w; nothing is appended until the broker is started again", l.active().path, err)
		return l.failed
	}
	return nil
}

// Sync puts everything on the disk.
func (l *Log) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.segments) == 0 {
		return ErrClosed
	}
	if err := l.sync(); err != nil {
		return err
	}
	l.saved, l.unsavedBytes = l.active().next(), 0
	return nil
}

// Save counts everything as saved without a sync: a server that writes behind has had the time to.
func (l *Log) Save() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.saved, l.unsavedBytes = l.next(), 0
}

// Saved is the offset behind the last message that a server which writes behind would have on disk. This log writes through;
// the mark is for tests that lose a tail as such a server does.
func (l *Log) Saved() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.saved
}

// Truncate removes the messages from next on. No view may be outstanding.
func (l *Log) Truncate(next uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.segments) == 0 {
		return ErrClosed
	}
	if next < l.segments[0].base {
		return fmt.Errorf("%s begins at offset %d, it cannot end at %d", l.dir, l.segments[0].base, next)
	}
	for len(l.segments) > 1 && l.active().base >= next {
		if err := l.removeSegment(len(l.segments) - 1); err != nil {
			return err
		}
	}
	s := l.active()
	if s.refs.Load() > 1 {
		return fmt.Errorf("cut %s: it is being read", s.path)
	}
	if err := s.reopen(); err != nil {
		return err
	}
	i := s.find(next)
	if i == len(s.index) {
		return nil
	}
	at := s.index[i]
	if at.base < next { // in the middle of a batch: its beginning is written anew
		return l.shorten(s, i, uint32(next-at.base))
	}
	s.index = slices.Clip(s.index[:i])
	l.saved, l.unsavedBytes = next, 0
	return s.cut(at.position)
}

// shorten makes batch i of s the last one, with its first keep messages.
func (l *Log) shorten(s *segment, i int, keep uint32) error {
	at := s.index[i]
	body := s.messages(at)
	n := 0
	for range keep {
		n += messageBytes(body[n:])
	}
	whole := make([]byte, HeaderBytes+n)
	copy(whole[HeaderBytes:], body)
	b := batch{length: uint32(n), count: keep, base: at.base, timestamp: at.timestamp}
	b.seal(whole, HeaderBytes, l.table)
	s.index = slices.Clip(s.index[:i])
	if err := s.cut(at.position); err != nil {
		return err
	}
	if err := s.write(whole, b); err != nil {
		return fmt.Errorf("write the shortened batch at offset %d: %w", at.base, err)
	}
	l.saved, l.unsavedBytes = s.next(), 0
	return nil
}

// Close syncs and closes the log. Views stay valid until they are released.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.segments) == 0 {
		return nil
	}
	var err error
	if l.active().file != nil { // else Open did not come to the last one
		err = l.sync()
	}
	for _, s := range l.segments {
		err = errors.Join(err, s.release())
	}
	l.segments, l.failed = nil, ErrClosed
	return err
}
