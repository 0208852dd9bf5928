package iggy

import (
	"context"
	"time"

	"github.com/iggy-flow/iggy-flow/engine"
)

// longestRead is how long Read waits for something to arrive: a checkpoint waits as long.
const longestRead = 50 * time.Millisecond

// Read implements engine.Input: it emits what one poll brought.
func (in *input) Read(ctx context.Context, out *engine.Out) error {
	if in.timer == nil {
		in.timer = time.NewTimer(longestRead)
	} else {
		in.timer.Reset(longestRead)
	}
	defer in.timer.Stop()
	select {
	case err := <-in.failed:
		return err
	case e := <-in.events:
		return in.handle(ctx, e, out)
	case <-in.timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (in *input) handle(ctx context.Context, e event, out *engine.Out) error {
	s := e.split
	switch {
	case e.begin:
		in.start(s)
		return out.Acquire(ctx, []string{s.name})
	case e.end:
		in.mu.Lock()
		ours := in.splits[s.name] == s
		if ours {
			s.leaving, s.drained = true, true
		}
		in.mu.Unlock()
		if ours {
			in.env.Ask() // with the next commit it is given up
		}
		return nil
	}
	defer e.reply.release()
	in.mu.Lock()
	ours := in.splits[s.name] == s
	in.mu.Unlock()
	if !ours {
		return nil // of a split that was rewound: it is polled again
	}
	if err := in.decoder.decode(ctx, e.reply, out); err != nil {
		return err
	}
	n := e.reply.batch.Len()
	in.mu.Lock()
	s.next, s.last = int64(e.reply.batch.Offset[n-1])+1, e.reply.fingerprint(n-1)
	in.mu.Unlock()
	s.taken.Store(s.next)
	in.bytes.Add(int64(len(e.reply.batch.Data)))
	return nil
}

// Positions implements engine.Input.
func (in *input) Positions() (engine.Positions, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	at := engine.Positions{}
	for name, s := range in.splits {
		if s.covered {
			continue // the next owner's first commit would throw this epoch back
		}
		at[name] = s.position()
		s.covered = s.leaving && s.drained
	}
	return at, nil
}

// Commit implements engine.Input: it stores offsets, and gives up splits that are to move away. That an offset could not
// be stored loses nothing: the targets have the positions, and the next commit stores another one.
func (in *input) Commit(ctx context.Context, at engine.Positions) error {
	in.release(func(name string, s *split) bool {
		_, there := at[name]
		return s.covered && !there // of an epoch before, which this commit has made, too
	})
	for name, p := range at {
		in.mu.Lock()
		s := in.splits[name]
		in.mu.Unlock()
		if s == nil || p.Incarnation != s.topic.incarnation {
			continue
		}
		if p.Ordinal > 0 {
			if err := in.store(ctx, s, uint64(p.Ordinal-1)); err != nil {
				in.env.Log.Warn("store an offset; the next commit does", "split", name, "error", err)
			}
		}
		in.release(func(_ string, other *split) bool { return other == s && s.covered && s.next == p.Ordinal })
	}
	return nil
}

// release gives up splits that are to move away and are committed.
func (in *input) release(which func(string, *split) bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for name, s := range in.splits {
		if which(name, s) {
			delete(in.splits, name)
			s.topic.look()
		}
	}
}

func (in *input) store(ctx context.Context, s *split, offset uint64) error {
	if g := s.topic.group; g != nil {
		err := g.StoreOffset(ctx, s.partition, offset)
		if err != nil && s.leaving {
			return nil // it belongs to somebody else already, who reads the targets' positions
		}
		return err
	}
	return in.clientOf(s.topic, s.partition).StoreOffset(ctx, in.owner(), s.topic.streamID(), s.topic.topicID(), s.partition, offset)
}

// look has the topic's watcher look now.
func (t *topic) look() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}
