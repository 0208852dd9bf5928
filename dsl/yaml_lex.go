package dsl

import (
	"bytes"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// lexYAML splits a document into tokens. The lexer panics on some texts that are no YAML.
func lexYAML(f *source.File, lexed []byte) (tokens token.Tokens, ds source.Diagnostics) {
	defer func() {
		if recover() != nil {
			ds = one(unreadable(at(f, 0, 0)))
		}
	}()
	return lexer.Tokenize(string(lexed)), nil
}

// harmless is the document as the lexer gets it: of the same length and structure, without what takes it quadratic time or
// what it drops from texts. Values are read from the document itself.
//
//   - A tab behind the first text of a line is a space: in double quotes the lexer looks through the rest of the line for
//     each, in plain texts it drops them.
//   - Of a run of three < or more each is an x: the lexer looks for the end of the run at each.
func harmless(data []byte) []byte {
	if bytes.IndexByte(data, '\t') < 0 && !bytes.Contains(data, []byte("<<<")) {
		return data
	}
	out := bytes.Clone(data)
	text, run := false, 0
	for i, c := range out {
		if c == '\t' && text {
			out[i] = ' '
		}
		text = c != '\n' && (text || !blank(c))
		if c != '<' {
			run = 0
			continue
		}
		if run++; run == 3 {
			out[i-2], out[i-1] = 'x', 'x'
		}
		if run >= 3 {
			out[i] = 'x'
		}
	}
	return out
}
