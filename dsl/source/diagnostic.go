package source

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Severity says whether a finding stops a document from running.
type Severity uint8

// The severities, worst first. The zero value is an error, so that a finding that says nothing else stops the document.
const (
	Error Severity = iota
	Warning
	Info
)

// String is the word that a rendered diagnostic uses.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	default:
		return "info"
	}
}

// Diagnostic is one finding about a document: where, what was found, what was expected and what to do.
//
// It is a value and never an error, so that a warning cannot be mistaken for a failure.
type Diagnostic struct {
	Code     string // stable, kebab-case: for search and for suppression
	Severity Severity
	Range    Range
	Found    string // "unknown field `totl`"
	Expected string // "a field of order.yaml: id, total"; rendered after "expected"; may be empty
	Fix      string // "write `total`"; rendered after "fix:"; may be empty
}

// Diagnostics is a list of findings.
type Diagnostics []Diagnostic

// HasErrors reports whether one of ds stops the document.
func (ds Diagnostics) HasErrors() bool { return ds.Count(Error) > 0 }

// Count returns how many findings have severity s.
func (ds Diagnostics) Count(s Severity) (n int) {
	for _, d := range ds {
		if d.Severity == s {
			n++
		}
	}
	return n
}

// Sort orders ds by file and position, errors before warnings at one place. Equal findings are kept in their order.
func (ds Diagnostics) Sort() {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(fileName(a.Range), fileName(b.Range)),
			cmp.Compare(a.Range.Start, b.Range.Start),
			cmp.Compare(a.Severity, b.Severity),
		)
	})
}

func fileName(r Range) string {
	if r.File == nil {
		return ""
	}
	return r.File.Name
}

// Render writes ds for a terminal or a log: a head line, the source line with a caret, what was expected, the fix.
func (ds Diagnostics) Render() string {
	var b strings.Builder
	for _, d := range ds {
		d.render(&b)
	}
	return b.String()
}

// Render is the text of one finding, ending in a newline.
func (d Diagnostic) Render() string {
	var b strings.Builder
	d.render(&b)
	return b.String()
}

// Summary is the finding in one line without its source: for logs and for error values.
func (d Diagnostic) Summary() string {
	s := d.Range.String()
	if s != "" {
		s += ": "
	}
	s += d.Severity.String() + ": " + d.Found
	if d.Expected != "" {
		s += "; expected " + d.Expected
	}
	if d.Fix != "" {
		s += "; " + d.Fix
	}
	return s
}

func (d Diagnostic) render(b *strings.Builder) {
	if at := d.Range.String(); at != "" {
		b.WriteString(at + ": ")
	}
	b.WriteString(d.Severity.String() + ": " + d.Found)
	if d.Code != "" {
		b.WriteString(" [" + d.Code + "]")
	}
	b.WriteByte('\n')
	if d.Range.File != nil {
		d.excerpt(b)
	}
	if d.Expected != "" {
		b.WriteString("      expected " + d.Expected + "\n")
	}
	if d.Fix != "" {
		b.WriteString("      fix: " + d.Fix + "\n")
	}
}

// maxExcerpt is how many runes of a source line are shown: a line of a minified document must not fill the screen.
const maxExcerpt = 160

func (d Diagnostic) excerpt(b *strings.Builder) {
	f := d.Range.File
	p := f.Position(d.Range.Start)
	line := f.visible(p.Line)
	runes := []rune(strings.Map(printable, strings.ToValidUTF8(string(line), "\ufffd")))
	column := utf8.RuneCount(line[:min(d.Range.Start-f.lines[p.Line-1], len(line))])
	width := max(utf8.RuneCount(line[min(d.Range.Start-f.lines[p.Line-1], len(line)):min(d.Range.End-f.lines[p.Line-1], len(line))]), 1)
	from := 0
	if len(runes) > maxExcerpt && column > maxExcerpt/2 {
		from = min(column-maxExcerpt/2, len(runes)-maxExcerpt/2)
	}
	shown := runes[from:min(from+maxExcerpt, len(runes))]
	width = min(width, max(len(shown)-(column-from), 1))
	fmt.Fprintf(b, "%5d | %s\n", p.Line, string(shown))
	var pad strings.Builder
	for _, r := range shown[:min(column-from, len(shown))] {
		if r == '\t' {
			pad.WriteByte('\t')
		} else {
			pad.WriteByte(' ')
		}
	}
	fmt.Fprintf(b, "      | %s%s\n", pad.String(), strings.Repeat("^", width))
}

// printable replaces control characters: a document must not be able to speak to the terminal.
func printable(r rune) rune {
	if r < 0x20 && r != '\t' || r >= 0x7f && r < 0xa0 {
		return '\ufffd'
	}
	return r
}

// jsonDiagnostic is the stable form that `lint --format json` prints. Offsets are bytes of the file on disk.
type jsonDiagnostic struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	EndLine  int    `json:"end_line,omitempty"`
	EndCol   int    `json:"end_column,omitempty"`
	Start    *int   `json:"start,omitempty"`
	End      *int   `json:"end,omitempty"`
	Found    string `json:"found"`
	Expected string `json:"expected,omitempty"`
	Fix      string `json:"fix,omitempty"`
}

// MarshalJSON gives positions as 1-based lines and rune columns and as byte offsets into the file on disk.
func (d Diagnostic) MarshalJSON() ([]byte, error) {
	j := jsonDiagnostic{Code: d.Code, Severity: d.Severity.String(), Found: d.Found, Expected: d.Expected, Fix: d.Fix}
	if f := d.Range.File; f != nil {
		from, to := f.Position(d.Range.Start), f.Position(d.Range.End)
		start, end := f.Original(d.Range.Start), f.Original(d.Range.End)
		j.File, j.Line, j.Column, j.EndLine, j.EndCol = f.Name, from.Line, from.Column, to.Line, to.Column
		j.Start, j.End = &start, &end
	}
	return json.Marshal(j)
}

func itoa(n int) string { return strconv.Itoa(n) }
