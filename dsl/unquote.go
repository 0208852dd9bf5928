package dsl

import (
	"strconv"
	"unicode/utf8"
)

// unquoted is a scalar's value and where each rune of it stands in the source.
type unquoted struct {
	text    []byte
	offsets []int // one per rune, and the end
	end     int   // of the scalar in the source, its closing quote included
	bad     []badEscape
}

// badEscape is an escape sequence that the format does not have.
type badEscape struct {
	start, end int
	text       string
}

func (u *unquoted) add(r rune, at int) {
	u.text = utf8.AppendRune(u.text, r)
	u.offsets = append(u.offsets, at)
}

// trim drops the blanks at the end of the text that stand at or behind offset from in the source.
func (u *unquoted) trim(from int) {
	for n := len(u.text); n > 0 && (u.text[n-1] == ' ' || u.text[n-1] == '\t') && u.offsets[len(u.offsets)-1] >= from; n-- {
		u.text = u.text[:n-1]
		u.offsets = u.offsets[:len(u.offsets)-1]
	}
}

// blank reports whether c is a space or a tab.
func blank(c byte) bool { return c == ' ' || c == '\t' }

// breaks measures the run of blanks and line ends at offset at: where it ends and how many lines end in it.
func breaks(data []byte, at int) (end, lines int) {
	for ; at < len(data) && (blank(data[at]) || data[at] == '\n'); at++ {
		if data[at] == '\n' {
			lines++
		}
	}
	return at, lines
}

// fold adds what YAML makes of a run of line ends in a flow scalar: one is a space, n are n-1 line ends.
func (u *unquoted) fold(at, lines int) {
	if lines == 1 {
		u.add(' ', at)
		return
	}
	for range lines - 1 {
		u.add('\n', at)
	}
}

// unquoteYAML reads YAML's single quotes, or double quotes where double is set, from the quote at offset at. The result
// is nil where the closing quote is missing.
func unquoteYAML(data []byte, at int, double bool) *unquoted {
	u := &unquoted{}
	quote := data[at]
	literal := at + 1 // blanks from here on are trimmed at a line's end: those before were escaped
	for at++; at < len(data); {
		switch c := data[at]; {
		case c == quote && !double && at+1 < len(data) && data[at+1] == quote:
			u.add('\'', at)
			at += 2
		case c == quote:
			u.offsets = append(u.offsets, at)
			u.end = at + 1
			return u
		case c == '\\' && double:
			at = u.escapeYAML(data, at)
			literal = at
		case c == '\n':
			u.trim(literal)
			end, lines := breaks(data, at)
			u.fold(at, lines)
			at = end
			literal = at
		default:
			r, n := utf8.DecodeRune(data[at:])
			u.add(r, at)
			at += n
		}
	}
	return nil
}

// yamlEscapes are the escapes of one character.
var yamlEscapes = map[byte]rune{
	'0': 0, 'a': 7, 'b': 8, 't': 9, '\t': 9, 'n': 10, 'v': 11, 'f': 12, 'r': 13, 'e': 27, ' ': ' ', '"': '"', '/': '/',
	'\\': '\\', 'N': 0x85, '_': 0xa0, 'L': 0x2028, 'P': 0x2029,
}

// escapeYAML reads the escape at the backslash at offset at and returns where it ends.
func (u *unquoted) escapeYAML(data []byte, at int) int {
	if at+1 >= len(data) {
		return at + 1
	}
	c := data[at+1]
	if r, ok := yamlEscapes[c]; ok {
		u.add(r, at)
		return at + 2
	}
	if c == '\n' { // the line goes on: blank lines behind it are line ends, blanks before it were meant
		end, lines := breaks(data, at+1)
		for range lines - 1 {
			u.add('\n', at)
		}
		return end
	}
	if size, ok := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]; ok {
		return u.hex(data, at, size, c == 'u')
	}
	_, n := utf8.DecodeRune(data[at+1:])
	return u.refuse(data, at, at+1+n)
}

// hex reads an escape of size hexadecimal digits; pairs joins two surrogates into one character, as JSON has it.
func (u *unquoted) hex(data []byte, at, size int, pairs bool) int {
	r, ok := hexRune(data, at+2, size)
	end := at + 2 + size
	if ok && pairs && r >= 0xd800 && r < 0xdc00 && end+1 < len(data) && data[end] == '\\' && data[end+1] == 'u' {
		if low, fine := hexRune(data, end+2, size); fine && low >= 0xdc00 && low < 0xe000 {
			u.add((r-0xd800)<<10+(low-0xdc00)+0x10000, at)
			return end + 2 + size
		}
	}
	if !ok || !utf8.ValidRune(r) {
		stop := at + 2
		for stop < min(end, len(data)) && data[stop] != '"' && data[stop] != '\n' {
			stop++
		}
		return u.refuse(data, at, stop)
	}
	u.add(r, at)
	return end
}

func (u *unquoted) refuse(data []byte, at, end int) int {
	u.bad = append(u.bad, badEscape{at, end, string(data[at:end])})
	u.add(utf8.RuneError, at)
	return end
}

func hexRune(data []byte, at, size int) (rune, bool) {
	if at+size > len(data) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(data[at:at+size]), 16, 32)
	return rune(v), err == nil && v <= utf8.MaxRune && data[at] != '+' && data[at] != '-'
}

// matchPlain finds value, a plain scalar's, at offset at: its lines are folded there. The result is nil where the source
// says something else.
func matchPlain(data []byte, at int, value string) *unquoted {
	u := &unquoted{}
	for i := 0; i < len(value); {
		if at >= len(data) {
			return nil
		}
		if blank(data[at]) || data[at] == '\n' {
			if end, lines := breaks(data, at); lines > 0 {
				before := len(u.text)
				u.fold(at, lines)
				if !hasPrefixAt(value, i, u.text[before:]) {
					return nil
				}
				i += len(u.text) - before
				at = end
				continue
			}
		}
		r, n := utf8.DecodeRune(data[at:])
		if !hasPrefixAt(value, i, data[at:at+n]) {
			return nil
		}
		u.add(r, at)
		i += n
		at += n
	}
	u.offsets = append(u.offsets, at)
	u.end = at
	return u
}

func hasPrefixAt(value string, i int, prefix []byte) bool {
	return len(value)-i >= len(prefix) && value[i:i+len(prefix)] == string(prefix)
}
