package dsl

import (
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// span is where a token stands, and for a scalar its value read from the source itself.
type span struct {
	source.Range
	style  Style
	scalar *unquoted // nil where the source and the token disagree
}

// locator finds the tokens of a YAML document in its source.
//
// The offsets of goccy's tokens drift, and the columns of some of them too. Between two tokens there are only blanks, line
// ends and comments, so that each token must begin where the one before it ends: its spelling is then checked against the
// source. Only where that fails the token's line and column are taken.
type locator struct {
	f     *source.File
	lexed []byte // f's text as the lexer got it
	at    int
	spans map[*token.Token]span
	block *span        // header of a block scalar whose text is the next token
	lost  source.Range // the first text that stands between two tokens and is no comment: the lexer has dropped it
	bad   source.Diagnostics
}

func locate(f *source.File, lexed []byte, tokens token.Tokens) *locator {
	l := &locator{f: f, lexed: lexed, spans: make(map[*token.Token]span, len(tokens))}
	for _, t := range tokens {
		if t.Type != token.CommentType {
			l.token(t)
		}
	}
	if l.skip(); l.at < len(f.Data) {
		l.lose(len(f.Data))
	}
	return l
}

func (l *locator) token(t *token.Token) {
	if header := l.block; header != nil {
		l.block = nil
		l.blockText(t, header)
		return
	}
	l.skip()
	s, ok := l.read(t, l.at)
	if !ok {
		hint := l.at
		if t.Position != nil {
			hint = max(hint, l.f.Offset(t.Position.Line, t.Position.Column))
		}
		if s, ok = l.read(t, hint); !ok {
			s = span{Range: at(l.f, hint, hint)}
		} else {
			l.lose(hint)
		}
	}
	l.at = max(l.at, s.End)
	l.spans[t] = s
	if ok && (t.Type == token.LiteralType || t.Type == token.FoldedType) {
		l.block = &s
	}
	l.escapes(s)
}

// lose notes that the text up to offset end is a part of no token.
func (l *locator) lose(end int) {
	if l.lost.File == nil && end > l.at {
		l.lost = at(l.f, l.at, end)
	}
}

// skip moves behind blanks, line ends and comments.
func (l *locator) skip() {
	data := l.f.Data
	for l.at < len(data) {
		switch c := data[l.at]; {
		case blank(c) || c == '\n':
			l.at++
		case c == '#':
			l.at = lineEnd(data, l.at)
		default:
			return
		}
	}
}

// read finds t at offset at, or reports that something else stands there.
func (l *locator) read(t *token.Token, at int) (span, bool) {
	data := l.f.Data
	if at >= len(data) {
		return span{}, false
	}
	s := span{Range: source.Range{File: l.f, Start: at}}
	switch t.Type {
	case token.SingleQuoteType, token.DoubleQuoteType:
		quote, style := byte('\''), SingleQuoted
		if t.Type == token.DoubleQuoteType {
			quote, style = '"', DoubleQuoted
		}
		if data[at] != quote {
			return s, false
		}
		u := unquoteYAML(data, at, style == DoubleQuoted)
		if u == nil {
			return s, false
		}
		s.End, s.style = u.end, style
		if sameText(string(u.text), t.Value) || len(u.bad) > 0 {
			s.scalar = u
		}
	case token.LiteralType, token.FoldedType:
		if data[at] != '|' && data[at] != '>' {
			return s, false
		}
		s.style, s.End = Literal, lineEnd(data, at)
		if data[at] == '>' {
			s.style = Folded
		}
	default:
		u := matchPlain(l.lexed, at, t.Value)
		if u == nil {
			return s, false
		}
		u.restore(data, l.lexed)
		s.End, s.scalar = u.end, u
	}
	return s, true
}

// restore puts back the characters of data that the lexer got others for: ASCII for ASCII.
func (u *unquoted) restore(data, lexed []byte) {
	if len(data) > 0 && &data[0] == &lexed[0] {
		return
	}
	i := 0
	for _, offset := range u.offsets[:len(u.offsets)-1] {
		if data[offset] != lexed[offset] {
			u.text[i] = data[offset]
		}
		_, n := utf8.DecodeRune(u.text[i:])
		i += n
	}
}

// blockText locates the text of a block scalar, and widens its header's span over it.
func (l *locator) blockText(t *token.Token, header *span) {
	u := unquoteBlock(l.f.Data, header.Start, t.Value)
	s := *header
	if u != nil {
		s.scalar, s.End = u, max(u.end, header.End)
	} else if t.Position != nil {
		// The parser's position of such a token is its last line.
		s.End = max(header.End, lineEnd(l.f.Data, l.f.Offset(t.Position.Line, 1)))
	}
	l.spans[t] = s
	l.at = max(l.at, s.End)
}

// escapes reports what goccy takes for an escape and YAML does not.
func (l *locator) escapes(s span) {
	if s.scalar == nil {
		return
	}
	for _, b := range s.scalar.bad {
		l.bad = append(l.bad, source.Diagnostic{
			Code: "yaml-syntax", Range: source.Range{File: l.f, Start: b.start, End: b.end},
			Found:    "`" + b.text + "` is no escape of a double-quoted text",
			Expected: "one of YAML's, such as `\\n`, `\\t`, `\\\"`, `\\\\` or `\\u00e9`",
			Fix:      "write `\\\\` for a backslash, or use single quotes",
		})
	}
}
