package expression

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// parse returns the syntax tree of e, or nil when it has none, which is reported.
func (c *checker) parse(e dsl.Expression) (tree ast.Node) {
	report := func(d source.Diagnostic) ast.Node {
		if d.Range.IsZero() {
			d.Range = e.Range
		}
		c.ds = append(c.ds, d)
		return nil
	}
	switch {
	case len(e.Source) > maxSource:
		return report(source.Diagnostic{
			Code:     "expression-too-long",
			Found:    fmt.Sprintf("an expression of %d bytes", len(e.Source)),
			Expected: fmt.Sprintf("at most %d", maxSource),
			Fix:      "split it over several processors",
		})
	case strings.TrimSpace(e.Source) == "":
		return report(source.Diagnostic{
			Code:     "expression-syntax",
			Found:    "an empty expression",
			Expected: "a value, such as a column's name",
		})
	case !utf8.ValidString(e.Source):
		return report(source.Diagnostic{Code: "expression-syntax", Found: "bytes that are not UTF-8 text", Expected: "text"})
	}
	// A quote or bracket that the parser is not prepared for must not take the process down.
	defer func() {
		if r := recover(); r != nil {
			tree = report(source.Diagnostic{Code: "expression-syntax", Found: "an expression that cannot be parsed"})
		}
	}()
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	parsed, err := parser.ParseWithConfig(e.Source, config)
	if err == nil {
		return parsed.Node
	}
	var at *file.Error
	if !errors.As(err, &at) {
		return report(source.Diagnostic{Code: "expression-syntax", Found: err.Error()})
	}
	if strings.HasPrefix(at.Message, "unexpected token EOF") || strings.HasPrefix(at.Message, "unexpected end") {
		at.From, at.To = len(c.runes), len(c.runes) // the parser points before the last character
	}
	d := c.syntax(at)
	d.Range = e.At(at.From, max(at.To, at.From+1))
	return report(d)
}
