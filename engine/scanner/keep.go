package scanner

import (
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine/codec"
)

// The sizes of what is kept for a dead letter. Chunks are a power of two, as the plan's allocator has them. A batch that
// was made of more than maxKept bytes is handed on though it is not full: records of which little is decoded would else
// be kept without bound.
const (
	keptChunk = 256 << 10
	leastRead = 64 << 10 // room below which a chunk is left for the next
	maxKept   = 4 << 20
	idle      = 16 // chunks that wait for their next use
)

// chunk is memory that bytes are read into once. The scanner and the batches that were decoded from it share it.
type chunk struct {
	pool *chunkPool
	refs atomic.Int64
	data []byte
}

func (c *chunk) release() {
	if c.refs.Add(-1) == 0 {
		c.pool.put(c.data)
	}
}

// chunkPool hands chunks out again as they are: the allocator's would be cleared, at a cost for each byte of the input.
type chunkPool struct {
	mem memory.Allocator

	mu     sync.Mutex
	free   [][]byte
	closed bool
}

// get returns a chunk of at least size bytes, with one owner.
func (p *chunkPool) get(size int) *chunk {
	c := &chunk{pool: p}
	c.refs.Store(1)
	p.mu.Lock()
	if n := len(p.free); n > 0 && size <= keptChunk {
		c.data, p.free = p.free[n-1], p.free[:n-1]
	}
	p.mu.Unlock()
	if c.data == nil {
		n := keptChunk
		for n < size {
			n *= 2
		}
		c.data = p.mem.Allocate(n)
	}
	return c
}

func (p *chunkPool) put(data []byte) {
	p.mu.Lock()
	keep := len(data) == keptChunk && len(p.free) < idle && !p.closed
	if keep {
		p.free = append(p.free, data)
	}
	p.mu.Unlock()
	if !keep {
		p.mem.Free(data)
	}
}

// close gives the idle chunks back. Those in use follow when they are released.
func (p *chunkPool) close() {
	p.mu.Lock()
	free := p.free
	p.free, p.closed = nil, true
	p.mu.Unlock()
	for _, data := range free {
		p.mem.Free(data)
	}
}

// span is a stretch of a chunk that was decoded for one batch. It owns a reference to the chunk.
type span struct {
	chunk    *chunk
	from, to int
	state    []byte // of the framing at from
}

// keeper is the part of a scanner that keeps bytes for the dead letter. A nil keeper keeps nothing.
type keeper struct {
	pool  *chunkPool
	chunk *chunk // that is being filled
	spans []span // of the batch under construction
	bytes int    // in spans
	meta  func(split string, ordinal int64) []byte
}

func newKeeper(mem memory.Allocator) *keeper { return &keeper{pool: &chunkPool{mem: mem}} }

// begin returns the buffer for a split.
func (k *keeper) begin() []byte {
	k.drop()
	if k.chunk != nil {
		k.chunk.release()
	}
	k.chunk = k.pool.get(keptChunk)
	return k.chunk.data
}

// least is the room that a read should have.
func (k *keeper) least() int { return leastRead }

// turn returns another buffer that begins with carry and has room for n bytes more.
func (k *keeper) turn(carry []byte, n int) []byte {
	next := k.pool.get(len(carry) + n)
	copy(next.data, carry)
	k.chunk.release()
	k.chunk = next
	return next.data
}

// from notes that what follows at start is decoded next.
func (k *keeper) from(start int, d codec.Decoder) {
	if n := len(k.spans); n > 0 && k.spans[n-1].chunk == k.chunk && k.spans[n-1].to == start {
		return
	}
	k.chunk.refs.Add(1)
	k.spans = append(k.spans, span{chunk: k.chunk, from: start, to: start, state: d.State()})
}

// to notes that what stands before end was decoded, and reports whether that is enough for a batch.
func (k *keeper) to(end int) (enough bool) {
	last := &k.spans[len(k.spans)-1]
	k.bytes += end - last.to
	last.to = end
	return k.bytes >= maxKept
}

// drop gives up the spans of a batch without frames.
func (k *keeper) drop() {
	if k == nil {
		return
	}
	release(k.spans)
	k.spans, k.bytes = k.spans[:0], 0
}

// take hands the spans over to the batch of frames records from first on. The caller owns the result.
func (k *keeper) take(s *Scanner, first int64, frames int) *originals {
	o := &originals{
		split: s.split, first: first, frames: frames, bytes: int64(k.bytes), meta: k.meta,
		spans: k.spans, options: s.options, find: s.env.Format.Frames,
	}
	o.refs.Store(1)
	k.spans, k.bytes = nil, 0
	return o
}

// close gives back what no batch has.
func (k *keeper) close() {
	k.drop()
	if k.chunk != nil {
		k.chunk.release()
		k.chunk = nil
	}
	k.pool.close()
}

func release(spans []span) {
	for _, s := range spans {
		s.chunk.release()
	}
}
