package engine

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// edgeItems is how many items an edge holds at most. Memory is bounded by bytes; this only keeps a stream of tiny batches
// from growing without end, and 64 amortise the cost of a hand-off to some 50 ns.
const edgeItems = 64

// item travels on an edge: a batch, a barrier, or the news that splits were acquired.
type item struct {
	batch    *Batch
	bytes    int64
	barrier  *Barrier
	acquired []string
}

// edge is a bounded stream from one stage to another. Its sender and its receiver are one goroutine each.
type edge struct {
	from, to string // component paths, for accounts
	ch       chan item
	budget   *semaphore.Weighted
	limit    int64

	sent, received int64 // rows; each counter belongs to its side's goroutine and is handed over in acks
}

func newEdge(from, to string, limit int64) *edge {
	return &edge{from: from, to: to, ch: make(chan item, edgeItems), budget: semaphore.NewWeighted(limit), limit: limit}
}

// send waits until the edge has room for b's bytes. A batch larger than the whole edge travels alone. It takes b.
func (e *edge) send(ctx context.Context, b *Batch) error {
	rows, bytes := int64(b.Len()), min(b.Bytes(), e.limit)
	if err := e.budget.Acquire(ctx, bytes); err != nil {
		b.Release()
		return err
	}
	select {
	case e.ch <- item{batch: b, bytes: bytes}:
		e.sent += rows
		return nil
	case <-ctx.Done():
		b.Release()
		return ctx.Err()
	}
}

// barrier sends a barrier behind everything sent before.
func (e *edge) barrier(ctx context.Context, b Barrier) error {
	select {
	case e.ch <- item{barrier: &b}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// acquired says, in front of their first row, that the input has come to own splits.
func (e *edge) acquired(ctx context.Context, splits []string) error {
	select {
	case e.ch <- item{acquired: splits}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close ends the stream.
func (e *edge) close() { close(e.ch) }

// receive returns the next item; ok is false at the end. The bytes of a batch stay reserved until free is called.
func (e *edge) receive(ctx context.Context) (it item, ok bool, err error) {
	select {
	case it, ok = <-e.ch:
		if it.batch != nil {
			e.received += int64(it.batch.Len())
		}
		return it, ok, nil
	case <-ctx.Done():
		return item{}, false, ctx.Err()
	}
}

// free gives the bytes of a received batch back, when it has been dealt with.
func (e *edge) free(it item) {
	if it.bytes > 0 {
		e.budget.Release(it.bytes)
	}
}

// drain releases what a failed receiver left behind. The sender must have returned.
func (e *edge) drain() {
	for {
		select {
		case it, ok := <-e.ch:
			if !ok {
				return
			}
			if it.batch != nil {
				it.batch.Release()
			}
		default:
			return
		}
	}
}
