package dsl

import (
	"bytes"
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/token"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// unreadable is the finding where the parser gives no reason.
func unreadable(r source.Range) source.Diagnostic {
	return source.Diagnostic{Code: "yaml-syntax", Range: r, Found: "this is no YAML", Expected: "a YAML document"}
}

// complaint is what goccy says, and what this package says instead.
type complaint struct {
	has                  string // a part of goccy's message
	found, expected, fix string
	move                 func(l *locator, tokens token.Tokens, t *token.Token) source.Range // nil: at the token
}

var complaints = []complaint{
	{"mapping value is not allowed in this context", "`: ` in a value that has no quotes", "a key and its value on a line of their own, or a value in quotes", "put the value in single quotes, or indent the lines below it", colonBehind},
	{"single-quoted text", "a `'` that is not closed", "`'` at the end of the text", "write `'`; a `'` inside of single quotes is written twice", nil},
	{"double-quoted text", "a `\"` that is not closed", "`\"` at the end of the text", "write `\"`; a `\"` inside of double quotes is written `\\\"`", nil},
	{"unknown escape character", "a `\\` that begins no escape of a double-quoted text", "one of YAML's escapes, such as `\\n`, `\\t`, `\\\"`, `\\\\` or `\\u00e9`", "write `\\\\` for a backslash, or use single quotes", backslash},
	{"surrogate", "half of a surrogate pair", "`\\uXXXX\\uXXXX`", "write the character itself", backslash},
	{"UTF-", "an escape with too few digits", "`\\uXXXX` or `\\UXXXXXXXX`", "", backslash},
	{"sequence end token ']'", "a `[` that is not closed", "`]` at the end of the list", "write `]`", nil},
	{"flow mapping end token '}'", "a `{` that is not closed", "`}` at the end of the map", "write `}`", nil},
	{"corresponding to ']'", "a `]` without its `[`", "", "remove it, or put the value in quotes", nil},
	{"corresponding to '}'", "a `}` without its `{`", "", "remove it, or put the value in quotes", nil},
	{"',' or ']' must be specified", "two items of a list without a comma", "`,` or `]`", "write `,` between them", nil},
	{"',' or '}' must be specified", "two entries of a map without a comma", "`,` or `}`", "write `,` between them", nil},
	{"expected sequence element", "a `,` without an item before it", "an item", "remove it", nil},
	{"flow map content", "an entry that is no `name: value`", "`name: value`, and `,` between entries", "", nil},
	{"is a reserved character", "a character that YAML reserves", "a value that does not begin with it", "put the value in quotes", nil},
	{"tab character", "a tab where a line is indented", "spaces", "indent by spaces", firstTab},
	{"found character '\t'", "a tab where a line is indented", "spaces", "indent by spaces", firstTab},
	{"map key-value is pre-defined", "a value behind a value", "one value", "put all of it in quotes, or indent it less", nil},
	{"value is not allowed in this context", "a line that belongs to nothing above it", "an entry that is indented as its neighbours are", "indent it as the lines beside it", nil},
	{"non-map value is specified", "a line that is no `name: value`", "`name: value`, as the lines above it", "write `: ` behind the name, or indent the line", nil},
	{"unexpected key name", "a name without its `:`", "`name: value`", "write `: ` behind the name", nil},
	{"includes an implicit line break", "a name that goes over more than one line", "`name: value`", "write it on one line", nil},
	{"sequence entries are not allowed", "a list on the line of its name", "each `- item` on a line of its own", "begin a new line, or write `[item, ...]`", nil},
	{"undefined alias name", "a `*` without a name", "`*name`, an alias of `&name`", "put the value in quotes, if `*` is a part of it", nil},
	{"undefined anchor", "an `&` without a value", "`&name value`", "put the value in quotes, if `&` is a part of it", nil},
	{"anchor", "an anchor that names nothing", "`&name value`", "put the value in quotes, if `&` is a part of it", nil},
	{"invalid tag character", "a `!` that begins no tag", "a value without a tag", "put the value in quotes, if `!` is a part of it", nil},
	{"tag", "a tag that belongs to nothing", "a value without a tag", "put the value in quotes, if `!` is a part of it", nil},
	{"multi-line", "a block text that is indented wrongly", "all of its lines indented by as many spaces as the first", "indent them alike", nil},
	{"space only", "a block text that begins with a line of too many spaces", "all of its lines indented by as many spaces as the first", "remove the spaces", nil},
	{"unexpected scalar value type", "a value that begins with a character of YAML's own", "a value that does not begin with it", "put the value in quotes", before},
	{"irective", "a directive", "a document without directives", "remove the line", nil},
	{"document separator", "a `---` inside of a quoted text", "the closing quote before it", "", nil},
	{"invalid key for this map", "a `:` without a name before it", "`name: value`", "put the value in quotes, if `:` is a part of it", nil},
}

// yamlSyntax says in our words what goccy's parser complains about.
func yamlSyntax(l *locator, tokens token.Tokens, err error) source.Diagnostic {
	var complained yaml.Error
	if !errors.As(err, &complained) {
		return unreadable(at(l.f, 0, 0))
	}
	t := complained.GetToken()
	d := unreadable(l.place(t))
	for _, c := range complaints {
		if strings.Contains(complained.GetMessage(), c.has) {
			d.Found, d.Expected, d.Fix = c.found, c.expected, c.fix
			if c.move != nil {
				d.Range = c.move(l, tokens, t)
			}
			break
		}
	}
	l.special(&d, t)
	d.Range = oneLine(d.Range)
	return d
}

// special words the mistakes for which the parser's complaint says too little.
func (l *locator) special(d *source.Diagnostic, t *token.Token) {
	value := l.place(t)
	switch {
	case strings.HasPrefix(d.Found, "`: `") && d.Range.Position().Line > value.Position().Line:
		d.Found, d.Expected = "a line that is indented more than the one above it, which has a value", "an entry that is indented as its neighbours are"
		d.Fix = "indent it as the line above"
		start := d.Range.Start
		for start > 0 && l.f.Data[start-1] != '\n' {
			start--
		}
		d.Range = at(l.f, start+leading(l.f.Data[start:d.Range.Start]), d.Range.Start)
	case d.Found == "a directive" && d.Range.Position().Column > 1:
		d.Found, d.Expected, d.Fix = "a character that YAML reserves", "a value that does not begin with it", "put the value in quotes"
	case strings.HasSuffix(d.Found, "without a comma") && t.Prev != nil && l.place(t.Prev).End == value.Start:
		d.Range = at(l.f, l.place(t.Prev).Start, value.End)
		d.Found, d.Expected, d.Fix = "a `"+string(value.Text())+"` in a text that has no quotes", "a text in quotes", "put all of the text in quotes"
	default:
		for p := t; p != nil && p.Prev != nil; p = p.Prev {
			text := p.Prev
			if p.Type == token.CollectEntryType && text.Type == token.StringType && openBrackets(text.Value) > 0 {
				*d = commaInText(l.f, l.place(text), value)
				return
			}
			if text.Position.Line != t.Position.Line {
				return
			}
		}
	}
}

// before is the token before t.
func before(l *locator, _ token.Tokens, t *token.Token) source.Range {
	if t.Prev == nil {
		return l.place(t)
	}
	return l.place(t.Prev)
}

// firstTab is the first tab of the line of t.
func firstTab(l *locator, _ token.Tokens, t *token.Token) source.Range {
	r := l.place(t)
	start := l.f.Offset(r.Position().Line, 1)
	if i := bytes.IndexByte(l.f.Data[start:lineEnd(l.f.Data, start)], '\t'); i >= 0 {
		return at(l.f, start+i, start+i+1)
	}
	return r
}

// openBrackets is how many round and angle brackets a text opens and does not close.
func openBrackets(text string) int {
	return strings.Count(text, "(") - strings.Count(text, ")") + strings.Count(text, "<") - strings.Count(text, ">")
}

// commaInText is the finding for a text such as max(a, b) in a flow list or map: its comma ends it for YAML.
func commaInText(f *source.File, from, to source.Range) source.Diagnostic {
	d := source.Diagnostic{
		Code: "yaml-syntax", Range: oneLine(at(f, from.Start, to.End)), Found: "a `,` in a text that has no quotes: within `{` or `[` the text ends there",
		Expected: "a text in quotes", Fix: "put it in quotes",
	}
	if text := string(d.Range.Text()); openBrackets(text) == 0 && !strings.Contains(text, "'") {
		d.Fix = "write `'" + clip(text) + "'`"
	}
	return d
}

// oneLine cuts a range at the end of its first line, and widens an empty one to a character where there is one.
func oneLine(r source.Range) source.Range {
	end := lineEnd(r.File.Data, r.Start)
	return at(r.File, r.Start, min(max(r.End, r.Start+1), end))
}

// colonBehind is the next `:` behind t, where the value ends for the parser.
func colonBehind(l *locator, tokens token.Tokens, t *token.Token) source.Range {
	for n := t.Next; n != nil; n = n.Next {
		if n.Type == token.MappingValueType {
			return l.place(n)
		}
	}
	return l.place(t)
}

// backslash is the backslash at or before the place of t.
func backslash(l *locator, _ token.Tokens, t *token.Token) source.Range {
	r := l.place(t)
	for i := r.Start; i >= 0 && i > r.Start-14; i-- {
		if i < len(l.f.Data) && l.f.Data[i] == '\\' {
			return at(l.f, i, i+2)
		}
	}
	return r
}
