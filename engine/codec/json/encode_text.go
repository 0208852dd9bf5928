package json

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/iggy-flow/iggy-flow/engine/codec"
)

const hexDigits = "0123456789abcdef"

// text appends value i of w. Words are copied while they are searched for what JSON escapes; a value that ends within 8
// bytes of its buffer's end, or that finds no room in b, takes the slow path, as one with such bytes does.
func (e *encoder) text(b []byte, w *writer, i int) []byte {
	from, to := w.bounds(i)
	n, length := to-from, len(b)
	if from+n+8 > len(w.data) || length+n+10 > cap(b) {
		return e.slowText(b, w, from, to)
	}
	// Below, the words read end at from+n+7 at most, and those written at length+1+n+7.
	p, q := pointer(&w.data[from]), pointer(&b[:length+1][length])
	*(*byte)(q) = '"'
	q = at(q, 1)
	var marks, high uint64
	k := 0
	for ; k+8 <= n; k += 8 {
		v := word(at(p, k))
		putWord(at(q, k), v)
		marks |= special(v)
		high |= v
	}
	v := word(at(p, k))
	putWord(at(q, k), v)
	keep := uint64(1)<<uint(8*(n-k)) - 1
	v = v&keep | spaces&^keep
	if (marks | special(v) | high&tops | v&tops) != 0 {
		return e.slowText(b[:length], w, from, to)
	}
	*(*byte)(at(q, n)) = '"'
	return b[:length+n+2]
}

func (e *encoder) slowText(b []byte, w *writer, from, to int) []byte {
	b, ok := appendText(b, w.data[from:to])
	if !ok {
		e.fail(codeEncoding, w, "the text is not valid UTF-8")
	}
	return b
}

// appendText appends s as a JSON string; ok is false when it is not valid UTF-8.
func appendText(b, s []byte) (out []byte, ok bool) {
	if !utf8.Valid(s) {
		return b, false
	}
	b = append(b, '"')
	for {
		n := plainRun(s)
		b = append(b, s[:n]...)
		if n == len(s) {
			return append(b, '"'), true
		}
		switch c := s[n]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		s = s[n+1:]
	}
}

// plainRun is how many bytes at the front of s need no escape.
func plainRun(s []byte) (n int) {
	for ; n+8 <= len(s); n += 8 {
		if marks := special(word(pointer(&s[n]))); marks != 0 {
			return n + first(marks)
		}
	}
	for ; n < len(s); n++ {
		if c := s[n]; c < ' ' || c == '"' || c == '\\' {
			break
		}
	}
	return n
}

// appendDecimal appends v, which has scale digits behind the point, with all of them.
func appendDecimal(b []byte, v decimal128.Num, scale int) []byte {
	if v.Sign() < 0 {
		b, v = append(b, '-'), v.Negate()
	}
	start := len(b)
	high, low := uint64(v.HighBits()), v.LowBits()
	if high == 0 {
		b = strconv.AppendUint(b, low, 10)
	} else {
		// 10^38 is less than 10^19 times 2^64: one division leaves two halves of 64 bits.
		var rest uint64
		high, rest = divide(high, low)
		b = strconv.AppendUint(b, high, 10)
		from := len(b)
		b = strconv.AppendUint(b, rest, 10)
		b = slices.Insert(b, from, bytes.Repeat([]byte{'0'}, 19-(len(b)-from))...)
	}
	if scale == 0 {
		return b
	}
	for len(b)-start <= scale {
		b = slices.Insert(b, start, '0')
	}
	return slices.Insert(b, len(b)-scale, '.')
}

// divide is the number of 128 bits divided by 10^19, and what remains. It must be below 10^38.
func divide(high, low uint64) (quotient, rest uint64) {
	return bits.Div64(high, low, 1e19)
}

func appendUUID(b, u []byte) []byte {
	b = append(b, '"')
	for i, c := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return append(b, '"')
}

// raw appends the text of a JSON value, once it is known to be one. Line ends, which in JSON stand only between tokens,
// are left out: they would end the row.
func (e *encoder) raw(b []byte, w *writer, value []byte) []byte {
	value = bytes.Trim(value, " \t\r\n")
	start := len(b)
	b = slices.Grow(b, len(value)+1+codec.Padding)
	b = append(b, value...)
	// The zero byte ends every token, and is no white space: no parser goes beyond it.
	p := pointer(&append(b, 0)[start])
	if end := e.check.skip(e.check.space(p), 1); end == nil || end != at(p, len(value)) {
		e.check.trouble = trouble{}
		e.fail(codeSyntax, w, cmp.Or(clip(string(value)), "empty text")+" is no JSON value")
		return b
	}
	if bytes.IndexByte(value, '\n') < 0 && bytes.IndexByte(value, '\r') < 0 {
		return b
	}
	kept := b[:start]
	for _, c := range b[start:] {
		if c != '\n' && c != '\r' {
			kept = append(kept, c)
		}
	}
	return kept
}
