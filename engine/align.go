package engine

import (
	"context"
	"maps"
	"sync"
)

// aligner holds the streams of one stage at a barrier until it has arrived on all of them (Carbone et al., 2015). Until
// then no stream brings a row of the next epoch.
//
// Each stream has a goroutine, which works under the aligner's lock: what they share is guarded by it.
type aligner struct {
	sync.Mutex
	streams int
	waiting int
	barrier Barrier       // the one that is waited at; its positions are those of the streams that have arrived
	open    chan struct{} // closed when the barrier has passed, or was given up for a later one
}

func newAligner(streams int) *aligner {
	return &aligner{streams: streams, open: make(chan struct{})}
}

// arrive is called when b has come in on one stream, and returns when that stream may go on. The last stream to arrive
// calls pass, under the lock, with the positions of all. A stream that comes with a later barrier than the others wait at
// sets them free: their barrier was given up, and will not come in on it any more.
func (a *aligner) arrive(ctx context.Context, b Barrier, pass func(Barrier) error) error {
	a.Lock()
	switch {
	case a.waiting == 0:
		a.barrier = b
		a.barrier.Positions = maps.Clone(b.Positions)
	case b.Epoch < a.barrier.Epoch: // given up: the others are past it
		a.Unlock()
		return nil
	case b.Epoch > a.barrier.Epoch:
		a.release()
		a.barrier = b
		a.barrier.Positions = maps.Clone(b.Positions)
	default:
		maps.Copy(a.barrier.Positions, b.Positions)
	}
	a.waiting++
	if a.waiting < a.streams {
		open := a.open
		a.Unlock()
		select {
		case <-open:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer a.Unlock()
	if err := pass(a.barrier); err != nil {
		return err
	}
	a.release()
	return nil
}

// release lets the streams that wait go on.
func (a *aligner) release() {
	a.waiting = 0
	close(a.open)
	a.open = make(chan struct{})
}
