package raw

import (
	"errors"
	"fmt"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/payload"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// mode is where in a split's bytes the decoder stands. Its letters are what positions hold: they never change.
type mode byte

const (
	atStart mode = 0   // nothing was taken
	behind  mode = 'b' // behind the one record
	skip    mode = 'x' // inside a record that is too long
)

type decoder struct {
	payload.Gatherer
	framing
}

var _ codec.FrameDecoder = (*decoder)(nil)

// framing is what State and Restore keep.
type framing struct {
	mode   mode
	folded payload.Folded
}

func newDecoder(o codec.DecodeOptions) (codec.Decoder, error) {
	if err := payload.Check("raw", o.Schema, schemas.Binary); err != nil {
		return nil, err
	}
	return &decoder{Gatherer: payload.NewGatherer(o)}, nil
}

// State implements codec.Decoder.
func (f *framing) State() []byte {
	switch {
	case f.folded.On:
		return f.folded.State()
	case f.mode == atStart:
		return nil
	}
	return []byte{byte(f.mode)}
}

// Restore implements codec.Decoder.
func (f *framing) Restore(state []byte) error {
	switch {
	case len(state) == 0, f.folded.Restore(state):
		return nil
	case len(state) == 1 && (mode(state[0]) == behind || mode(state[0]) == skip):
		f.mode = mode(state[0])
		return nil
	}
	return fmt.Errorf("the framing state %q is none of the raw codec", state)
}

var errBehind = errors.New("the file has grown behind the record that it was; expected nothing more")

// next finds the frame [from, to) in the n bytes at the front of data, or none in them.
func (f *framing) next(data []byte, limit int, last bool) (from, to, n int, found, long bool, err error) {
	switch {
	case f.folded.On:
		return f.folded.Next(data, limit, last)
	case f.mode == behind:
		return 0, 0, 0, false, false, errBehind
	case f.mode == skip:
		return 0, 0, len(data), false, false, nil
	case len(data) > limit:
		f.mode = skip
		return 0, len(data), len(data), true, true, nil
	case last:
		f.mode = behind
		return 0, len(data), len(data), true, false, nil
	}
	return 0, 0, 0, false, false, nil
}

// Decode implements codec.Decoder: all bytes of a split are one record, and no bytes are none.
func (d *decoder) Decode(data []byte, last bool) (n int, err error) {
	for n < len(data) && !d.Full() {
		from, to, size, found, long, err := d.next(data[n:], d.Options.MaxFrame, last)
		if err != nil || size == 0 {
			return n, err
		}
		if found {
			d.take(data[n+from:n+to], long)
		}
		n += size
	}
	return n, nil
}

// DecodeFrame implements codec.FrameDecoder.
func (d *decoder) DecodeFrame(frame []byte) { d.take(frame, len(frame) > d.Options.MaxFrame) }

func (d *decoder) take(frame []byte, long bool) {
	if long {
		d.TooLong(frame)
	} else {
		d.Add(frame)
	}
}

// frames lists where the frames of data lie.
func frames(state, data []byte, o codec.DecodeOptions) ([]codec.Extent, error) {
	var f framing
	if err := f.Restore(state); err != nil {
		return nil, err
	}
	var found []codec.Extent
	for at := 0; at < len(data); {
		from, to, n, is, _, err := f.next(data[at:], o.MaxFrame, true)
		if err != nil || n == 0 {
			break // the decoder took nothing beyond
		}
		if is {
			found = append(found, codec.Extent{From: at + from, To: at + to})
		}
		at += n
	}
	return found, nil
}
