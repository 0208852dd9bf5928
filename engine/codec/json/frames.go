package json

import (
	"bytes"

	"github.com/iggy-flow/iggy-flow/engine/codec"
)

// frames lists where the frames of data lie, which a decoder took in the framing state at its front: the same ones that it
// counted, in order, whether they became rows or failures. Of a frame that was too long to wait for its end, the part is
// listed with which it began, and what follows of it is none.
func frames(state, data []byte, o codec.DecodeOptions) ([]codec.Extent, error) {
	f := framer{data: data}
	f.decoder.options = o
	if err := f.decoder.Restore(state); err != nil {
		return nil, err
	}
	for f.at < len(data) {
		f.step()
	}
	return f.found, nil
}

// framer walks through data as a decoder's steps do, without reading the records.
type framer struct {
	decoder decoder // for its framing state
	data    []byte
	at      int
	found   []codec.Extent
}

func (f *framer) step() {
	d, rest := &f.decoder, f.data[f.at:]
	switch d.mode {
	case atStart:
		n, _, _ := d.start(rest, true) // it takes at least one byte, or sets a mode
		f.at += n
	case inLines:
		f.line(rest)
	case skipLine:
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			d.mode = inLines
			f.at += end + 1
			return
		}
		f.at = len(f.data)
	case skipElement:
		n, done := d.scan.end(rest)
		if done {
			d.mode, d.scan = arrayNext, scan{}
		}
		f.at += n
	default:
		f.element(rest)
	}
}

// line takes a line; one without an end is the split's last, or too long.
func (f *framer) line(rest []byte) {
	size := bytes.IndexByte(rest, '\n')
	next := size + 1
	if size < 0 {
		size, next = len(rest), len(rest)
		f.decoder.mode = skipLine
	}
	if size > f.decoder.options.MaxFrame || blank(rest[:size]) < size {
		line := bytes.TrimSuffix(rest[:size], []byte{'\r'})
		f.found = append(f.found, codec.Extent{From: f.at, To: f.at + len(line)})
	}
	f.at += next
}

// element takes what stands between two elements, or an element.
func (f *framer) element(rest []byte) {
	d := &f.decoder
	if n := blank(rest); n > 0 {
		f.at += n
		return
	}
	switch {
	case d.mode == arrayNext && rest[0] == ',':
		d.mode = arrayElement
		f.at++
		return
	case rest[0] == ']':
		d.mode = arrayEnd
		f.at++
		return
	}
	d.scan = scan{}
	n, done := d.scan.end(rest)
	if d.mode = arrayNext; !done {
		d.mode = skipElement
	}
	f.found = append(f.found, codec.Extent{From: f.at, To: f.at + n})
	f.at += max(n, 1) // no decoder takes a stray comma, but nothing here may hang on one
}

// refold appends a frame as a line. Line ends between the values of an element of an array are white space; one inside a
// text is an error, and stays one as another control character.
func refold(dst, frame []byte) []byte {
	text, escaped := false, false
	for _, c := range frame {
		switch {
		case c == '\n' && text:
			c = 1
		case c == '\n':
			c = ' '
		case escaped:
			escaped = false
		case c == '\\':
			escaped = text
		case c == '"':
			text = !text
		}
		dst = append(dst, c)
	}
	return append(dst, '\n')
}
