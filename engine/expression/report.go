package expression

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// report adds a finding at tree, unless it names its own range, and returns the node that keeps quiet from there on.
func (c *checker) report(tree ast.Node, d source.Diagnostic) *node {
	if d.Range.IsZero() {
		d.Range = c.at(tree)
	}
	if d.Code == "" {
		d.Code = "type-mismatch"
	}
	if strings.Contains(d.Fix, "…") {
		d.Fix = "" // nobody can type what was shortened
	}
	c.ds = append(c.ds, d)
	return c.badNode()
}

// anyBad reports whether one of the nodes has been reported.
func anyBad(nodes ...*node) bool {
	for _, n := range nodes {
		if isBad(n.typ) {
			return true
		}
	}
	return false
}

// maxListed is how many names a finding lists.
const maxListed = 12

// listed writes names for a finding, capped.
func listed(names []string) string {
	if len(names) > maxListed {
		return strings.Join(names[:maxListed], ", ") + fmt.Sprintf(" and %d more", len(names)-maxListed)
	}
	return strings.Join(names, ", ")
}

// unknownName is the finding of a name that nothing has.
func unknownName(code, found, kind, name string, known []string) source.Diagnostic {
	d := source.Diagnostic{Code: code, Found: found}
	if len(known) > 0 {
		d.Expected = kind + ": " + listed(known)
	}
	if near := source.Suggest(name, known); near != "" {
		d.Fix = "write `" + near + "`"
	}
	return d
}

// subject names a tree for a sentence: "total is a string".
func (c *checker) subject(tree ast.Node, n *node) string {
	return c.text(tree) + " is " + described(n.typ)
}

// operands is the finding of an operator between types that it does not take.
func (c *checker) operands(t *ast.BinaryNode, a, b *node, expected string) *node {
	d := source.Diagnostic{
		Found:    fmt.Sprintf("%s and %s %s, which `%s` does not take", c.subject(t.Left, a), c.text(t.Right), described(b.typ), t.Operator),
		Expected: expected,
	}
	left, right := c.operand(t.Left), c.operand(t.Right)
	ordered := strings.Contains("== != <= >=", t.Operator)
	switch {
	case isNumeric(a.typ) && isQuotedNumber(b):
		d.Fix = fmt.Sprintf("write `%s %s %s`", left, t.Operator, b.value)
	case isQuotedNumber(a) && isNumeric(b.typ):
		d.Fix = fmt.Sprintf("write `%s %s %s`", a.value, t.Operator, right)
	case isNumeric(a.typ) && b.typ.Kind == schemas.String:
		d.Fix = fmt.Sprintf("write `%s %s %s`", left, t.Operator, castText(a.typ, right))
		if isPlus(t.Operator) {
			d.Fix += fmt.Sprintf(" to add, or `string(%s) + %s` to join", left, right)
		}
	case a.typ.Kind == schemas.String && isNumeric(b.typ):
		d.Fix = fmt.Sprintf("write `%s %s %s`", castText(b.typ, left), t.Operator, right)
		if isPlus(t.Operator) {
			d.Fix += fmt.Sprintf(" to add, or `%s + string(%s)` to join", left, right)
		}
	case (a.typ.Kind.Instant() || a.typ.Kind == schemas.Date) && b.typ.Kind == schemas.String && (ordered || t.Operator == "-"):
		d.Fix = fmt.Sprintf("write `%s %s date(%s)`", left, t.Operator, right)
	case a.typ.Kind == schemas.String && (b.typ.Kind.Instant() || b.typ.Kind == schemas.Date) && ordered:
		d.Fix = fmt.Sprintf("write `date(%s) %s %s`", left, t.Operator, right)
	case a.typ.Kind == kindDuration && b.typ.Kind == schemas.String:
		d.Fix = fmt.Sprintf("write `%s %s duration(%s)`", left, t.Operator, right)
	case a.typ.Kind == kindDuration && isNumeric(b.typ):
		d.Fix = fmt.Sprintf("write `%s.Seconds() %s %s`", left, t.Operator, right)
	case a.typ.Kind.Instant() && isNumeric(b.typ):
		d.Fix = fmt.Sprintf("write `%s.Unix() %s %s`, or `duration(\"1h\")` for a span of time", left, t.Operator, right)
	case a.typ.Kind == schemas.Decimal && b.typ.Kind.Floating():
		d.Fix = fmt.Sprintf("write `float(%s) %s %s`", left, t.Operator, right)
	case a.typ.Kind.Floating() && b.typ.Kind == schemas.Decimal:
		d.Fix = fmt.Sprintf("write `%s %s float(%s)`", left, t.Operator, right)
	case a.typ.Kind == schemas.Decimal || b.typ.Kind == schemas.Decimal:
		d.Fix = fmt.Sprintf("write `%s %s %s`", floatText(a, left), t.Operator, floatText(b, right))
	case isPlus(t.Operator) && a.typ.Kind == schemas.String:
		d.Fix = fmt.Sprintf("write `%s + string(%s)`", left, right)
	case isPlus(t.Operator) && b.typ.Kind == schemas.String:
		d.Fix = fmt.Sprintf("write `string(%s) + %s`", left, right)
	}
	return c.report(t, d)
}

// isQuotedNumber reports whether n is a constant text that reads as a number: its quotes are the mistake.
func isQuotedNumber(n *node) bool {
	text, ok := n.value.(string)
	if !ok || !n.isConst() {
		return false
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil && strings.Trim(text, "+-.0123456789eE") == ""
}

func isPlus(operator string) bool { return operator == "+" }

func floatText(n *node, text string) string {
	if n.typ.Kind == schemas.Decimal {
		return "float(" + text + ")"
	}
	return text
}

// castText is the call that turns the text of an operand into a number of type t.
func castText(t schemas.Type, text string) string {
	if isInteger(t) {
		return "int(" + text + ")"
	}
	return "float(" + text + ")"
}

// operand is the text of an operand as it can stand in a fix: in parentheses where it needs them.
func (c *checker) operand(tree ast.Node) string {
	switch tree.(type) {
	case *ast.BinaryNode, *ast.ConditionalNode, *ast.VariableDeclaratorNode, *ast.SequenceNode:
		return "(" + c.text(tree) + ")"
	}
	return c.text(tree)
}

// notColumn is the finding of an expression whose value cannot be a column.
func (c *checker) notColumn(tree ast.Node, root *node) {
	d := source.Diagnostic{
		Found:    "the expression is " + described(root.typ) + ", which no column can hold",
		Expected: "a value of a column type",
	}
	switch root.typ.Kind {
	case kindDuration:
		d.Fix = fmt.Sprintf("write `%s.Seconds()`", c.operand(tree))
	case kindZone:
		d.Fix = "use it as in `ts.In(" + c.text(tree) + ")`"
	}
	c.report(tree, d)
}
