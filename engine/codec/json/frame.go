package json

import (
	"bytes"
	"slices"
	"unsafe"

	"github.com/iggy-flow/iggy-flow/engine/codec"
)

var _ codec.FrameDecoder = (*decoder)(nil)

// DecodeFrame implements codec.FrameDecoder. Within the frame a line end is white space, as it is in a JSON text.
func (d *decoder) DecodeFrame(frame []byte) {
	if blank(frame) == len(frame) {
		d.syntax(nil, "record")
		d.reject(frame)
		return
	}
	if bytes.IndexByte(frame, '\n') >= 0 {
		frame = d.onOneLine(frame)
	}
	// A line end stops every parser.
	end := frame[: len(frame)+1 : len(frame)+1]
	behind := end[len(frame)]
	end[len(frame)] = '\n'
	p := pointer(unsafe.SliceData(frame))
	d.line(p, at(p, len(end)))
	end[len(frame)] = behind
}

// onOneLine copies the frame with tabs in the place of line ends: white space between tokens, and as wrong within a text.
func (d *decoder) onOneLine(frame []byte) []byte {
	d.tail = append(slices.Grow(d.tail[:0], len(frame)+codec.Padding), frame...)
	for i, c := range d.tail {
		if c == '\n' {
			d.tail[i] = '\t'
		}
	}
	return d.tail
}
