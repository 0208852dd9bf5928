package s3state

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// View looks at checkpoints that another process may hold.
type View struct{ objects }

var _ checkpoint.Viewer = (*View)(nil)

// OpenView connects; it takes no lease and changes nothing.
func OpenView(ctx context.Context, c Config) (*View, error) {
	to, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	v := &View{to}
	_, etag, err := v.readHead(ctx)
	if err == nil && etag == "" {
		err = fmt.Errorf("look at the state: there is none at %s", c)
	}
	if err != nil {
		v.disconnect()
		return nil, err
	}
	return v, nil
}

// Place implements checkpoint.Viewer.
func (v *View) Place() string { return v.config.String() }

// Load implements checkpoint.Viewer.
func (v *View) Load(ctx context.Context) ([]byte, error) {
	return v.read(ctx, func(h head) string { return h.Current })
}

// LoadPrevious implements checkpoint.Viewer.
func (v *View) LoadPrevious(ctx context.Context) ([]byte, error) {
	return v.read(ctx, func(h head) string { return h.Previous })
}

// read looks again when the head has changed meanwhile: then what it named may be gone, and is not damage.
func (v *View) read(ctx context.Context, which func(head) string) ([]byte, error) {
	h, _, err := v.readHead(ctx)
	if err != nil {
		return nil, err
	}
	for {
		data, err := v.load(ctx, which(h))
		if err == nil {
			return data, nil
		}
		now, _, again := v.readHead(ctx)
		if again != nil {
			return nil, again
		}
		if which(now) == which(h) {
			return nil, err
		}
		h = now
	}
}

// Leftovers implements checkpoint.Viewer.
func (v *View) Leftovers(ctx context.Context) (stale, aside []string, err error) {
	h, _, err := v.readHead(ctx)
	if err != nil {
		return nil, nil, err
	}
	names, err := v.stale(ctx, h)
	return v.places(names), v.places(h.Aside), err
}

// Close implements checkpoint.Viewer.
func (v *View) Close() error {
	v.disconnect()
	return nil
}

// stale lists checkpoints that h does not name, and probes of a process that died behind one.
func (o objects) stale(ctx context.Context, h head) (names []string, err error) {
	all, err := o.list(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, name := range all {
		ours := strings.HasPrefix(name, checkpointPrefix) || strings.HasPrefix(name, "probe-")
		if ours && !strings.Contains(name, "/") && name != h.Current && name != h.Previous && !slices.Contains(h.Aside, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

func (o objects) places(names []string) (places []string) {
	for _, name := range names {
		places = append(places, o.place(name))
	}
	return places
}

// Leftovers implements checkpoint.Viewer.
func (s *Store) Leftovers(ctx context.Context) (stale, aside []string, err error) {
	h := s.snapshot()
	names, err := s.stale(ctx, h)
	return s.places(names), s.places(h.Aside), err
}

// Replace implements checkpoint.Mender: the damaged object stays where it is, and the head remembers it.
func (s *Store) Replace(ctx context.Context, data []byte) (aside string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, err := s.write(ctx, data)
	if err != nil {
		return "", err
	}
	damaged := s.head.Current
	there := ""
	if damaged != "" && damaged != name {
		found, err := s.list(ctx, damaged)
		if err != nil {
			return "", err
		}
		if slices.Contains(found, damaged) {
			there = s.place(damaged)
		}
	}
	err = s.change(ctx, func(h *head) {
		if h.Current == name {
			return
		}
		if there != "" {
			h.Aside = append(slices.Clone(h.Aside), damaged)
		}
		h.Current = name
		h.Count++
	})
	return there, err
}

// Clean implements checkpoint.Mender. What another process might still be writing cannot become current any more, since
// this one holds the lease.
func (s *Store) Clean(ctx context.Context) (removed []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.change(ctx, func(*head) {}); err != nil {
		return nil, err
	}
	names, err := s.stale(ctx, s.head)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := s.remove(ctx, name); err != nil {
			return removed, err
		}
		removed = append(removed, s.place(name))
	}
	return removed, nil
}
