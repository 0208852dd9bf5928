package dsl

import (
	"unicode/utf8"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// offsets maps the runes of a scalar's text to the document; nil where its source does not give that text.
func (n *Node) offsets() []int {
	f := n.Range.File
	if n.Kind != ScalarNode || f == nil || n.Range.Start >= len(f.Data) {
		return nil
	}
	var u *unquoted
	switch n.Style {
	case Plain:
		u = matchPlain(f.Data, n.Range.Start, n.Text)
	case SingleQuoted, DoubleQuoted:
		u = unquoteYAML(f.Data, n.Range.Start, n.Style == DoubleQuoted)
	case Literal, Folded:
		u = unquoteBlock(f.Data, n.Range.Start, n.Text)
	default:
		u = unquoteTOML(f.Data, n.Range.Start, n.Style)
	}
	if u == nil || string(u.text) != n.Text {
		return nil
	}
	return u.offsets
}

// part maps the bytes [from, to) of a scalar's text to the document; the whole scalar where they cannot be mapped.
func (n *Node) part(from, to int) source.Range {
	e := Expression{Source: n.Text, Range: n.Range, offsets: n.offsets()}
	from = min(max(from, 0), len(n.Text))
	to = min(max(to, from), len(n.Text))
	return e.At(utf8.RuneCountInString(n.Text[:from]), utf8.RuneCountInString(n.Text[:to]))
}

// expression is a scalar's text as an expression.
func (n *Node) expression() Expression {
	return Expression{Source: n.Text, Range: n.Range, offsets: n.offsets()}
}
