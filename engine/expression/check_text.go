package expression

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// textTest checks contains, startsWith and endsWith.
func (c *checker) textTest(t *ast.BinaryNode, a, b *node) *node {
	op := map[string]*operation{"contains": opContains, "startsWith": opStartsWith, "endsWith": opEndsWith}[t.Operator]
	if anyUnknown(a, b) {
		return c.unknown(typeBool, a, b)
	}
	for i, n := range []*node{a, b} {
		if isTextual(n.typ) || n.typ.Kind == schemas.JSON || n.typ.Kind == schemas.Null {
			continue
		}
		tree := []ast.Node{t.Left, t.Right}[i]
		d := source.Diagnostic{Found: c.subject(tree, n) + ", which `" + t.Operator + "` does not take", Expected: "two texts"}
		if n.typ.Kind == schemas.List && i == 0 && t.Operator == "contains" {
			d.Fix = fmt.Sprintf("write `%s in %s`", c.operand(t.Right), c.operand(t.Left))
		} else if !isNested(n.typ) {
			d.Fix = fmt.Sprintf("write `string(%s)`", c.text(tree))
		}
		return c.report(tree, d)
	}
	if a.typ.Kind == schemas.Null || b.typ.Kind == schemas.Null {
		return c.constant(typeBool, nil)
	}
	return c.apply(op, typeBool, nil, c.textOf(a), c.textOf(b))
}

// textOf is a JSON value as the text that it must be.
func (c *checker) textOf(n *node) *node {
	if n.typ.Kind == schemas.JSON {
		return c.apply(opToTextRows, typeString, nil, n)
	}
	return n
}

// pattern is a compiled regular expression as the value of a node.
type pattern struct{ *regexp.Regexp }

func (p pattern) key() string { return p.String() }

// matches checks x matches "pattern". A constant pattern is compiled once.
func (c *checker) matches(t *ast.BinaryNode) *node {
	a, b := c.check(t.Left), c.check(t.Right)
	if anyBad(a, b) {
		return c.badNode()
	}
	if anyUnknown(a, b) {
		return c.unknown(typeBool, a, b)
	}
	if b.isConst() && b.value != nil && isTextual(b.typ) {
		re, d := compilePattern(b.value.(string))
		if re == nil {
			d.Range = c.at(t.Right)
			return c.report(t.Right, d)
		}
		if isTextual(a.typ) || a.typ.Kind == schemas.JSON {
			return c.apply(opMatches, typeBool, pattern{re}, c.textOf(a))
		}
	}
	return c.textTestWith(opMatchesDynamic, t, a, b)
}

func (c *checker) textTestWith(op *operation, t *ast.BinaryNode, a, b *node) *node {
	for i, n := range []*node{a, b} {
		if isTextual(n.typ) || n.typ.Kind == schemas.JSON || n.typ.Kind == schemas.Null {
			continue
		}
		tree := []ast.Node{t.Left, t.Right}[i]
		return c.report(tree, source.Diagnostic{
			Found: c.subject(tree, n) + ", which `" + t.Operator + "` does not take", Expected: "two texts",
			Fix: fmt.Sprintf("write `string(%s)`", c.text(tree)),
		})
	}
	if a.typ.Kind == schemas.Null || b.typ.Kind == schemas.Null {
		return c.constant(typeBool, nil)
	}
	return c.apply(op, typeBool, nil, c.textOf(a), c.textOf(b))
}

// compilePattern compiles a regular expression of bounded size, or says what is wrong with it.
func compilePattern(text string) (*regexp.Regexp, source.Diagnostic) {
	if len(text) > maxPattern {
		return nil, source.Diagnostic{
			Code:  "invalid-pattern",
			Found: fmt.Sprintf("a regular expression of %d bytes", len(text)), Expected: fmt.Sprintf("at most %d", maxPattern),
		}
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, source.Diagnostic{
			Code:     "invalid-pattern",
			Found:    strings.TrimPrefix(err.Error(), "error parsing regexp: "),
			Expected: "a regular expression as RE2 reads it: no lookaround, no backreferences",
		}
	}
	return re, source.Diagnostic{}
}

// in checks x in list, x in map, x in a..b.
func (c *checker) in(t *ast.BinaryNode, a, b *node) *node {
	if anyUnknown(a, b) {
		return c.unknown(typeBool, a, b)
	}
	if a.typ.Kind == schemas.Null || b.typ.Kind == schemas.Null {
		return c.constant(typeBool, nil)
	}
	switch b.typ.Kind {
	case schemas.JSON:
		return c.apply(opInRows, typeBool, nil, a, b)
	case schemas.Map, schemas.Struct:
		if !isTextual(a.typ) && a.typ.Kind != schemas.JSON {
			return c.report(t.Left, source.Diagnostic{Found: c.subject(t.Left, a) + ", used as a key", Expected: "a string"})
		}
		return c.apply(opInRows, typeBool, nil, a, b)
	case schemas.List:
		return c.inList(t, a, b)
	}
	d := source.Diagnostic{
		Found:    c.subject(t.Right, b) + ", which nothing is `in`",
		Expected: "a list, a map or a range, as in `x in [\"a\", \"b\"]`",
	}
	if isTextual(a.typ) && isTextual(b.typ) {
		d.Fix = fmt.Sprintf("write `%s contains %s`", c.operand(t.Right), c.operand(t.Left))
	}
	return c.report(t, d)
}

func (c *checker) inList(t *ast.BinaryNode, a, b *node) *node {
	elem := *b.typ.Elem
	if elem.Kind == schemas.Null {
		n := c.constant(typeBool, false) // an empty list, or one of nils
		if !a.nullable {
			return n
		}
	}
	// Texts in the list of a uuid column stand for uuids, as beside ==.
	if b.isConst() && (a.typ.Kind == schemas.UUID || a.typ.Kind == schemas.Decimal) {
		b = c.fitList(b, a.typ)
		elem = *b.typ.Elem
	}
	if elem.Kind != schemas.Null && a.typ.Kind != schemas.JSON && elem.Kind != schemas.JSON && !isComparable(equal, a.typ, elem) {
		d := source.Diagnostic{
			Found:    fmt.Sprintf("%s and %s %s: no element can be equal", c.subject(t.Left, a), c.text(t.Right), described(b.typ)),
			Expected: "a list of " + typeName(a.typ),
		}
		if isNumeric(a.typ) && elem.Kind == schemas.String {
			d.Fix = fmt.Sprintf("write `string(%s) in %s`, or the numbers without quotes", c.operand(t.Left), c.operand(t.Right))
		} else if isNumeric(elem) && isTextual(a.typ) {
			d.Fix = fmt.Sprintf("write `%s in %s`, or the elements in quotes", castText(elem, c.text(t.Left)), c.operand(t.Right))
		}
		return c.report(t, d)
	}
	if b.op.is == isRangeList && (isInteger(a.typ) && a.typ.Kind != schemas.Uint64 || a.typ.Kind.Floating()) && isInteger(b.args[0].typ) && isInteger(b.args[1].typ) {
		return c.apply(opInRange, typeBool, nil, a, c.convert(b.args[0], typeInt), c.convert(b.args[1], typeInt))
	}
	if b.isConst() && b.value != nil {
		if set := newSet(a.typ, elem, b.value.([]any)); set != nil {
			return c.apply(opInSet, typeBool, set, a)
		}
	}
	return c.apply(opInRows, typeBool, nil, a, b)
}

// fitList fits the elements of a constant list to the type that they are compared with.
func (c *checker) fitList(list *node, t schemas.Type) *node {
	elems, ok := list.value.([]any)
	if !ok {
		return list
	}
	out := make([]any, len(elems))
	typ := typeNull
	for i, e := range elems {
		if e == nil {
			continue
		}
		n := c.fit(c.constant(*list.typ.Elem, e), t)
		out[i] = n.value
		typ, _ = unify(typ, n.typ)
		if isBad(typ) {
			return list
		}
	}
	for i, e := range out {
		if d, ok := e.(decimal); ok {
			if out[i], ok = rescaled(d, int32(typ.Scale)); !ok {
				return list
			}
		}
	}
	return c.constant(schemas.ListOf(typ), out)
}
