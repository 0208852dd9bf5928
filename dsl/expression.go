package dsl

import (
	"unicode/utf8"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Expression is a field that holds an expr-lang expression: its text after unquoting, and where each rune of it stands in
// the document. The zero Expression is absent.
type Expression struct {
	Source string
	Range  source.Range // of the whole scalar, quotes included

	// offsets[i] is the byte offset in the document of rune i of Source, with one more entry for its end; nil where the
	// scalar's text and its value could not be matched, in which case every finding points at the scalar.
	offsets []int
}

// NewExpression returns an expression that stands in a document of its own called name: for programs and tests.
func NewExpression(name, text string) Expression {
	f := source.NewFile(name, []byte(text))
	e := Expression{Source: text, Range: source.Range{File: f, End: len(f.Data)}}
	if string(f.Data) == text {
		e.offsets = runeOffsets(text, 0)
	}
	return e
}

// runeOffsets lists where each rune of text begins, counted from base, and where the text ends.
func runeOffsets(text string, base int) []int {
	offsets := make([]int, 0, utf8.RuneCountInString(text)+1)
	for i := range text {
		offsets = append(offsets, base+i)
	}
	return append(offsets, base+len(text))
}

// IsZero reports whether the field was absent.
func (e Expression) IsZero() bool { return e.Range.File == nil && e.Source == "" }

// At maps the runes [from, to) of Source to the document. What cannot be mapped is the whole scalar.
func (e Expression) At(from, to int) source.Range {
	if e.offsets == nil || from < 0 || from >= len(e.offsets) {
		return e.Range
	}
	to = min(max(to, from), len(e.offsets)-1)
	return source.Range{File: e.Range.File, Start: e.offsets[from], End: e.offsets[to]}
}
