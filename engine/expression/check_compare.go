package expression

import (
	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// comparison checks == != < <= > >=.
func (c *checker) comparison(t *ast.BinaryNode, r relation, a, b *node) *node {
	if r == equal || r == unequal {
		if a.isNil() || b.isNil() {
			return c.nullTest(r, a, b)
		}
	}
	if a.typ.Kind == schemas.Null || b.typ.Kind == schemas.Null {
		return c.constant(typeBool, nil) // null is in no order
	}
	if anyUnknown(a, b) {
		return c.unknown(typeBool, a, b)
	}
	x, y, found := c.adapt(t, a, b)
	if found {
		return c.badNode()
	}
	if x.typ.Kind == schemas.Date && y.typ.Kind == schemas.Timestamp {
		x = c.convert(x, typeInstant)
	} else if x.typ.Kind == schemas.Timestamp && y.typ.Kind == schemas.Date {
		y = c.convert(y, typeInstant)
	}
	switch {
	case anyJSON(x, y) && isColumnType(x.typ) && isColumnType(y.typ):
		return c.apply(opCompareRows[r], typeBool, nil, x, y)
	case !isComparable(r, x.typ, y.typ):
		return c.operands(t, a, b, expectedOf(r, a.typ))
	case isNested(x.typ):
		return c.apply(opCompareRows[r], typeBool, nil, x, y)
	}
	if x.typ.Kind != y.typ.Kind {
		switch {
		case x.typ.Kind == schemas.Decimal && isInteger(y.typ):
			y = c.convert(y, asDecimal(y.typ))
		case y.typ.Kind == schemas.Decimal && isInteger(x.typ):
			x = c.convert(x, asDecimal(x.typ))
		case x.typ.Kind == schemas.Timestamp && y.typ.Kind == schemas.TimestampNS:
			return c.apply(opCompareInstants[r], typeBool, nil, x, y)
		case x.typ.Kind == schemas.TimestampNS && y.typ.Kind == schemas.Timestamp:
			return c.apply(opCompareInstants[mirrored[r]], typeBool, nil, y, x)
		}
	}
	if x.isConst() && !y.isConst() {
		x, y, r = y, x, mirrored[r]
	}
	return c.apply(opCompare[r], typeBool, nil, x, y)
}

// isComparable reports whether r is defined between values of types t and u.
func isComparable(r relation, t, u schemas.Type) bool {
	if isNumeric(t) && isNumeric(u) {
		return t.Kind != schemas.Decimal && u.Kind != schemas.Decimal || !t.Kind.Floating() && !u.Kind.Floating()
	}
	if t.Kind == schemas.Timestamp && u.Kind == schemas.TimestampNS || t.Kind == schemas.TimestampNS && u.Kind == schemas.Timestamp {
		return true
	}
	if t.Kind != u.Kind {
		return false
	}
	switch t.Kind {
	case schemas.Bool:
		return r <= unequal
	case schemas.List, schemas.Map, schemas.Struct:
		_, ok := unify(t, u)
		return ok && r <= unequal
	case kindZone:
		return false
	}
	return true
}

func expectedOf(r relation, t schemas.Type) string {
	if r > unequal && (t.Kind == schemas.Bool || isNested(t)) {
		return "values with an order: numbers, texts or times"
	}
	return "two values of one kind"
}

// nullTest checks x == nil and x != nil, which are never null themselves.
func (c *checker) nullTest(r relation, a, b *node) *node {
	if a.isNil() {
		a, b = b, a
	}
	if a.isNil() || a.isConst() {
		return c.constant(typeBool, a.isNil() == (r == equal))
	}
	if anyUnknown(a) {
		return c.unknown(typeBool, a)
	}
	op := opIsNull
	if r == unequal {
		op = opIsNotNull
	}
	n := c.make(op, typeBool, nil, a)
	n.nullable = false
	return n
}

// adapt fits constants to the type of the other side: whole numbers and fractions to decimals, texts to uuids. found is
// true when a constant does not fit, which is reported.
func (c *checker) adapt(t *ast.BinaryNode, a, b *node) (x, y *node, found bool) {
	x, y = c.fit(a, b.typ), c.fit(b, a.typ)
	for i, side := range []*node{x, y} {
		other := []*node{y, x}[i]
		if side.isConst() && side.typ.Kind == schemas.String && other.typ.Kind == schemas.UUID {
			tree := []ast.Node{t.Left, t.Right}[i]
			c.report(tree, source.Diagnostic{
				Code:     "invalid-literal",
				Found:    c.text(tree) + " beside a uuid",
				Expected: "a uuid, such as \"00112233-4455-6677-8899-aabbccddeeff\"",
			})
			return x, y, true
		}
	}
	return x, y, false
}

// fit is the constant n in type t, where it has the same value there; otherwise n.
func (c *checker) fit(n *node, t schemas.Type) *node {
	if !n.isConst() || n.value == nil || n.typ.Equal(t) {
		return n
	}
	switch value := n.value.(type) {
	case int:
		switch {
		case t.Kind == schemas.Uint64 && value >= 0:
			return c.constant(t, uint64(value))
		case t.Kind.Floating() && value >= -1<<53 && value <= 1<<53:
			return c.constant(typeDouble, float64(value))
		}
	case float64:
		if t.Kind == schemas.Decimal {
			if d, err := decimalOfText(formatFloat(value)); err == nil {
				return c.constant(typeOfDecimal(d), d)
			}
		}
	case string:
		if t.Kind == schemas.UUID {
			if id, ok := textValue(value, t); ok {
				return c.constant(t, id)
			}
		}
	}
	return n
}
