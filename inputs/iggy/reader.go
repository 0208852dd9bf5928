package iggy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/iggy-flow/iggy-flow/engine"
	iggyclient "github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Polls begin with few messages and ask for twice as many while they are small: a topic of large ones must not fill the
// memory with its first poll.
const (
	firstCount = 64
	smallReply = 1 << 20
	largeReply = 4 << 20
)

// The pause behind a poll without messages doubles from here to poll_interval.
const firstPause = time.Millisecond

// emptyPolls are how many polls in a row may bring nothing although the server has said that there is something: then
// retention has removed what was asked for. The server tells so in no other way.
const emptyPolls = 3

// reader polls one split ahead of what is committed. It is one goroutine.
type reader struct {
	in     *input
	split  *split
	offset int64  // of the next poll
	last   string // fingerprint of the message before
	count  uint32
	pause  time.Duration
	empty  int
	seen   uint64 // session of the client whose log was compared with last
}

// run polls until ctx is done, the split belongs to somebody else, or something is wrong, which it reports. Its last
// message says that no more comes.
func (r *reader) run(ctx context.Context) {
	defer close(r.split.done)
	err := r.read(ctx)
	if err != nil && ctx.Err() == nil && !errors.Is(err, iggyclient.ErrNotOwned) {
		r.in.fail(fmt.Errorf("read partition %d of topic %s: %w", r.split.partition, r.split.topic.name, err))
	}
	r.in.send(r.in.life, event{split: r.split, end: true})
}

func (r *reader) read(ctx context.Context) error {
	for ctx.Err() == nil {
		if session := r.in.clientOf(r.split.topic, r.split.partition).Session(); session != r.seen {
			if err := r.in.compare(ctx, r.split, r.offset, r.last); err != nil {
				return err
			}
			r.seen = session
		}
		reply := take(r.in.replies, r.split)
		// Not under ctx: what was polled is emitted and committed, or the server waits for it before it gives the
		// partition to another member.
		if err := r.in.poll(r.in.life, r.split, wire.FromOffset(uint64(r.offset)), r.count, &reply.batch); err != nil {
			reply.release()
			return err
		}
		if reply.batch.Len() == 0 {
			err := r.nothing(ctx, &reply.batch)
			reply.release()
			if err != nil {
				return err
			}
			continue
		}
		if err := r.hand(reply); err != nil {
			return err
		}
	}
	return nil
}

// hand gives a reply to the engine's goroutine. It takes reply.
func (r *reader) hand(reply *reply) error {
	b := &reply.batch
	if first := int64(b.Offset[0]); first != r.offset {
		if err := r.in.gap(r.split, r.offset, first); err != nil {
			reply.release()
			return err
		}
	}
	n := b.Len()
	r.offset, r.last = int64(b.Offset[n-1])+1, reply.fingerprint(n-1)
	r.pause, r.empty = firstPause, 0
	switch size := len(b.Data); {
	case size < smallReply && int(r.count) == n:
		r.count = min(2*r.count, uint32(r.in.config.BatchSize))
	case size > largeReply:
		r.count = max(r.count/2, 1)
	}
	r.split.current.Store(int64(b.Current))
	if !r.in.send(r.in.life, event{split: r.split, reply: reply}) {
		reply.release()
	}
	return nil
}

// nothing waits behind a poll without messages, and finds out whether there should have been some.
func (r *reader) nothing(ctx context.Context, b *iggyclient.Batch) error {
	if int64(b.Current) >= r.offset && b.Current > 0 {
		if r.empty++; r.empty >= emptyPolls {
			r.empty = 0
			return r.skip(ctx)
		}
	} else {
		r.empty = 0
		if b.Current > 0 {
			r.split.current.Store(int64(b.Current))
		}
	}
	select {
	case <-time.After(r.pause):
	case <-ctx.Done():
	}
	r.pause = min(2*r.pause, r.in.config.PollInterval)
	return nil
}

// skip goes on at the oldest message that there is.
func (r *reader) skip(ctx context.Context) error {
	var b iggyclient.Batch
	if err := r.in.poll(ctx, r.split, wire.Strategy{Kind: wire.First}, 1, &b); err != nil {
		return err
	}
	if b.Len() == 0 || int64(b.Offset[0]) <= r.offset {
		return nil // it has come meanwhile
	}
	first := int64(b.Offset[0])
	if err := r.in.gap(r.split, r.offset, first); err != nil {
		return err
	}
	r.offset, r.last = first, ""
	return nil
}

// gap says that the server has removed messages that were not read yet.
func (in *input) gap(s *split, want, first int64) error {
	missing := fmt.Errorf("%d messages, offsets %d to %d of %s, are gone: the topic's retention removed them before they were read", first-want, want, first-1, s.name)
	if first < want {
		missing = fmt.Errorf("the server gave offset %d of %s where offset %d was asked for", first, s.name, want)
		return engine.Permanent(missing)
	}
	if in.config.OnGap == onGapFail {
		return engine.Permanent(fmt.Errorf("%w; nothing can bring them back: keep messages longer, and write `on_gap: continue` to go on with what there is", missing))
	}
	in.env.Log.Warn("going on behind messages that are gone", "split", s.name, "missing", first-want, "first", first)
	return nil
}

// compare finds out whether the message before offset is still the one that was read: a broker that lost its tail gives
// its offsets to other messages, which must not be skipped over.
func (in *input) compare(ctx context.Context, s *split, offset int64, last string) error {
	if offset == 0 || last == "" {
		return nil
	}
	r := take(in.replies, s)
	defer r.release()
	if err := in.poll(ctx, s, wire.FromOffset(uint64(offset-1)), 1, &r.batch); err != nil {
		return err
	}
	const out = "; records may be missing or come under offsets that were read: look at the topic, then start anew with --fresh, or with another consumer and pipeline name"
	switch {
	case r.batch.Len() > 0 && int64(r.batch.Offset[0]) == offset-1:
		if r.fingerprint(0) != last {
			return engine.Permanent(fmt.Errorf("%s has another message at offset %d than was read there: the broker has lost its tail, and written new messages since%s", s.name, offset-1, out))
		}
	case r.batch.Len() == 0 && int64(r.batch.Current) < offset-1:
		return engine.Permanent(fmt.Errorf("%s ends at offset %d, and offset %d was read: the broker has lost its tail%s", s.name, r.batch.Current, offset-1, out))
	}
	return nil // retention has removed it: the next poll says whether more is gone
}
