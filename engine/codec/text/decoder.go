package text

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/payload"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// mode is where in a split's bytes the decoder stands. Its letters are what positions hold: they never change.
type mode byte

const (
	atStart  mode = 0   // nothing was taken
	inLines  mode = 'l' // at the start of a line
	skipLine mode = 'x' // inside a line that is too long
)

type decoder struct {
	payload.Gatherer
	framing
	searched int // bytes at the front of what was not taken, in which there is no line end
}

var _ codec.FrameDecoder = (*decoder)(nil)

// framing is what State and Restore keep.
type framing struct {
	mode   mode
	folded payload.Folded
}

func newDecoder(o codec.DecodeOptions) (codec.Decoder, error) {
	if err := payload.Check("text", o.Schema, schemas.String); err != nil {
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
	case len(state) == 1 && (mode(state[0]) == inLines || mode(state[0]) == skipLine):
		f.mode = mode(state[0])
		return nil
	}
	return fmt.Errorf("the framing state %q is none of the text codec", state)
}

// piece is what was found at the front of some data: n bytes, and in them the frame [from, to), or none.
type piece struct {
	from, to, n int
	found, long bool
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// next finds the next piece of data, which is not empty; one of no bytes needs more of them. In the first searched bytes
// there is no line end.
func (f *framing) next(data []byte, searched, limit int, last bool) (p piece, err error) {
	if f.folded.On {
		p.from, p.to, p.n, p.found, p.long, err = f.folded.Next(data, limit, last)
		return p, err
	}
	if f.mode == atStart {
		switch {
		case bytes.HasPrefix(data, byteOrderMark):
			p.n = len(byteOrderMark)
		case !last && bytes.HasPrefix(byteOrderMark, data):
			return p, nil
		}
		if f.mode = inLines; p.n > 0 {
			return p, nil
		}
	}
	end := bytes.IndexByte(data[searched:], '\n')
	size := searched + end
	switch p.n = size + 1; {
	case end >= 0:
	case f.mode == skipLine, len(data) > limit, last:
		size, p.n = len(data), len(data)
	default:
		return piece{}, nil
	}
	if f.mode == skipLine {
		if end >= 0 {
			f.mode = inLines
		}
		return p, nil
	}
	if p.found, p.long = true, size > limit; p.long && end < 0 {
		f.mode = skipLine
	}
	p.to = len(bytes.TrimSuffix(data[:size], []byte{'\r'}))
	return p, nil
}

// Decode implements codec.Decoder. An empty line is an empty text.
func (d *decoder) Decode(data []byte, last bool) (n int, err error) {
	for n < len(data) && !d.Full() {
		p, err := d.next(data[n:], min(d.searched, len(data)-n), d.Options.MaxFrame, last)
		d.searched = 0
		if err != nil {
			return n, err
		}
		if p.n == 0 {
			if !d.folded.On {
				d.searched = len(data) - n
			}
			return n, nil
		}
		if p.found {
			d.take(data[n+p.from:n+p.to], p.long)
		}
		n += p.n
	}
	return n, nil
}

// DecodeFrame implements codec.FrameDecoder: a message is a text, with what line ends it has.
func (d *decoder) DecodeFrame(frame []byte) { d.take(frame, len(frame) > d.Options.MaxFrame) }

func (d *decoder) take(frame []byte, long bool) {
	switch {
	case long:
		d.TooLong(frame)
	case !utf8.Valid(frame):
		d.Fail(frame, "text-encoding", fmt.Sprintf("byte %d: not valid UTF-8; read it with the format raw", wrongAt(frame)+1))
	default:
		d.Add(frame)
	}
}

// wrongAt is where text stops being UTF-8.
func wrongAt(text []byte) int {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	return at
}

// frames lists where the frames of data lie.
func frames(state, data []byte, o codec.DecodeOptions) ([]codec.Extent, error) {
	var f framing
	if err := f.Restore(state); err != nil {
		return nil, err
	}
	var found []codec.Extent
	for at := 0; at < len(data); {
		p, err := f.next(data[at:], 0, o.MaxFrame, true)
		if err != nil || p.n == 0 {
			break // the decoder took nothing beyond
		}
		if p.found {
			found = append(found, codec.Extent{From: at + p.from, To: at + p.to})
		}
		at += p.n
	}
	return found, nil
}
