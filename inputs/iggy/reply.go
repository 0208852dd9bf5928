package iggy

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/iggy-flow/iggy-flow/engine"
	iggyclient "github.com/iggy-flow/iggy-flow/internal/iggy"
)

// reply is what one poll brought. Batches that are decoded from it may share it, for their dead letters.
type reply struct {
	split *split
	batch iggyclient.Batch
	refs  atomic.Int64
	pool  *sync.Pool
}

// replies are reused: a poll reads into memory that an earlier one has read into.
func newReplies() *sync.Pool {
	p := &sync.Pool{}
	p.New = func() any { return &reply{pool: p} }
	return p
}

// take returns a reply with one owner.
func take(p *sync.Pool, s *split) *reply {
	r := p.Get().(*reply)
	r.split = s
	r.refs.Store(1)
	return r
}

func (r *reply) release() {
	if r.refs.Add(-1) == 0 {
		r.split = nil
		r.pool.Put(r)
	}
}

// fingerprint tells message i from another one that has got its offset.
func (r *reply) fingerprint(i int) string {
	return fmt.Sprintf("%x-%x-%x", r.batch.ID[i], uint64(r.batch.Timestamp[i]), r.batch.Checksum[i])
}

// originals are the messages of a reply from index from on.
type originals struct {
	*reply
	name  string // of the split; the reply's own may be gone
	topic *topic
	first int64 // ordinal of the first message
	from  int
}

var _ engine.Originals = originals{}

// Retain implements engine.Originals.
func (o originals) Retain() { o.refs.Add(1) }

// Release implements engine.Originals.
func (o originals) Release() { o.release() }

// Bytes implements engine.Originals.
func (o originals) Bytes() int64 { return int64(len(o.batch.Data)) }

// Original implements engine.Originals.
func (o originals) Original(split string, ordinal int64) (engine.Original, bool) {
	i := ordinal - o.first + int64(o.from)
	if split != o.name || ordinal < o.first || i >= int64(o.batch.Len()) {
		return engine.Original{}, false
	}
	return engine.Original{Raw: o.batch.Payload(int(i)), Meta: metaJSON(o.topic, &o.batch, int(i))}, true
}
