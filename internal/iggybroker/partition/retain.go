package partition

import (
	"fmt"
	"os"
	"slices"
)

// removeSegment deletes the file of segment i; views keep its mapping.
func (l *Log) removeSegment(i int) error {
	s := l.segments[i]
	if err := os.Remove(s.path); err != nil {
		return fmt.Errorf("delete a segment: %w", err)
	}
	l.segments = slices.Delete(l.segments, i, i+1)
	return s.release()
}

// DeleteSegments deletes up to n of the oldest segments, never the one that is appended to. It returns how many.
func (l *Log) DeleteSegments(n uint32) (uint32, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var done uint32
	for done < n && len(l.segments) > 1 {
		if err := l.removeSegment(0); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// Expire deletes the segments whose newest message is older than before, in microseconds since 1970. The active segment is
// sealed first when that holds for it too.
func (l *Log) Expire(before uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.segments) == 0 {
		return ErrClosed
	}
	if s := l.active(); len(s.index) > 0 && s.lastTimestamp() < before {
		if err := l.roll(0); err != nil {
			return err
		}
	}
	for len(l.segments) > 1 && l.segments[0].lastTimestamp() < before {
		if err := l.removeSegment(0); err != nil {
			return err
		}
	}
	return nil
}

// Oldest is the newest timestamp in the oldest sealed segment; ok is false when none is sealed.
func (l *Log) Oldest() (timestamp uint64, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.segments) < 2 {
		return 0, false
	}
	return l.segments[0].lastTimestamp(), true
}

// Purge deletes all messages. Offsets begin at 0 again.
func (l *Log) Purge() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.segments) == 0 {
		return ErrClosed
	}
	for len(l.segments) > 0 {
		if err := l.removeSegment(len(l.segments) - 1); err != nil {
			return err
		}
	}
	s, err := openSegment(l.dir, 0, l.options.SegmentBytes)
	if err != nil {
		return fmt.Errorf("begin a segment: %w", err)
	}
	l.segments = append(l.segments, s)
	l.saved, l.unsavedBytes = 0, 0
	return nil
}
