package json

import (
	"fmt"
	"unsafe"
)

// array takes from a split that is one array: the white space, commas and brackets between its elements, or an element.
func (d *decoder) array(data []byte, last bool) (n int, more bool, err error) {
	if d.mode == skipElement {
		n, done := d.scan.end(data)
		if done {
			d.mode, d.scan = arrayNext, scan{}
		}
		return n, true, nil
	}
	if n = blank(data); n > 0 {
		return n, true, nil
	}
	switch c := data[0]; {
	case d.mode == arrayEnd:
		return 0, false, fmt.Errorf("found %q behind the array's end; expected nothing more", c)
	case d.mode == arrayNext && c == ',':
		d.mode = arrayElement
		return 1, true, nil
	case c == ']' && d.mode != arrayElement:
		d.mode = arrayEnd
		return 1, true, nil
	case d.mode == arrayNext:
		return 0, false, fmt.Errorf("found %q behind an element of the array; expected a comma or ]", c)
	case c == ',' || c == ']' || c == '}' || c == ':':
		return 0, false, fmt.Errorf("found %q in the array; expected an element", c)
	}
	return d.element(data, last)
}

// element takes the element at the front of data, once it is whole.
func (d *decoder) element(data []byte, last bool) (n int, more bool, err error) {
	from := d.searched
	if from > len(data) {
		from, d.scan = 0, scan{}
	}
	n, done := d.scan.end(data[from:])
	if n += from; done && from > 0 {
		// That the parsers stay inside rests on the scan, so it must not rest on what an earlier call's data held.
		d.scan = scan{}
		n, done = d.scan.end(data)
	}
	if !done {
		switch {
		case n > d.options.MaxFrame:
			d.fail(codeTooLong, nil, nil, "")
			d.reject(data)
			d.mode, d.searched = skipElement, 0
			return n, true, nil
		case last:
			return 0, false, fmt.Errorf("the data ends inside an element of its array: %s", clip(string(data[:min(len(data), 24)])))
		}
		d.searched = n
		return 0, false, nil
	}
	d.scan, d.searched, d.mode = scan{}, 0, arrayNext
	start := pointer(unsafe.SliceData(data))
	d.newlines = true
	defer func() { d.newlines = false }()
	switch {
	case n > d.options.MaxFrame:
		d.fail(codeTooLong, nil, nil, "")
	case data[0] != '{':
		d.syntax(start, "record")
	default:
		// The scan found the brackets and texts of the element balanced, so no parser leaves it: one that agrees with
		// the scan up to a byte sees the same texts and the same depth there, and the last byte brings that to zero.
		if end := d.readRecord(start); end != nil {
			d.accept(n)
			return n, true, nil
		}
	}
	d.reject(data[:n])
	return n, true, nil
}

// scanKind is inside of what a scan stands.
type scanKind byte

const (
	beforeValue scanKind = iota
	inBrackets
	inText   // of depth brackets
	inEscape // behind a backslash in a text
)

// scan looks for the end of an element without parsing it. It goes on where it stopped when more data is there.
type scan struct {
	depth int
	kind  scanKind
}

// end returns how many bytes of data belong to the element, and whether its end was found.
func (s *scan) end(data []byte) (n int, done bool) {
	for n < len(data) {
		if s.depth > 0 || s.kind == inText {
			n += s.idle(data[n:])
			if n == len(data) {
				break
			}
		}
		if taken, done := s.byte(data[n]); done {
			return n + taken, true
		}
		n++
	}
	return n, false
}

// idle is how many bytes, in words, at the front of data change nothing: in a text those but quotes and backslashes,
// between brackets those but quotes and brackets.
func (s *scan) idle(data []byte) (n int) {
	if s.kind == inEscape {
		return 0
	}
	for ; n+8 <= len(data); n += 8 {
		w := word(pointer(&data[n]))
		var marks uint64
		if s.kind == inText {
			q, e := w^quotes, w^slants
			marks = ((q-ones)&^q | (e-ones)&^e) & tops
		} else {
			// With bits 1, 2 and 5 set, the brackets [ ] { } become 0x7f, as Y _ y and DEL do, which stop it in vain.
			q, b := w^quotes, (w|ones*0x26)^ones*0x7f
			marks = ((q-ones)&^q | (b-ones)&^b) & tops
		}
		if marks != 0 {
			return n + first(marks)
		}
	}
	return n
}

// byte takes the next byte. When the element ends there, it says whether the byte belongs to it.
func (s *scan) byte(c byte) (taken int, done bool) {
	switch s.kind {
	case inEscape:
		s.kind = inText
	case inText:
		switch c {
		case '\\':
			s.kind = inEscape
		case '"':
			s.kind = inBrackets
			return 1, s.depth == 0
		}
	default:
		switch c {
		case '"':
			s.kind = inText
		case '{', '[':
			s.kind = inBrackets
			s.depth++
		case '}', ']':
			if s.depth == 0 {
				return 0, true
			}
			s.depth--
			return 1, s.depth == 0
		case ',', ' ', '\t', '\r', '\n':
			return 0, s.depth == 0
		}
	}
	return 0, false
}
