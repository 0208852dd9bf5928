package dsl

import (
	"errors"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// tomlDepth reports brackets or dotted names that nest deeper than maxDepth, before a parser recurses into them.
func tomlDepth(f *source.File) (source.Range, bool) {
	depth, dots := 0, 0
	for i := 0; i < len(f.Data); i++ {
		switch c := f.Data[i]; c {
		case '"', '\'':
			i = tomlStringEnd(f.Data, i) - 1
		case '#':
			i = lineEnd(f.Data, i) - 1
		case '[', '{':
			depth, dots = depth+1, 0
		case ']', '}':
			depth, dots = max(depth-1, 0), 0
		case '.':
			dots++
		case '\n', ',', '=':
			dots = 0
		}
		if depth+dots > maxDepth {
			return at(f, i, i+1), true
		}
	}
	return source.Range{}, false
}

// tomlStringEnd is the offset behind the string whose quote is at offset at; one that is not closed ends with its line.
func tomlStringEnd(data []byte, at int) int {
	quote := data[at]
	multi := at+2 < len(data) && data[at+1] == quote && data[at+2] == quote
	i := at + 1
	if multi {
		i = at + 3
	}
	for ; i < len(data); i++ {
		switch c := data[i]; {
		case c == '\\' && quote == '"':
			i++
		case c == '\n' && !multi:
			return i
		case c == quote && !multi:
			return i + 1
		case c == quote && i+2 < len(data) && data[i+1] == quote && data[i+2] == quote:
			return i + 3
		}
	}
	return len(data)
}

// tomlComplaints are what the two parsers say, and what this package says instead.
var tomlComplaints = []complaint{
	{has: "expected '=' after key", found: "a name without a value", expected: "`name = value`", fix: "write ` = ` behind the name"},
	{has: "expected value", found: "no value", expected: "a value: a text in quotes, a number, true, false, [list] or {table}", fix: "write a value; a text needs quotes"},
	{has: "at start of value", found: "a value that TOML does not have", expected: "a text in quotes, a number, true, false, [list] or {table}", fix: "put a text in quotes"},
	{has: "expected keyword", found: "a value that TOML does not have", expected: "a text in quotes, a number, true, false, [list] or {table}", fix: "put a text in quotes"},
	{has: "start of key", found: "a character that begins no name", expected: "a name of letters, digits, `_` and `-`, or one in quotes", fix: "put the name in quotes"},
	{has: "to close table name", found: "a `[` that is not closed", expected: "`]` behind the name", fix: "write `]`"},
	{has: "to close array table name", found: "a `[[` that is not closed", expected: "`]]` behind the name", fix: "write `]]`"},
	{has: "array is incomplete", found: "a `[` that is not closed", expected: "`]` at the end of the list", fix: "write `]`"},
	{has: "inline table is incomplete", found: "a `{` that is not closed", expected: "`}` at the end of the table", fix: "write `}`"},
	{has: "after array value", found: "two items of a list without a comma", expected: "`,` or `]`", fix: "write `,` between them"},
	{has: "after inline table", found: "two entries of a table without a comma", expected: "`,` or `}`", fix: "write `,` between them"},
	{has: "unexpected comma", found: "a `,` without an entry before it", expected: "an entry", fix: "remove it"},
	{has: "escape", found: "a `\\` that begins no escape", expected: "one of TOML's escapes, such as `\\n`, `\\t`, `\\\"`, `\\\\` or `\\u00e9`", fix: "write `\\\\` for a backslash, or use single quotes"},
	{has: "expected newline", found: "something behind the value", expected: "the end of the line", fix: "begin a new line, or put a text in quotes"},
	{has: "string", found: "a text that is not closed", expected: "its closing quote on the same line", fix: "close it; a text of many lines stands in three quotes"},
	{has: "out of range", found: "a number that is too large", expected: "a whole number of 64 bits, or a float"},
	{has: "already been defined", found: "a name that is defined twice", expected: "each table and each name once", fix: "remove one of the two"},
	{has: "already created", found: "a name that is defined twice", expected: "each table and each name once", fix: "remove one of the two"},
	{has: "ate", found: "a date or time that does not exist", expected: "one such as 2026-01-31T12:00:00Z", fix: "put a text in quotes"},
	{has: "ime", found: "a date or time that does not exist", expected: "one such as 2026-01-31T12:00:00Z", fix: "put a text in quotes"},
	{has: "nderscore", found: "a number with `_` in a wrong place", expected: "`_` between two digits", fix: "remove it"},
	{has: "leading zero", found: "a number with a leading zero", expected: "a number such as 7 or 0.5", fix: "remove the zero, or put a text in quotes"},
}

func tomlSyntax(r source.Range, message string) source.Diagnostic {
	d := source.Diagnostic{Code: "toml-syntax", Range: oneLine(r), Found: "this is no TOML", Expected: "a TOML document", Fix: "a text needs quotes"}
	for _, c := range tomlComplaints {
		if strings.Contains(message, c.has) {
			d.Found, d.Expected, d.Fix = c.found, c.expected, c.fix
			break
		}
	}
	return d
}

func pelletierSyntax(f *source.File, p *unstable.Parser, err error) source.Diagnostic {
	complained, ok := errors.AsType[*unstable.ParserError](err)
	if !ok {
		return tomlSyntax(at(f, 0, 0), "")
	}
	if len(complained.Highlight) == 0 {
		return tomlSyntax(at(f, len(f.Data), len(f.Data)), complained.Message)
	}
	raw := p.Range(complained.Highlight)
	if complained.Highlight[0] == '\n' && strings.Contains(complained.Message, "start of value") {
		return tomlSyntax(at(f, int(raw.Offset), int(raw.Offset)), "expected value")
	}
	return tomlSyntax(at(f, int(raw.Offset), int(raw.Offset+raw.Length)), complained.Message)
}

func burntSyntax(f *source.File, err error) source.Diagnostic {
	if complained, ok := errors.AsType[toml.ParseError](err); ok {
		start := complained.Position.Start
		return tomlSyntax(at(f, start, start+complained.Position.Len), complained.Message)
	}
	return tomlSyntax(at(f, 0, 0), err.Error())
}
