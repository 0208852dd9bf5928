package json

import (
	"unicode/utf8"
	"unsafe"
)

// text appends the text whose opening quote stands at p to t and returns what follows its closing quote, or nil.
//
// Words are copied while they are searched for the text's end. At least textRoom bytes are free behind t.data before a
// run begins and a run ends 16 bytes before that, so no word is written outside of it.
func (d *decoder) text(t *text, p pointer) pointer {
	if cap(t.data)-len(t.data) < textRoom {
		t.grow(textRoom)
	}
	before := len(t.data)
	to := at(pointer(unsafe.SliceData(t.data)), before)
	p = at(p, 1)
	n := 0
	var high uint64
	for n < textRoom-16 {
		w := word(at(p, n))
		putWord(at(to, n), w)
		if marks := special(w); marks != 0 {
			n += first(marks)
			high |= below(w, marks)
			if byteAt(p, n) == '"' && high&tops == 0 {
				t.data = t.data[:before+n]
				return at(p, n+1)
			}
			break
		}
		high |= w
		n += 8
	}
	t.data = t.data[:before+n]
	return d.restOfText(t, at(p, n), before, high)
}

// restOfText goes on with a text that is long, has escapes or is not ASCII.
func (d *decoder) restOfText(t *text, p pointer, before int, high uint64) pointer {
	for {
		if cap(t.data)-len(t.data) < textRoom {
			t.grow(textRoom)
		}
		to := at(pointer(unsafe.SliceData(t.data)), len(t.data))
		n := 0
		var marks uint64
		for n < textRoom-16 {
			w := word(at(p, n))
			putWord(at(to, n), w)
			if marks = special(w); marks != 0 {
				n += first(marks)
				high |= below(w, marks)
				break
			}
			high |= w
			n += 8
		}
		t.data = t.data[:len(t.data)+n]
		p = at(p, n)
		if marks == 0 {
			continue
		}
		switch byteAt(p, 0) {
		case '"':
			if high&tops != 0 && !utf8.Valid(t.data[before:]) {
				return d.fail(codeEncoding, nil, p, "")
			}
			return at(p, 1)
		case '\\':
			if p = d.escape(t, p); p == nil {
				return nil
			}
		default:
			return d.control(p)
		}
	}
}

// escape appends what the escape at p stands for and returns what follows it, or nil. What it appends is whole UTF-8, so
// validating the text afterwards tells whether its raw bytes were valid.
func (d *decoder) escape(t *text, p pointer) pointer {
	c := unescaped[byteAt(p, 1)]
	if c != 0 {
		t.data = append(t.data, c)
		return at(p, 2)
	}
	if byteAt(p, 1) != 'u' {
		return d.syntax(p, `an escape of JSON: \" \\ \/ \b \f \n \r \t \u`)
	}
	r := hex4(at(p, 2))
	q := at(p, 6)
	switch {
	case r < 0:
		return d.syntax(p, `four hex digits behind \u`)
	case r >= 0xdc00 && r < 0xe000:
		return d.fail(codeEncoding, nil, p, "surrogate")
	case r >= 0xd800 && r < 0xdc00:
		low := rune(-1)
		if byteAt(q, 0) == '\\' && byteAt(q, 1) == 'u' {
			low = hex4(at(q, 2))
		}
		if low < 0xdc00 || low >= 0xe000 {
			return d.fail(codeEncoding, nil, p, "surrogate")
		}
		r = (r-0xd800)<<10 + (low - 0xdc00) + 0x10000
		q = at(q, 6)
	}
	t.data = utf8.AppendRune(t.data, r)
	return q
}

// unescaped is the character of an escape of two bytes; 0 for one that is none.
var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// hex4 is the value of the four hex digits at p, or -1. It stops at the first byte that is none.
func hex4(p pointer) rune {
	var r rune
	for i := range 4 {
		v := hexValue[byteAt(p, i)]
		if v == 0 {
			return -1
		}
		r = r<<4 | rune(v-1)
	}
	return r
}

// hexValue is one more than the value of a hex digit; 0 for what is none.
var hexValue = [256]byte{
	'0': 1, '1': 2, '2': 3, '3': 4, '4': 5, '5': 6, '6': 7, '7': 8, '8': 9, '9': 10,
	'a': 11, 'b': 12, 'c': 13, 'd': 14, 'e': 15, 'f': 16, 'A': 11, 'B': 12, 'C': 13, 'D': 14, 'E': 15, 'F': 16,
}

// plain returns the content of the text at p, and what follows it; nil and nil when it is malformed. The bytes stand in
// the frame, or in the scratch area when there are escapes, and hold until that is used again.
func (d *decoder) plain(p pointer) (content []byte, end pointer) {
	start := at(p, 1)
	n := 0
	for {
		marks := special(word(at(start, n)))
		if marks == 0 {
			n += 8
			continue
		}
		n += first(marks)
		if byteAt(start, n) == '"' {
			return span(start, n), at(start, n+1)
		}
		break
	}
	d.scratch.data = d.scratch.data[:0]
	if end = d.text(&d.scratch, p); end == nil {
		return nil, nil
	}
	return d.scratch.data, end
}

// skipText returns what follows the text at p, or nil. It validates as text does and keeps nothing.
func (d *decoder) skipText(p pointer) pointer {
	start := at(p, 1)
	n := 0
	var high uint64
	for {
		w := word(at(start, n))
		marks := special(w)
		if marks == 0 {
			high |= w
			n += 8
			continue
		}
		high |= below(w, marks)
		n += first(marks)
		switch byteAt(start, n) {
		case '"':
			// Escapes are ASCII and whole, so the raw bytes are valid exactly when the text is.
			if high&tops != 0 && !utf8.Valid(span(start, n)) {
				return d.fail(codeEncoding, nil, p, "")
			}
			return at(start, n+1)
		case '\\':
			d.scratch.data = d.scratch.data[:0]
			q := d.escape(&d.scratch, at(start, n))
			if q == nil {
				return nil
			}
			n = distance(start, q)
		default:
			return d.control(at(start, n))
		}
	}
}
