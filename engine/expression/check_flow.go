package expression

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// conditional checks c ? a : b and if c { a } else { b }. A null condition counts as false.
func (c *checker) conditional(t *ast.ConditionalNode) *node {
	cond, a, b := c.check(t.Cond), c.check(t.Exp1), c.check(t.Exp2)
	if isBad(cond.typ) {
		return cond
	}
	test, ok := c.boolean(cond)
	if !ok {
		if t.Exp1 == t.Cond { // a ?: b
			return c.report(t, source.Diagnostic{
				Found:    c.subject(t.Cond, cond) + ", used as the condition of `?:`",
				Expected: "a bool",
				Fix:      fmt.Sprintf("write `%s ?? %s` for a default instead of null", c.operand(t.Cond), c.operand(t.Exp2)),
			})
		}
		return c.notCondition(t.Cond, cond, "a condition")
	}
	a, b, typ, ok := c.joined(t, "the branches", t.Exp1, t.Exp2, a, b)
	switch {
	case !ok:
		return c.badNode()
	case anyUnknown(test, a, b) || typ.Kind == schemas.Unknown || test.op == opUnknown:
		return c.unknown(typ, test, a, b)
	case test.isConst():
		if test.value == true {
			return a
		}
		return b
	case a == b && !test.fails:
		return a
	}
	n := c.make(opCondition, typ, nil, test, a, b)
	n.nullable = a.nullable || b.nullable
	return n
}

// coalesce checks a ?? b.
func (c *checker) coalesce(t *ast.BinaryNode, a, b *node) *node {
	a, b, typ, ok := c.joined(t, "the sides of `??`", t.Left, t.Right, a, b)
	switch {
	case !ok:
		return c.badNode()
	case anyUnknown(a, b) || typ.Kind == schemas.Unknown:
		return c.unknown(typ, a, b)
	case a.isNil():
		return b
	case a.isConst() || b.isNil():
		return a
	}
	n := c.make(opCoalesce, typ, nil, a, b)
	n.nullable = a.nullable && b.nullable
	return n
}

// joined brings two alternatives to one type.
func (c *checker) joined(t ast.Node, what string, left, right ast.Node, a, b *node) (x, y *node, typ schemas.Type, ok bool) {
	if anyBad(a, b) {
		return a, b, typeBad, false
	}
	x, y = c.narrow(a, b.typ), c.narrow(b, a.typ)
	typ, ok = unify(x.typ, y.typ)
	if !ok {
		c.report(t, source.Diagnostic{
			Found:    fmt.Sprintf("%s are of two types: %s, %s %s", what, c.subject(left, a), c.text(right), described(b.typ)),
			Expected: "one type",
			Fix:      c.joinFix(left, right, a, b),
		})
		return a, b, typeBad, false
	}
	if typ.Kind == schemas.Unknown {
		return x, y, typ, true
	}
	return c.convert(x, typ), c.convert(y, typ), typ, true
}

func (c *checker) joinFix(left, right ast.Node, a, b *node) string {
	switch {
	case a.typ.Kind == schemas.String && !isNested(b.typ):
		return fmt.Sprintf("write `string(%s)` for the second", c.text(right))
	case b.typ.Kind == schemas.String && !isNested(a.typ):
		return fmt.Sprintf("write `string(%s)` for the first", c.text(left))
	case a.typ.Kind.Instant() && b.typ.Kind == schemas.Date, a.typ.Kind == schemas.Date && b.typ.Kind.Instant():
		return "make both a date or both a timestamp"
	}
	return ""
}

// narrow is a constant in the type of the other alternative, when it has the same value there, so that `small ?? 0` stays
// as small as the column is.
func (c *checker) narrow(n *node, t schemas.Type) *node {
	if value, ok := n.value.(int); ok && n.isConst() && n.typ.Kind == schemas.Int64 && t.Kind.Integer() && fitsInteger(int64(value), t.Kind) {
		if t.Kind == schemas.Uint64 {
			return c.constant(t, uint64(value))
		}
		return c.constant(t, value)
	}
	if x, ok := n.value.(float64); ok && n.isConst() && t.Kind == schemas.Float && float64(float32(x)) == x {
		return c.constant(t, x)
	}
	if t.Kind == schemas.Decimal || t.Kind == schemas.UUID {
		return c.fit(n, t)
	}
	return n
}

// fitsInteger reports whether x is a value of integer kind k.
func fitsInteger(x int64, k schemas.Kind) bool {
	switch k {
	case schemas.Uint64:
		return x >= 0
	case schemas.Uint8, schemas.Uint16, schemas.Uint32:
		return x >= 0 && x < 1<<(8<<(k-schemas.Uint8))
	case schemas.Int8, schemas.Int16, schemas.Int32:
		limit := int64(1) << (8<<(k-schemas.Int8) - 1)
		return x >= -limit && x < limit
	}
	return true
}

// array checks [a, b, c]: a list of the type that holds them all, of JSON values when there is none.
func (c *checker) array(t *ast.ArrayNode) *node {
	elems := make([]*node, len(t.Nodes))
	for i, tree := range t.Nodes {
		elems[i] = c.check(tree)
	}
	if anyBad(elems...) {
		return c.badNode()
	}
	typ := typeNull
	for i, e := range elems {
		joined, ok := unify(typ, e.typ)
		if !ok {
			joined = typeJSON
			if !isColumnType(typ) || !isColumnType(e.typ) {
				return c.report(t.Nodes[i], source.Diagnostic{
					Found: fmt.Sprintf("%s in a list of %s", c.subject(t.Nodes[i], e), typeName(typ)), Expected: "elements of one type",
				})
			}
		}
		typ = joined
	}
	if anyUnknown(elems...) {
		return c.unknown(schemas.ListOf(typeUnknown), elems...)
	}
	for i := range elems {
		elems[i] = c.convert(elems[i], typ)
	}
	n := c.apply(opMakeList, schemas.ListOf(typ), nil, elems...)
	n.nullable = false
	return n
}

// members are the names of a struct that an expression makes.
type members []string

// mapping checks {a: x, b: y}: a struct, unless a key is computed.
func (c *checker) mapping(t *ast.MapNode) *node {
	var keys members
	var values, computed []*node
	var fields []schemas.Field
	named := true
	for _, p := range t.Pairs {
		pair := p.(*ast.PairNode)
		key, isText := pair.Key.(*ast.StringNode)
		value := c.check(pair.Value)
		values = append(values, value)
		if !isText {
			named = false
			k := c.check(pair.Key)
			if !isBad(k.typ) && !isTextual(k.typ) && !isLoose(k.typ) {
				k = c.report(pair.Key, source.Diagnostic{Found: c.subject(pair.Key, k) + ", used as a key", Expected: "a string", Fix: "write `string(" + c.text(pair.Key) + ")`"})
			}
			computed = append(computed, k)
			continue
		}
		computed = append(computed, c.constant(typeString, key.Value))
		for _, k := range keys {
			if k == key.Value {
				c.report(pair, source.Diagnostic{Code: "redeclared-name", Range: c.at(pair.Key), Found: "the key `" + k + "` twice", Fix: "remove one"})
				return c.badNode()
			}
		}
		keys = append(keys, key.Value)
		fields = append(fields, schemas.Field{Name: key.Value, Type: value.typ})
	}
	if anyBad(values...) || anyBad(computed...) {
		return c.badNode()
	}
	if anyUnknown(values...) || anyUnknown(computed...) {
		return c.unknown(typeUnknown, append(values, computed...)...)
	}
	if !named {
		args := make([]*node, 0, 2*len(values))
		for i, v := range values {
			args = append(args, computed[i], v)
		}
		return c.apply(opMakeObject, typeJSON, nil, args...)
	}
	n := c.apply(opMakeStruct, schemas.StructOf(fields...), keys, values...)
	n.nullable = false
	return n
}
