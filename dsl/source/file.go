package source

import (
	"bytes"
	"slices"
	"sort"
	"unicode/utf8"
)

// File is one document as it is parsed: its byte order mark stripped and its line ends normalised to \n.
//
// A File is immutable but for Hide, which is called while the document is decoded and not concurrently.
type File struct {
	Name string // as the user wrote it, for messages
	Data []byte // normalised text; every Range points into it

	lines   []int // offset of each line's first byte
	removed []int // offsets in Data before which one \r was dropped, ascending
	bom     int   // bytes of the mark that was stripped
	hidden  []Range
}

// NewFile normalises data, which it does not keep, and indexes its lines.
func NewFile(name string, data []byte) *File {
	f := &File{Name: name}
	if rest, ok := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); ok {
		data, f.bom = rest, 3
	}
	f.Data = make([]byte, 0, len(data))
	for i, c := range data {
		if c == '\r' && i+1 < len(data) && data[i+1] == '\n' {
			f.removed = append(f.removed, len(f.Data))
			continue
		}
		f.Data = append(f.Data, c)
	}
	f.lines = []int{0}
	for i, c := range f.Data {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// Lines is the number of lines; an empty file has one.
func (f *File) Lines() int { return len(f.lines) }

// Line returns the text of the 1-based line n without its line end.
func (f *File) Line(n int) []byte {
	if n < 1 || n > len(f.lines) {
		return nil
	}
	end := len(f.Data)
	if n < len(f.lines) {
		end = f.lines[n] - 1
	}
	return f.Data[f.lines[n-1]:end]
}

// Position is a place in a file for people: both numbers are 1-based, and Column counts runes.
type Position struct{ Line, Column int }

// Position returns where the byte at offset stands. An offset outside the text is moved to its nearest end.
func (f *File) Position(offset int) Position {
	offset = min(max(offset, 0), len(f.Data))
	line := sort.SearchInts(f.lines, offset+1)
	return Position{Line: line, Column: utf8.RuneCount(f.Data[f.lines[line-1]:offset]) + 1}
}

// Offset returns the byte offset of a 1-based line and rune column, moved to the line's end where the line is shorter.
func (f *File) Offset(line, column int) int {
	if line < 1 {
		return 0
	}
	if line > len(f.lines) {
		return len(f.Data)
	}
	text, offset := f.Line(line), f.lines[line-1]
	for ; column > 1 && len(text) > 0; column-- {
		_, n := utf8.DecodeRune(text)
		text, offset = text[n:], offset+n
	}
	return offset
}

// Original maps an offset into Data to the file as it is on disk, with its byte order mark and carriage returns.
func (f *File) Original(offset int) int {
	return offset + f.bom + sort.SearchInts(f.removed, offset+1)
}

// Hide marks a range as secret: no rendered diagnostic shows its text.
func (f *File) Hide(r Range) {
	if r.File == f && r.End > r.Start {
		f.hidden = append(f.hidden, r)
	}
}

// visible returns line n with every hidden byte replaced by an asterisk.
func (f *File) visible(n int) []byte {
	text := f.Line(n)
	start := f.lines[n-1]
	for _, h := range f.hidden {
		from, to := max(h.Start-start, 0), min(h.End-start, len(text))
		if from >= to {
			continue
		}
		text = slices.Clone(text)
		for i := from; i < to; i++ {
			text[i] = '*'
		}
	}
	return text
}

// Redacted returns the text without the bytes that were hidden.
func (f *File) Redacted() []byte {
	out := make([]byte, 0, len(f.Data))
	hidden := slices.SortedFunc(slices.Values(f.hidden), func(a, b Range) int { return a.Start - b.Start })
	from := 0
	for _, h := range hidden {
		if from < h.Start {
			out = append(out, f.Data[from:h.Start]...)
		}
		from = max(from, h.End)
	}
	return append(out, f.Data[from:]...)
}

// Range is the half-open interval [Start, End) of bytes of a file. The zero Range points nowhere.
type Range struct {
	File       *File
	Start, End int
}

// IsZero reports whether r points nowhere.
func (r Range) IsZero() bool { return r.File == nil }

// Text returns the bytes that r covers.
func (r Range) Text() []byte {
	if r.File == nil || r.Start < 0 || r.End > len(r.File.Data) || r.Start > r.End {
		return nil
	}
	return r.File.Data[r.Start:r.End]
}

// Within reports whether r lies inside the normalised text data.
func (r Range) Within(data []byte) bool {
	return r.Start >= 0 && r.Start <= r.End && r.End <= len(data)
}

// Position is where r starts; the zero Position when r points nowhere.
func (r Range) Position() Position {
	if r.File == nil {
		return Position{}
	}
	return r.File.Position(r.Start)
}

// String renders r as name:line:column, and as nothing when r points nowhere.
func (r Range) String() string {
	if r.File == nil {
		return ""
	}
	p := r.Position()
	return r.File.Name + ":" + itoa(p.Line) + ":" + itoa(p.Column)
}
