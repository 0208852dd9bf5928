package json

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"github.com/iggy-flow/iggy-flow/engine/codec"
)

// mode is where in a split's bytes the decoder stands. Its letters are what positions hold: they never change.
type mode byte

const (
	atStart      mode = 0   // nothing but white space was taken
	inLines      mode = 'l' // at the start of a line
	arrayFirst   mode = '[' // behind the bracket that opens the array
	arrayElement mode = ',' // behind a comma
	arrayNext    mode = 'e' // behind an element
	arrayEnd     mode = ']' // behind the bracket that closes the array
	skipLine     mode = 'x' // inside a line that is too long
	skipElement  mode = 'X' // inside an element that is too long
)

// framing is what State and Restore keep, and how far the frame that is not yet whole was searched for its end.
type framing struct {
	mode     mode
	scan     scan // of the element at the front of what was not taken, or that is skipped
	searched int  // bytes at the front of what was not taken, in which there is no line end
}

// State implements codec.Decoder.
func (d *decoder) State() []byte {
	switch d.mode {
	case atStart:
		return nil
	case skipElement:
		return append(binary.AppendUvarint([]byte{byte(d.mode)}, uint64(d.scan.depth)), byte(d.scan.kind))
	default:
		return []byte{byte(d.mode)}
	}
}

// Restore implements codec.Decoder.
func (d *decoder) Restore(state []byte) error {
	if len(state) == 0 {
		return nil
	}
	d.mode = mode(state[0])
	switch d.mode {
	case inLines, arrayFirst, arrayElement, arrayNext, arrayEnd, skipLine:
		if len(state) == 1 {
			return nil
		}
	case skipElement:
		if depth, n := binary.Uvarint(state[1:]); n > 0 && len(state) == n+2 && state[n+1] <= byte(inEscape) {
			d.scan = scan{depth: int(depth), kind: scanKind(state[n+1])}
			return nil
		}
	}
	return fmt.Errorf("the framing state %q is none of the JSON codec", state)
}

// Decode implements codec.Decoder.
func (d *decoder) Decode(data []byte, last bool) (n int, err error) {
	for n < len(data) && !d.full {
		took, more, err := d.step(data[n:], last)
		if n += took; err != nil || !more {
			return n, err
		}
	}
	if last && n == len(data) {
		err = d.atEnd()
	}
	return n, err
}

// atEnd is the error for data that ends where it must not.
func (d *decoder) atEnd() error {
	switch d.mode {
	case arrayFirst, arrayElement, arrayNext, skipElement:
		return errors.New("the data ends inside its array; expected ]")
	default:
		return nil
	}
}

// step takes something from the front of data, which is not empty. When more is false, nothing is left to be taken
// before the data has grown.
func (d *decoder) step(data []byte, last bool) (n int, more bool, err error) {
	switch d.mode {
	case atStart:
		return d.start(data, last)
	case inLines:
		n, more = d.lines(data, last)
		return n, more, nil
	case skipLine:
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			return len(data), true, nil
		}
		d.mode = inLines
		return end + 1, true, nil
	default:
		return d.array(data, last)
	}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// start finds out whether the split holds lines or an array.
func (d *decoder) start(data []byte, last bool) (n int, more bool, err error) {
	if !last && len(data) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, data) {
		return 0, false, nil
	}
	if bytes.HasPrefix(data, byteOrderMark) {
		n = len(byteOrderMark)
	}
	n += blank(data[n:])
	switch {
	case n == len(data):
	case data[n] == '[':
		d.mode = arrayFirst
		n++
	default:
		d.mode = inLines
	}
	return n, true, nil
}

// blank is how much white space stands at the front of data.
func blank(data []byte) int {
	for i, c := range data {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return i
		}
	}
	return len(data)
}

// lines takes whole lines. One that is not a whole record is a failure, blank ones are nothing.
func (d *decoder) lines(data []byte, last bool) (n int, more bool) {
	searched := min(d.searched, len(data))
	d.searched = 0
	if end := searched + bytes.LastIndexByte(data[searched:], '\n') + 1; end > searched {
		p := pointer(unsafe.SliceData(data))
		stop := at(p, end)
		from := p
		for p != stop && !d.full {
			p = d.line(p, stop)
		}
		return distance(from, p), true
	}
	switch {
	case len(data) > d.options.MaxFrame:
		d.fail(codeTooLong, nil, nil, "")
		d.reject(data)
		d.mode = skipLine
		return len(data), true
	case last:
		d.tail = append(append(slices.Grow(d.tail[:0], len(data)+1+codec.Padding), data...), '\n')
		p := pointer(unsafe.SliceData(d.tail))
		d.line(p, at(p, len(d.tail)))
		return len(data), true
	default:
		d.searched = len(data)
		return 0, false
	}
}

// line takes the line at p, and returns where the next one begins. The line end that stands before stop, at the latest,
// stops every parser: none goes beyond a raw \n while newlines is false.
func (d *decoder) line(p, stop pointer) pointer {
	start := p
	if byteAt(p, 0) != '{' {
		if p = d.space(p); byteAt(p, 0) == '\n' && distance(start, p) <= d.options.MaxFrame {
			return at(p, 1)
		}
	}
	var end pointer
	if byteAt(p, 0) == '{' {
		if end = d.readRecord(p); end != nil && byteAt(end, 0) != '\n' {
			if end = d.space(end); byteAt(end, 0) != '\n' {
				end = d.syntax(end, "the end of the line behind the record")
			}
		}
	} else {
		d.syntax(p, "record")
	}
	if end != nil {
		if size := distance(start, end); size <= d.options.MaxFrame {
			d.accept(size + 1)
			return at(end, 1)
		}
	}
	rest := span(start, distance(start, stop))
	size := bytes.IndexByte(rest, '\n')
	if size > d.options.MaxFrame {
		d.fail(codeTooLong, nil, nil, "")
	}
	d.reject(bytes.TrimSuffix(rest[:size], []byte{'\r'}))
	return at(start, size+1)
}
