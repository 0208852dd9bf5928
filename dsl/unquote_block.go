package dsl

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// blockHeader is what stands behind the | or > of a block scalar.
type blockHeader struct {
	folded bool
	chomp  byte // '-', '+' or 0
	indent int  // as written; 0 where it is to be found
	body   int  // offset of the line behind
}

func readBlockHeader(data []byte, at int) blockHeader {
	h := blockHeader{folded: data[at] == '>'}
	for at++; at < len(data) && data[at] != '\n'; at++ {
		switch c := data[at]; {
		case c == '-' || c == '+':
			h.chomp = c
		case c >= '1' && c <= '9':
			h.indent = int(c - '0')
		default:
			at = lineEnd(data, at)
			h.body = min(at+1, len(data))
			return h
		}
	}
	h.body = min(at+1, len(data))
	return h
}

// lineEnd is the offset of the line end at or behind at.
func lineEnd(data []byte, at int) int {
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(data)
}

// maxBlockIndent bounds the search for the indentation that an indicator such as |2 counts from.
const maxBlockIndent = 256

// unquoteBlock reads the block scalar whose | or > is at offset at and whose value the parser took to be value. The parser
// drops blanks at the ends of lines, which are text, and folds some lines wrongly: it is believed only as far as it shows
// which lines belong to the scalar. The result is nil where it has other text.
func unquoteBlock(data []byte, at int, value string) *unquoted {
	h := readBlockHeader(data, at)
	if h.indent == 0 {
		u := h.read(data, h.find(data))
		if sameText(string(u.text), value) {
			return u
		}
		// A scalar without text: what follows less indented is not its own.
		if u = h.read(data, maxBlockIndent); sameText(string(u.text), value) {
			return u
		}
		return nil
	}
	var near *unquoted
	for indent := h.indent; indent <= max(h.indent, min(h.find(data), maxBlockIndent)); indent++ {
		u := h.read(data, indent)
		if string(u.text) == value {
			return u
		}
		if near == nil && trimLines(string(u.text)) == trimLines(value) {
			near = u
		}
	}
	return near
}

// asLexed is a text with the characters that harmless puts into what the lexer gets, and some more of them.
var asLexed = strings.NewReplacer("\t", " ", "<", "x")

// sameText reports whether a text of the source is what the lexer has made of it, but for blanks and line ends.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	a, b = asLexed.Replace(a), asLexed.Replace(b)
	return strings.Join(strings.Fields(a), "") == strings.Join(strings.Fields(b), "")
}

// trimLines drops the blanks at the ends of lines, and writes the text as the lexer gets it.
func trimLines(text string) string {
	lines := strings.Split(asLexed.Replace(text), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.Join(lines, "\n")
}

// find is the indentation of the first line that is not blank.
func (h blockHeader) find(data []byte) int {
	for at := h.body; at < len(data); {
		end := lineEnd(data, at)
		spaces := leading(data[at:end])
		if spaces < end-at {
			return spaces
		}
		at = end + 1
	}
	return 0
}

func leading(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }

// read takes the lines that are indented by indent spaces or blank, and folds or keeps their ends.
func (h blockHeader) read(data []byte, indent int) *unquoted {
	u := &unquoted{end: max(h.body-1, 0)}
	var ends []int   // line ends that are not yet added
	spaced := true   // the last line with text begins with a blank; before the first one no line end is folded
	content := false // some line has text
	at := h.body
	for at < len(data) {
		end := lineEnd(data, at)
		line := data[at:end]
		switch {
		case leading(line) >= min(indent, len(line)) && len(line) > indent:
			if indent == 0 && (bytes.HasPrefix(line, []byte("---")) || bytes.HasPrefix(line, []byte("..."))) {
				return h.finish(u, ends, content)
			}
			begins := blank(line[indent])
			u.join(ends, h.folded && content && !spaced && !begins)
			u.addAll(line[indent:], at+indent)
			ends, spaced, content = []int{end}, begins, true
			u.end = end
		case leading(line) == len(line):
			ends = append(ends, end)
		default:
			return h.finish(u, ends, content)
		}
		at = end + 1
	}
	if at > len(data) && len(ends) > 0 {
		ends = ends[:len(ends)-1] // the last line has no end
		if len(ends) == 0 && content && h.chomp != '-' {
			return h.finish(u, nil, false)
		}
	}
	return h.finish(u, ends, content)
}

// join adds the line ends between two lines with text.
func (u *unquoted) join(ends []int, folded bool) {
	switch {
	case folded && len(ends) == 1:
		u.add(' ', ends[0])
	case folded:
		ends = ends[1:]
		fallthrough
	default:
		for _, e := range ends {
			u.add('\n', e)
		}
	}
}

func (u *unquoted) addAll(text []byte, at int) {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		u.add(r, at+i)
		i += n
	}
}

// finish adds the line ends behind the last line with text, as the header wants them.
func (h blockHeader) finish(u *unquoted, ends []int, content bool) *unquoted {
	switch {
	case len(ends) == 0 || h.chomp == '-':
	case h.chomp == '+':
		u.join(ends, false)
		u.end = ends[len(ends)-1] + 1
	case content:
		u.add('\n', ends[0])
		u.end = ends[0] + 1
	}
	u.offsets = append(u.offsets, u.end)
	return u
}
