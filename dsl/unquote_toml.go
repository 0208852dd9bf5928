package dsl

import "unicode/utf8"

// unquoteTOML reads the string that begins with the quote at offset at, in the given style. The result is nil where it is
// not closed.
func unquoteTOML(data []byte, at int, style Style) *unquoted {
	u := &unquoted{}
	quote, width := data[at], 1
	if style == MultilineBasic || style == MultilineLiteral {
		width = 3
	}
	at += width
	if width == 3 && at < len(data) && data[at] == '\n' {
		at++
	}
	for at < len(data) {
		switch c := data[at]; {
		case c == quote && (width == 1 || closes(data, at)):
			u.offsets = append(u.offsets, at)
			u.end = at + width
			return u
		case c == '\\' && quote == '"':
			at = u.escapeTOML(data, at)
		default:
			r, n := utf8.DecodeRune(data[at:])
			u.add(r, at)
			at += n
		}
	}
	return nil
}

// closes reports whether three quotes at offset at end a string: up to two more before them are a part of it.
func closes(data []byte, at int) bool {
	n := 0
	for at+n < len(data) && data[at+n] == data[at] && n < 4 {
		n++
	}
	return n == 3
}

var tomlEscapes = map[byte]rune{'b': 8, 't': 9, 'n': 10, 'f': 12, 'r': 13, 'e': 27, '"': '"', '\\': '\\'}

func (u *unquoted) escapeTOML(data []byte, at int) int {
	if at+1 >= len(data) {
		return at + 1
	}
	c := data[at+1]
	if r, ok := tomlEscapes[c]; ok {
		u.add(r, at)
		return at + 2
	}
	if size, ok := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]; ok {
		return u.hex(data, at, size, false)
	}
	if end, lines := breaks(data, at+1); lines > 0 {
		return end
	}
	return u.refuse(data, at, at+2)
}
