package expression

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// member checks a.b, a?.b, a["b"] and a[i]. A member of null is null, with or without the question mark.
func (c *checker) member(t *ast.MemberNode) *node {
	if n, ok := c.root(t); ok {
		return n
	}
	base := c.check(t.Node)
	if isBad(base.typ) {
		return base
	}
	key := c.check(t.Property)
	if isBad(key.typ) {
		return key
	}
	name, named := t.Property.(*ast.StringNode)
	switch base.typ.Kind {
	case schemas.Unknown:
		return c.unknown(typeUnknown, base, key)
	case schemas.Null:
		return c.constant(typeNull, nil)
	case schemas.Struct:
		return c.structMember(t, base, key)
	case schemas.Map:
		if !isTextual(key.typ) && !isLoose(key.typ) && key.typ.Kind != schemas.Null {
			return c.report(t.Property, source.Diagnostic{
				Found: c.subject(t.Property, key) + ", used as a key of " + c.text(t.Node), Expected: "a string",
				Fix: "write `string(" + c.text(t.Property) + ")`",
			})
		}
		return c.apply(opMapMember, *base.typ.Elem, nil, base, key)
	case schemas.JSON:
		return c.apply(opJSONMember, typeJSON, nil, base, key)
	case schemas.List:
		return c.element(t, base, key)
	}
	d := source.Diagnostic{Found: c.subject(t.Node, base) + ", which has no members"}
	if named {
		if _, isMethod := methodOf(base.typ, name.Value); isMethod {
			d.Found = fmt.Sprintf("`%s` without its parentheses", name.Value)
			d.Fix = "write `" + c.operand(t.Node) + "." + name.Value + "()`"
		} else if base.typ.Kind == schemas.String {
			d.Fix = "write `fromJSON(" + c.text(t.Node) + ")." + name.Value + "` if it holds JSON"
		}
	} else if base.typ.Kind == schemas.String && isInteger(key.typ) {
		i, next := c.text(t.Property), c.text(t.Property)+" + 1"
		if at, ok := key.value.(int); ok && key.isConst() {
			next = fmt.Sprint(at + 1)
		}
		d.Found, d.Fix = c.subject(t.Node, base)+", which has no elements", fmt.Sprintf("write `%s[%s:%s]` for one character", c.text(t.Node), i, next)
	}
	return c.report(t, d)
}

func (c *checker) structMember(t *ast.MemberNode, base, key *node) *node {
	name, named := t.Property.(*ast.StringNode)
	if !named {
		if key.isConst() && key.value != nil && isTextual(key.typ) {
			name, named = &ast.StringNode{Value: key.value.(string)}, true
		}
	}
	if !named {
		return c.report(t.Property, source.Diagnostic{
			Code:     "dynamic-field",
			Found:    "a member of " + c.text(t.Node) + " whose name is computed",
			Expected: "a name, as in `" + c.text(t.Node) + ".name`: the types are known before anything runs",
		})
	}
	f, at, ok := base.typ.Field(name.Value)
	if !ok {
		known := make([]string, len(base.typ.Fields))
		for i, f := range base.typ.Fields {
			known[i] = f.Name
		}
		return c.report(t.Property, unknownName("unknown-field", fmt.Sprintf("unknown member `%s` of %s", name.Value, c.text(t.Node)), "a member", name.Value, known))
	}
	if base.op == opMakeStruct {
		return base.args[at]
	}
	n := c.apply(opMember, f.Type, at, base)
	if !n.isConst() {
		n.nullable = base.nullable || !f.Required
	}
	return n
}

// element checks list[i]. An index out of range fails the row.
func (c *checker) element(t *ast.MemberNode, base, key *node) *node {
	if !isInteger(key.typ) && !isLoose(key.typ) && key.typ.Kind != schemas.Null {
		d := source.Diagnostic{Found: c.subject(t.Property, key) + ", used as an index of " + c.text(t.Node), Expected: "a whole number"}
		if _, named := t.Property.(*ast.StringNode); named {
			d.Found = c.subject(t.Node, base) + ", which has no named members"
			d.Expected = "an index, as in `" + c.text(t.Node) + "[0]`"
			name := t.Property.(*ast.StringNode).Value
			if _, _, member := base.typ.Elem.Field(name); member || base.typ.Elem.Kind == schemas.Map || isLoose(*base.typ.Elem) {
				d.Fix = "write `map(" + c.text(t.Node) + ", #." + name + ")` for that member of each"
			}
		} else if key.typ.Kind.Floating() {
			d.Fix = "write `int(" + c.text(t.Property) + ")`"
		}
		return c.report(t.Property, d)
	}
	return c.apply(opElement, *base.typ.Elem, nil, base, key)
}

// slice checks s[a:b], of texts in characters and of lists in elements.
func (c *checker) slice(t *ast.SliceNode) *node {
	base := c.check(t.Node)
	if isBad(base.typ) {
		return base
	}
	bounds := [2]*node{c.constant(typeInt, 0), c.constant(typeInt, nil)}
	for i, tree := range []ast.Node{t.From, t.To} {
		if tree == nil {
			continue
		}
		n := c.check(tree)
		if isBad(n.typ) {
			return n
		}
		if !isInteger(n.typ) && !isLoose(n.typ) && n.typ.Kind != schemas.Null {
			return c.report(tree, source.Diagnostic{
				Found: c.subject(tree, n) + ", used as a bound of a slice", Expected: "a whole number", Fix: "write `int(" + c.text(tree) + ")`",
			})
		}
		bounds[i] = n
	}
	open := t.To == nil
	if anyUnknown(base, bounds[0], bounds[1]) {
		return c.unknown(base.typ, base, bounds[0], bounds[1])
	}
	args := []*node{base, bounds[0]}
	if !open {
		args = append(args, bounds[1])
	}
	switch {
	case base.typ.Kind == schemas.Null:
		return c.constant(typeNull, nil)
	case isTextual(base.typ) && !anyJSON(args...):
		return c.apply(opSliceText, typeString, nil, args...)
	case isTextual(base.typ), base.typ.Kind == schemas.List, base.typ.Kind == schemas.JSON:
		return c.apply(opSliceRows, base.typ, nil, args...)
	}
	return c.report(t.Node, source.Diagnostic{
		Found: c.subject(t.Node, base) + ", of which no slice can be taken", Expected: "a text or a list",
		Fix: fmt.Sprintf("write `string(%s)`", c.text(t.Node)),
	})
}
