package expression

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// nullArithmetic is the value of an operator with the literal nil on a side: null, of the other side's type.
func (c *checker) nullArithmetic(a, b *node) *node {
	if a.typ.Kind == schemas.Null {
		return c.constant(b.typ, nil)
	}
	return c.constant(a.typ, nil)
}

// loose handles operands that are only looked into at run time, or never; nil when both are typed.
func (c *checker) loose(op *operation, t schemas.Type, a, b *node) *node {
	switch {
	case anyUnknown(a, b):
		return c.unknown(t, a, b)
	case a.typ.Kind == schemas.Null || b.typ.Kind == schemas.Null:
		if t.Kind == schemas.Unknown || t.Kind == schemas.JSON {
			return c.nullArithmetic(a, b)
		}
		return c.constant(t, nil)
	case anyJSON(a, b) && isColumnType(a.typ) && isColumnType(b.typ):
		if t.Kind == schemas.Unknown {
			t = typeJSON
		}
		return c.apply(op, t, nil, a, b)
	}
	return nil
}

func (c *checker) plus(t *ast.BinaryNode, a, b *node) *node {
	if n := c.loose(opAddRows, typeUnknown, a, b); n != nil {
		return n
	}
	switch {
	case isTextual(a.typ) && isTextual(b.typ):
		return c.concat(a, b)
	case a.typ.Kind.Instant() && b.typ.Kind == kindDuration:
		return c.apply(opInstantAdd, a.typ, nil, a, b)
	case a.typ.Kind == kindDuration && b.typ.Kind.Instant():
		return c.apply(opInstantAdd, b.typ, nil, b, a)
	case a.typ.Kind == kindDuration && b.typ.Kind == kindDuration:
		return c.apply(opAddInt, typeDuration, nil, a, b)
	}
	if n := c.arithmetic(t, addition, a, b); n != nil {
		return n
	}
	return c.operands(t, a, b, "two numbers, two texts, or a timestamp and a duration")
}

// concat joins texts. A chain of + is one node, so that its result is written once.
func (c *checker) concat(a, b *node) *node {
	var parts []*node
	for _, n := range []*node{a, b} {
		if n.op.is == isConcat {
			parts = append(parts, n.args...)
		} else {
			parts = append(parts, n)
		}
	}
	if len(parts) > maxConcat {
		parts = []*node{a, b}
	}
	return c.apply(opConcat, typeString, nil, parts...)
}

// maxConcat bounds the copies of operand lists that a long chain of + makes.
const maxConcat = 64

func (c *checker) minus(t *ast.BinaryNode, a, b *node) *node {
	if n := c.loose(opSubtractRows, typeUnknown, a, b); n != nil {
		return n
	}
	switch {
	case a.typ.Kind.Instant() && b.typ.Kind.Instant() && (a.typ.Kind == schemas.LocalTimestamp) == (b.typ.Kind == schemas.LocalTimestamp):
		return c.apply(opInstantSubtract, typeDuration, nil, a, b)
	case a.typ.Kind.Instant() && b.typ.Kind == kindDuration:
		return c.apply(opInstantAdd, a.typ, nil, a, c.negate(b))
	case a.typ.Kind == kindDuration && b.typ.Kind == kindDuration:
		return c.apply(opSubtractInt, typeDuration, nil, a, b)
	}
	if n := c.arithmetic(t, subtraction, a, b); n != nil {
		return n
	}
	return c.operands(t, a, b, "two numbers, two timestamps, or a timestamp and a duration")
}

func (c *checker) times(t *ast.BinaryNode, a, b *node) *node {
	if n := c.loose(opMultiplyRows, typeUnknown, a, b); n != nil {
		return n
	}
	if a.typ.Kind == kindDuration && isNumeric(b.typ) {
		a, b = b, a
	}
	if isNumeric(a.typ) && b.typ.Kind == kindDuration {
		switch {
		case a.typ.Kind.Floating():
			return c.apply(opScaleDuration, typeDuration, nil, a, b)
		case isInteger(a.typ) && a.typ.Kind != schemas.Uint64:
			return c.apply(opMultiplyInt, typeDuration, nil, a, b)
		}
	}
	if n := c.arithmetic(t, multiplication, a, b); n != nil {
		return n
	}
	return c.operands(t, a, b, "two numbers, or a duration and a number")
}

// arithmetic is + - * of numbers; nil when they are none, or of kinds that do not mix.
func (c *checker) arithmetic(t *ast.BinaryNode, sign arithmetic, a, b *node) *node {
	if !isNumeric(a.typ) || !isNumeric(b.typ) {
		return nil
	}
	x, y := c.fit(a, b.typ), c.fit(b, a.typ)
	switch {
	case x.typ.Kind == schemas.Decimal || y.typ.Kind == schemas.Decimal:
		if x.typ.Kind.Floating() || y.typ.Kind.Floating() {
			return nil
		}
		x, y = c.convert(x, asDecimal(x.typ)), c.convert(y, asDecimal(y.typ))
		return c.apply(opDecimals[sign], sign.decimalType(x.typ, y.typ), nil, x, y)
	case x.typ.Kind.Floating() || y.typ.Kind.Floating():
		return c.apply(opFloats[sign], typeDouble, nil, c.convert(x, typeDouble), c.convert(y, typeDouble))
	case a.typ.Kind == schemas.Uint64 || b.typ.Kind == schemas.Uint64:
		return c.apply(opWide[sign], typeInt, nil, a, b)
	default:
		return c.apply([...]*operation{opAddInt, opSubtractInt, opMultiplyInt}[sign], typeInt, nil, a, b)
	}
}

// floating checks / and **, whose result is a double whatever the operands are.
func (c *checker) floating(t *ast.BinaryNode, a, b *node) *node {
	op, rows := opDivide, opDivideRows
	if t.Operator != "/" {
		op, rows = opPower, opPowerRows
	}
	if n := c.loose(rows, typeDouble, a, b); n != nil {
		return n
	}
	number := func(n *node) bool { return isNumeric(n.typ) && n.typ.Kind != schemas.Decimal }
	if number(a) && number(b) {
		return c.apply(op, typeDouble, nil, c.convert(a, typeDouble), c.convert(b, typeDouble))
	}
	expected := "two numbers"
	if a.typ.Kind == schemas.Decimal || b.typ.Kind == schemas.Decimal {
		expected = "int or double: the result is a double, which a decimal is not turned into unasked"
	}
	return c.operands(t, a, b, expected)
}

func (c *checker) modulo(t *ast.BinaryNode, a, b *node) *node {
	if n := c.loose(opModuloRows, typeInt, a, b); n != nil {
		return n
	}
	if isInteger(a.typ) && isInteger(b.typ) {
		if a.typ.Kind == schemas.Uint64 || b.typ.Kind == schemas.Uint64 {
			return c.apply(opModuloWide, typeInt, nil, a, b)
		}
		return c.apply(opModulo, typeInt, nil, a, b)
	}
	return c.report(t, source.Diagnostic{
		Found:    fmt.Sprintf("%s and %s %s, which `%%` does not take", c.subject(t.Left, a), c.text(t.Right), described(b.typ)),
		Expected: "two whole numbers",
		Fix:      fmt.Sprintf("write `%s %% %s`", c.wholeText(t.Left, a), c.wholeText(t.Right, b)),
	})
}

// wholeText is an operand as a whole number, for a fix.
func (c *checker) wholeText(tree ast.Node, n *node) string {
	if isInteger(n.typ) {
		return c.operand(tree)
	}
	return "int(" + c.text(tree) + ")"
}

// interval checks a..b, a list of whole numbers.
func (c *checker) interval(t *ast.BinaryNode, a, b *node) *node {
	for i, n := range []*node{a, b} {
		if !isInteger(n.typ) && !isLoose(n.typ) && n.typ.Kind != schemas.Null {
			tree := []ast.Node{t.Left, t.Right}[i]
			return c.report(tree, source.Diagnostic{
				Found: c.subject(tree, n) + ", used as an end of `..`", Expected: "a whole number", Fix: "write `int(" + c.text(tree) + ")`",
			})
		}
	}
	if anyUnknown(a, b) {
		return c.unknown(schemas.ListOf(typeInt), a, b)
	}
	return c.make(opRange, schemas.ListOf(typeInt), nil, a, b) // never folded: 0..1000000 is long
}
