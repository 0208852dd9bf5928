package expression

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func (c *checker) unary(t *ast.UnaryNode) *node {
	a := c.check(t.Node)
	if anyBad(a) {
		return a
	}
	switch t.Operator {
	case "!", "not":
		if b, ok := c.boolean(a); ok {
			return c.apply(opNot, typeBool, nil, b)
		}
		return c.report(t, source.Diagnostic{
			Found:    c.subject(t.Node, a) + ", which `" + t.Operator + "` does not take",
			Expected: "a bool",
			Fix:      c.conditionFix(t.Node, a),
		})
	case "+":
		if isNumeric(a.typ) || isLoose(a.typ) {
			return a
		}
	case "-":
		if n := c.negate(a); n != nil {
			return n
		}
	}
	return c.report(t, source.Diagnostic{
		Found:    c.subject(t.Node, a) + ", which `" + t.Operator + "` does not take",
		Expected: "a number",
		Fix:      c.numberFix(t.Node, a),
	})
}

func (c *checker) negate(a *node) *node {
	switch {
	case a.typ.Kind == schemas.Unknown:
		return c.unknown(typeUnknown, a)
	case a.typ.Kind == schemas.JSON:
		return c.apply(opNegateRows, typeJSON, nil, a)
	case a.typ.Kind == schemas.Uint64:
		return c.apply(opNegateUint, typeInt, nil, a)
	case isInteger(a.typ):
		return c.apply(opNegateInt, typeInt, nil, a)
	case a.typ.Kind.Floating():
		return c.apply(opNegateFloat, a.typ, nil, a)
	case a.typ.Kind == schemas.Decimal:
		return c.apply(opNegateDecimal, a.typ, nil, a)
	case a.typ.Kind == kindDuration:
		return c.apply(opNegateInt, typeDuration, nil, a)
	}
	return nil
}

// boolean returns n as a condition; ok is false when it cannot be one.
func (c *checker) boolean(n *node) (*node, bool) {
	switch n.typ.Kind {
	case schemas.Bool:
		return n, true
	case schemas.Null:
		return c.constant(typeBool, nil), true
	case schemas.Unknown:
		return c.unknown(typeBool, n), true
	case schemas.JSON:
		return c.apply(opToBoolRows, typeBool, nil, n), true
	}
	return n, false
}

// unknown is the node of an operation on columns of unknown type: it is checked and never evaluated.
func (c *checker) unknown(t schemas.Type, args ...*node) *node {
	c.open = true
	n := c.make(opUnknown, t, nil, args...)
	n.nullable = true
	return n
}

// anyUnknown reports whether one of the nodes is of unknown type.
func anyUnknown(nodes ...*node) bool {
	for _, n := range nodes {
		if n.typ.Kind == schemas.Unknown {
			return true
		}
	}
	return false
}

func anyJSON(nodes ...*node) bool {
	for _, n := range nodes {
		if n.typ.Kind == schemas.JSON {
			return true
		}
	}
	return false
}

func (c *checker) binary(t *ast.BinaryNode) *node {
	if t.Operator == "matches" {
		return c.matches(t)
	}
	a, b := c.check(t.Left), c.check(t.Right)
	if anyBad(a, b) {
		return c.badNode()
	}
	switch t.Operator {
	case "&&", "and":
		return c.connective(opAnd, t, a, b)
	case "||", "or":
		return c.connective(opOr, t, a, b)
	case "==":
		return c.comparison(t, equal, a, b)
	case "!=":
		return c.comparison(t, unequal, a, b)
	case "<":
		return c.comparison(t, less, a, b)
	case "<=":
		return c.comparison(t, atMost, a, b)
	case ">":
		return c.comparison(t, greater, a, b)
	case ">=":
		return c.comparison(t, atLeast, a, b)
	case "+":
		return c.plus(t, a, b)
	case "-":
		return c.minus(t, a, b)
	case "*":
		return c.times(t, a, b)
	case "/", "**", "^":
		return c.floating(t, a, b)
	case "%":
		return c.modulo(t, a, b)
	case "in":
		return c.in(t, a, b)
	case "contains", "startsWith", "endsWith":
		return c.textTest(t, a, b)
	case "..":
		return c.interval(t, a, b)
	case "??":
		return c.coalesce(t, a, b)
	}
	return c.report(t, source.Diagnostic{Code: "expression-syntax", Found: "the operator `" + t.Operator + "`"})
}

func (c *checker) connective(op *operation, t *ast.BinaryNode, a, b *node) *node {
	x, okA := c.boolean(a)
	y, okB := c.boolean(b)
	if !okA || !okB {
		// One finding for each side that is no condition.
		if !okA {
			c.notCondition(t.Left, a, "a side of `"+t.Operator+"`")
		}
		if !okB {
			c.notCondition(t.Right, b, "a side of `"+t.Operator+"`")
		}
		return c.badNode()
	}
	if x.isConst() && x.value != nil && !anyUnknown(a, b) {
		if x.value.(bool) == (op.is == isOr) {
			return x
		}
		return y
	}
	n := c.apply(op, typeBool, nil, x, y)
	if !n.isConst() {
		n.nullable = x.nullable || y.nullable
	}
	return n
}

func (c *checker) notCondition(tree ast.Node, n *node, where string) *node {
	return c.report(tree, source.Diagnostic{
		Found:    c.subject(tree, n) + ", used as " + where,
		Expected: "a bool",
		Fix:      c.conditionFix(tree, n),
	})
}

// conditionFix proposes how to make a condition of a value.
func (c *checker) conditionFix(tree ast.Node, n *node) string {
	text := c.operand(tree)
	switch {
	case isNumeric(n.typ):
		return fmt.Sprintf("write `%s != 0`", text)
	case n.typ.Kind == schemas.String:
		return fmt.Sprintf("write `%s != \"\"`, or `%s == \"true\"`", text, text)
	case isNested(n.typ) && n.typ.Kind != schemas.Struct:
		return fmt.Sprintf("write `len(%s) > 0`", text)
	case n.typ.Kind == schemas.Null:
		return ""
	default:
		return fmt.Sprintf("write `%s != nil`", text)
	}
}

func (c *checker) numberFix(tree ast.Node, n *node) string {
	if n.typ.Kind == schemas.String {
		return fmt.Sprintf("write `float(%s)`", c.operand(tree))
	}
	return ""
}
