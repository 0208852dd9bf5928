package s3state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
)

const checkpointPrefix = "checkpoint-"

// closeTimeout bounds the attempt to give the lease back: without it, others wait until it lapses.
const closeTimeout = 5 * time.Second

// Store is a checkpoint.Store in a bucket.
type Store struct {
	objects
	options lease.Options
	renewal *lease.Renewal

	mu    sync.Mutex // guards what follows: renewals run beside saves
	head  head
	etag  string
	lost  error // wraps ErrOvertaken, once and for ever
	fresh pending
}

// pending is a checkpoint whose object is written and which the head may not name yet.
type pending struct {
	name string
	data []byte
}

var _ checkpoint.Mender = (*Store)(nil)

// Open takes the lease on the checkpoints at c. The error wraps checkpoint.ErrLocked when another process holds it.
func Open(ctx context.Context, c Config, o lease.Options) (*Store, error) {
	to, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &Store{objects: to, options: o.WithDefaults()}
	if err = s.probe(ctx); err == nil {
		err = lease.Acquire(ctx, s.options, s)
	}
	if err != nil {
		s.disconnect()
		return nil, err
	}
	s.renewal = lease.Renew(ctx, s.options, s.renew)
	return s, nil
}

// probe finds out whether the server honours conditions. One that ignores them would let two processes write.
func (s *Store) probe(ctx context.Context) error {
	name := "probe-" + uuid.NewString()
	if _, err := s.swap(ctx, name, []byte("iggy-flow looks whether this server honours conditions on writes"), ""); err != nil {
		return err
	}
	_, first := s.swap(ctx, name, []byte("it does not"), "")
	_, second := s.swap(ctx, name, []byte("it does not"), `"00000000000000000000000000000000"`)
	if err := s.remove(ctx, name); err != nil {
		return err
	}
	if !errors.Is(first, errChanged) || !errors.Is(second, errChanged) {
		return fmt.Errorf("%s: the server does not honour If-None-Match and If-Match on PUT, so it cannot keep two processes apart (it answered %v and %v); use another one", s.config, first, second)
	}
	return nil
}

// Where implements lease.Place.
func (s *Store) Where() string { return s.config.String() }

// Place implements checkpoint.Viewer.
func (s *Store) Place() string { return s.config.String() }

// Look implements lease.Place.
func (s *Store) Look(ctx context.Context) (lease.Seen, error) {
	h, etag, err := s.readHead(ctx)
	if err != nil {
		return lease.Seen{}, err
	}
	s.head, s.etag = h, etag
	return h.seen(), nil
}

// Take implements lease.Place.
func (s *Store) Take(ctx context.Context, _ lease.Seen) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.head
	next.Number, next.Holder, next.TTL = next.Number+1, s.options.Holder, s.options.TTL
	next.Beat++
	sealed, err := next.seal()
	if err != nil {
		return false, err
	}
	etag, err := s.swap(ctx, headName, sealed, s.etag)
	if errors.Is(err, errChanged) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take the lease: %w", err)
	}
	s.head, s.etag = next, etag
	return true, nil
}

func (s *Store) renew(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(ctx, func(*head) {})
}

// change changes the head by a compare and swap on what this process wrote last. When the answer is lost it looks what
// became of it. It needs mu.
func (s *Store) change(ctx context.Context, edit func(*head)) error {
	if s.lost != nil {
		return s.lost
	}
	var last error
	for range attempts {
		next := s.head
		edit(&next)
		next.Beat++
		sealed, err := next.seal()
		if err != nil {
			return err
		}
		etag, err := s.swap(ctx, headName, sealed, s.etag)
		if err == nil {
			s.head, s.etag = next, etag
			return nil
		}
		if !errors.Is(err, errChanged) && !errors.Is(err, checkpoint.ErrUnavailable) {
			return err
		}
		last = err
		there, etag, err := s.readHead(ctx)
		switch {
		case err != nil:
			return errors.Join(last, err)
		case there.Number != s.head.Number:
			s.lost = lease.Overtaken(s.config.String(), there.seen())
			return s.lost
		case etag == "":
			s.lost = fmt.Errorf("%w: %s was removed", checkpoint.ErrOvertaken, s.place(headName))
			return s.lost
		}
		// Still ours: this attempt, or an earlier one whose answer was lost, has landed or not.
		landed := there.equal(next)
		s.head, s.etag = there, etag
		if landed {
			return nil
		}
	}
	return fmt.Errorf("%w: %w", checkpoint.ErrUnavailable, last)
}

// Load implements checkpoint.Store.
func (s *Store) Load(ctx context.Context) ([]byte, error) { return s.load(ctx, s.snapshot().Current) }

// LoadPrevious implements checkpoint.Store.
func (s *Store) LoadPrevious(ctx context.Context) ([]byte, error) {
	return s.load(ctx, s.snapshot().Previous)
}

func (s *Store) snapshot() head {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head
}

// Save implements checkpoint.Store. A crash before the head is changed leaves an object that nothing names.
func (s *Store) Save(ctx context.Context, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, err := s.write(ctx, data)
	if err != nil || s.head.Current == name { // an earlier attempt has landed
		return err
	}
	garbage := s.head.Previous
	err = s.change(ctx, func(h *head) {
		if h.Current != name { // else an earlier attempt landed meanwhile
			h.Previous, h.Current = h.Current, name
			h.Count++
		}
	})
	if err != nil {
		return err
	}
	s.drop(ctx, garbage)
	return nil
}

// write writes a checkpoint's object, unless the last attempt at the same data has. It needs mu.
func (s *Store) write(ctx context.Context, data []byte) (name string, err error) {
	if s.lost != nil {
		return "", s.lost
	}
	if s.fresh.name != "" && bytes.Equal(s.fresh.data, data) {
		return s.fresh.name, nil
	}
	name = fmt.Sprintf("%s%012d-%d-%s", checkpointPrefix, s.head.Count+1, s.head.Number, uuid.NewString()[:8])
	if err := s.put(ctx, name, checkpoint.Seal(data)); err != nil {
		return "", err
	}
	s.fresh = pending{name, bytes.Clone(data)}
	return name, nil
}

// drop removes an object that nothing names any more. One that stays is stale, and harmless.
func (s *Store) drop(ctx context.Context, name string) {
	if name == "" || name == s.head.Current || name == s.head.Previous {
		return
	}
	if err := s.remove(ctx, name); err != nil {
		s.options.Log.Warn("an old checkpoint stays in the bucket", "object", s.place(name), "error", err)
	}
}

// Close implements checkpoint.Store: it gives the lease back, if it can.
func (s *Store) Close() error {
	s.renewal.Close()
	defer s.disconnect()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.change(ctx, func(h *head) { h.Holder = "" })
	if err != nil && !errors.Is(err, checkpoint.ErrOvertaken) {
		s.options.Log.Warn("the lease of the state was not given back; it lapses by itself", "lease", s.options.TTL, "error", err)
	}
	s.lost = fmt.Errorf("%w: this process has closed it", checkpoint.ErrOvertaken)
	return nil
}
