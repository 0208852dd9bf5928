package dsl

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// The limits of a document, checked before its parser sees it: the parsers' time is superlinear in each of them.
const (
	maxBytes = 1 << 20
	maxLines = 10_000
	maxDepth = 100
	maxNodes = 100_000 // with every alias expanded
)

// ParseTree reads a document: TOML where the file's name ends in .toml, YAML otherwise. The node is nil exactly when there
// are errors. A syntax error is reported alone; entries that are written twice are reported all.
func ParseTree(f *source.File) (*Node, source.Diagnostics) {
	if ds := checkLimits(f); ds != nil {
		return nil, ds
	}
	if isTOML(at(f, 0, 0)) {
		return parseTOML(f)
	}
	return parseYAML(f)
}

// isTOML reports whether r lies in a TOML document.
func isTOML(r source.Range) bool {
	return r.File != nil && strings.HasSuffix(strings.ToLower(r.File.Name), ".toml")
}

// assignment writes an entry as the document at r would.
func assignment(r source.Range, name, value string) string {
	if isTOML(r) {
		return name + " = " + value
	}
	return name + ": " + value
}

// one is the list of a single finding.
func one(d source.Diagnostic) source.Diagnostics { return source.Diagnostics{d} }

// at is the range of f from start to end, moved into the text.
func at(f *source.File, start, end int) source.Range {
	start = min(max(start, 0), len(f.Data))
	return source.Range{File: f, Start: start, End: min(max(end, start), len(f.Data))}
}

// checkLimits reports a document that is too large, or that holds bytes which no document may.
func checkLimits(f *source.File) source.Diagnostics {
	d := source.Diagnostic{Code: "document-size", Range: at(f, 0, 0)}
	switch {
	case len(f.Data) > maxBytes:
		d.Found, d.Expected = fmt.Sprintf("the document has %d bytes", len(f.Data)), "1 MiB at most"
	case f.Lines() > maxLines:
		d.Found, d.Expected = fmt.Sprintf("the document has %d lines", f.Lines()), "10,000 at most"
	case !utf8.Valid(f.Data):
		i := invalidUTF8(f.Data)
		d.Code, d.Range = "encoding", at(f, i, i+1)
		d.Found, d.Expected = fmt.Sprintf("the byte 0x%02x is no UTF-8", f.Data[i]), "a document in UTF-8"
	default:
		i := bytes.IndexFunc(f.Data, forbidden)
		if i < 0 {
			return nil
		}
		r, n := utf8.DecodeRune(f.Data[i:])
		d.Code, d.Range = "encoding", at(f, i, i+n)
		d.Found, d.Expected = fmt.Sprintf("the control character U+%04X", r), "text"
		d.Fix = "remove it, or write it as an escape in double quotes"
	}
	return one(d)
}

// forbidden reports whether neither format may hold r: control characters but tab and line feed.
func forbidden(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' || r >= 0x7f && r < 0xa0 && r != 0x85 || r == 0xfeff || r == 0xfffe || r == 0xffff
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return 0
}

// tooDeep is the finding for nesting beyond maxDepth.
func tooDeep(r source.Range) source.Diagnostic {
	return source.Diagnostic{
		Code: "document-depth", Range: r, Found: fmt.Sprintf("nested deeper than %d levels", maxDepth),
		Expected: fmt.Sprintf("%d levels at most", maxDepth),
	}
}

// tooManyValues is the finding for more than maxNodes.
func tooManyValues(r source.Range) source.Diagnostic {
	return source.Diagnostic{
		Code: "document-size", Range: r, Found: fmt.Sprintf("more than %d values, with aliases expanded", maxNodes),
		Expected: "fewer of them",
	}
}

// duplicate is the finding for a key that a map has already.
func duplicate(key string, again, first source.Range) source.Diagnostic {
	return source.Diagnostic{
		Code: "duplicate-key", Range: again,
		Found:    fmt.Sprintf("`%s` is written twice", key),
		Expected: fmt.Sprintf("it once; the first stands in line %d, column %d", first.Position().Line, first.Position().Column),
		Fix:      "remove one of the two",
	}
}
