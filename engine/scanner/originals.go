package scanner

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
)

// originals are the bytes that one batch was decoded from. Where its records lie in them is found when the first one is
// asked for: what is never rejected costs nothing.
type originals struct {
	refs    atomic.Int64
	split   string
	first   int64 // ordinal of the first frame
	frames  int
	bytes   int64
	spans   []span
	options codec.DecodeOptions
	find    func(state, data []byte, o codec.DecodeOptions) ([]codec.Extent, error)
	meta    func(split string, ordinal int64) []byte

	once  sync.Once
	index []place // of each frame; nil when the codec counts otherwise, which is a bug
}

// place is where a frame lies.
type place struct {
	span int
	codec.Extent
}

var _ engine.Originals = (*originals)(nil)

// Retain implements engine.Originals.
func (o *originals) Retain() { o.refs.Add(1) }

// Release implements engine.Originals.
func (o *originals) Release() {
	if o.refs.Add(-1) == 0 {
		release(o.spans)
		o.spans = nil
	}
}

// Bytes implements engine.Originals.
func (o *originals) Bytes() int64 { return o.bytes }

// Original implements engine.Originals.
func (o *originals) Original(split string, ordinal int64) (engine.Original, bool) {
	at := ordinal - o.first
	if split != o.split || at < 0 || at >= int64(o.frames) {
		return engine.Original{}, false
	}
	out := engine.Original{Meta: o.describe(ordinal)}
	if o.once.Do(o.locate); o.index != nil {
		p := o.index[at]
		out.Raw = o.spans[p.span].chunk.data[p.From:p.To]
		out.Cut = len(out.Raw) > o.options.MaxFrame
	}
	return out, true
}

func (o *originals) describe(ordinal int64) []byte {
	if o.meta == nil {
		return nil
	}
	return o.meta(o.split, ordinal)
}

// locate finds every frame.
func (o *originals) locate() {
	index := make([]place, 0, o.frames)
	for i, s := range o.spans {
		found, err := o.find(s.state, s.chunk.data[s.from:s.to], o.options)
		if err != nil {
			return
		}
		for _, e := range found {
			index = append(index, place{i, codec.Extent{From: s.from + e.From, To: s.from + e.To}})
		}
	}
	if len(index) == o.frames {
		o.index = index
	}
}

// failed is what is known of a frame that became no row, in memory of its own. The decoder has a copy of all but large
// ones; nil originals have no more than that.
func (o *originals) failed(f codec.Failure, first int64) engine.Original {
	out := engine.Original{Raw: f.Raw, Cut: f.Cut}
	if o == nil {
		return out
	}
	if f.Cut {
		if whole, ok := o.Original(o.split, first+int64(f.Frame)); ok && !whole.Cut && whole.Raw != nil {
			out.Raw, out.Cut = bytes.Clone(whole.Raw), false
		}
	}
	out.Meta = o.describe(first + int64(f.Frame))
	return out
}
