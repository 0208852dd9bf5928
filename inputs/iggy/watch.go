package iggy

import (
	"context"
	"fmt"
	"time"

	"github.com/iggy-flow/iggy-flow/engine"
)

// How often a group asks for its partitions, and a consumer for new ones of its topic. A partition that moves away is
// waited for 30 s by the server; a second is soon enough.
const (
	groupEvery = time.Second
	topicEvery = 5 * time.Second
)

// watch keeps the splits of a topic what they should be, until ctx is done.
func (in *input) watch(ctx context.Context, t *topic) {
	every := topicEvery
	if t.group != nil {
		every = groupEvery
	}
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		err := in.reconcile(ctx, t)
		if err != nil && ctx.Err() == nil {
			in.fail(fmt.Errorf("watch topic %s: %w", t.name, err))
			return
		}
		select {
		case <-ticks.C:
		case <-t.changed:
		case <-ctx.Done():
			return
		}
	}
}

// reconcile compares what is read with what should be: new partitions begin, and those that belong to others end.
func (in *input) reconcile(ctx context.Context, t *topic) error {
	_, partitions, err := in.look(ctx, t)
	if err != nil {
		return err
	}
	if t.group == nil {
		return in.grow(ctx, t, partitions)
	}
	change, err := t.group.Refresh(ctx)
	if err != nil {
		return err
	}
	owned := map[string]uint32{}
	for _, o := range change.Owned {
		owned[t.splitName(o.Partition)] = o.Partition
	}
	var fresh []uint32
	in.mu.Lock()
	for name, s := range in.splits {
		if s.topic != t {
			continue
		}
		// A new membership owns nothing of the old one: what was polled is committed to the targets, which decide, and
		// the partition is acquired anew.
		if _, ours := owned[name]; !ours || change.Anew {
			s.leaving = true
			s.stop()
		}
	}
	for name, p := range owned {
		if in.splits[name] == nil && !in.coming[name] {
			in.coming[name] = true
			fresh = append(fresh, p)
		}
	}
	in.mu.Unlock()
	return in.gain(ctx, t, fresh)
}

// gain announces partitions that the member has come to own.
func (in *input) gain(ctx context.Context, t *topic, fresh []uint32) error {
	if len(fresh) == 0 {
		return nil
	}
	names, stored := make([]string, len(fresh)), engine.Positions{}
	for i, p := range fresh {
		names[i] = t.splitName(p)
		at, ok, err := in.stored(ctx, t, p)
		if err != nil {
			return err
		}
		if ok {
			stored[names[i]] = at
		}
	}
	begin, err := in.env.Begin(ctx, names, stored)
	if err != nil {
		return err
	}
	for i, p := range fresh {
		var known *engine.Position
		if at, ok := begin[names[i]]; ok {
			known = &at
		}
		s, err := in.acquire(ctx, t, p, known)
		if err != nil {
			return err
		}
		if !in.send(ctx, event{split: s, begin: true}) {
			return nil
		}
	}
	return nil
}

// grow begins partitions that were added to a consumer's topic. Nothing was read of them: they begin at their first message.
func (in *input) grow(ctx context.Context, t *topic, partitions uint32) error {
	if partitions < t.partitions {
		return engine.Permanent(fmt.Errorf("topic %s has lost partitions: it had %d and has %d", t.name, t.partitions, partitions))
	}
	t.partitions = partitions
	for _, p := range in.wanted(partitions) {
		name := t.splitName(p)
		in.mu.Lock()
		there := in.splits[name] != nil || in.coming[name]
		in.coming[name] = in.coming[name] || !there
		in.mu.Unlock()
		if there {
			continue
		}
		s, err := in.acquire(ctx, t, p, &engine.Position{Incarnation: t.incarnation})
		if err != nil {
			return err
		}
		if !in.send(ctx, event{split: s, begin: true}) {
			return nil
		}
	}
	return nil
}

// Rewind implements engine.SharedInput: what was emitted and not committed is polled again. A split that is to move away
// is given up: nothing of it is under way any more.
func (in *input) Rewind(ctx context.Context) error {
	in.mu.Lock()
	old := in.splits
	in.splits = map[string]*split{}
	in.mu.Unlock()
	for _, s := range old {
		s.stop()
	}
	for _, s := range old {
		if err := in.drain(ctx, s); err != nil {
			return err
		}
	}
	for _, t := range in.topics {
		t.look()
	}
	return nil
}

// drain waits until a reader has returned; what it has polled is thrown away. Events of other splits wait in a list.
func (in *input) drain(ctx context.Context, s *split) error {
	for {
		select {
		case <-s.done:
			return nil
		case e := <-in.events:
			switch {
			case e.reply != nil:
				e.reply.release()
			case e.begin: // it has emitted nothing: it begins as announced
				in.start(e.split)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
