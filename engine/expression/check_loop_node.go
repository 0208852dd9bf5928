package expression

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// loopNode makes the node of a loop whose parts are checked.
func (c *checker) loopNode(tree ast.Node, trees []ast.Node, l *loop, list, body, start *node) *node {
	typ := typeBool
	elem := l.elem
	listOf := func(t schemas.Type) schemas.Type {
		if list.typ.Kind == schemas.JSON && t.Kind == schemas.JSON {
			return schemas.ListOf(typeJSON)
		}
		return schemas.ListOf(t)
	}
	condition := false
	args := []*node{list}
	switch l.name {
	case "all", "none", "any", "one":
		condition = true
	case "filter":
		condition, typ = true, listOf(elem)
	case "find", "findLast":
		condition, typ = true, elem
	case "findIndex", "findLastIndex":
		condition, typ = true, typeInt
	case "count":
		condition, typ = true, typeInt
	case "map":
		typ = listOf(body.typ)
	case "sum":
		if typ = sumType(body.typ); isBad(typ) {
			at := trees[len(trees)-1]
			return c.report(at, source.Diagnostic{Found: "a sum over " + described(body.typ), Expected: "numbers", Fix: c.sumFix(trees, body)})
		}
	case "groupBy":
		typ = typeJSON
		if isTextual(body.typ) {
			typ = schemas.MapOf(listOf(elem))
		}
	case "sortBy":
		typ = listOf(elem)
		if !isLoose(body.typ) && !isComparable(less, body.typ, body.typ) {
			return c.report(trees[1], source.Diagnostic{Found: "an order by " + described(body.typ), Expected: "numbers, texts or times"})
		}
		if len(trees) > 2 {
			order := c.check(trees[2])
			if isBad(order.typ) {
				return order
			}
			if !isTextual(order.typ) && !isLoose(order.typ) || order.isConst() && order.value != "asc" && order.value != "desc" {
				return c.report(trees[2], source.Diagnostic{Found: "the order " + c.text(trees[2]), Expected: "\"asc\" or \"desc\""})
			}
			args = append(args, order)
		}
	case "reduce":
		typ = l.acc
		if start != nil {
			args = append(args, start)
		}
	}
	if condition {
		test, ok := c.boolean(body)
		if !ok {
			at := trees[len(trees)-1]
			return c.notCondition(at, body, fmt.Sprintf("the predicate of `%s`", l.name))
		}
		body = test
	}
	switch {
	case list.isNil():
		return c.constant(typ, nil)
	case anyUnknown(list, body) || start != nil && anyUnknown(start):
		n := c.unknown(typ, append(args, body)...)
		n.inner = c.within(args, body, l)
		return n
	}
	op := opLoops[l.name]
	n := c.make(op, typ, l.id, append(args, body)...)
	n.inner = c.within(args, body, l)
	n.fails = true
	n.nullable = list.nullable || l.name == "find" || l.name == "findLast" || l.name == "findIndex" || l.name == "findLastIndex" || l.name == "reduce" || l.name == "sum"
	return n
}

// within reports whether a loop depends on a loop around it.
func (c *checker) within(args []*node, body *node, l *loop) bool {
	for _, a := range args {
		if a.inner {
			return true
		}
	}
	bound := map[int]bool{l.id: true}
	seen := make(map[*node]bool)
	var free func(n *node) bool
	free = func(n *node) bool {
		if !n.inner || seen[n] {
			return false
		}
		seen[n] = true
		switch n.op.is {
		case isItem:
			return !bound[n.value.(item).loop]
		case isVariable:
			return !bound[n.value.(int)]
		case isLoop, isReduce, isLet:
			bound[n.value.(int)] = true
		}
		for _, a := range n.args {
			if free(a) {
				return true
			}
		}
		return false
	}
	return free(body)
}

// sumType is the type of a sum of values of type t.
func sumType(t schemas.Type) schemas.Type {
	switch {
	case isLoose(t):
		return t
	case isInteger(t), t.Kind == schemas.Null:
		return typeInt
	case t.Kind.Floating():
		return typeDouble
	case t.Kind == schemas.Decimal:
		return schemas.DecimalOf(maxDigits, t.Scale)
	case t.Kind == kindDuration:
		return typeDuration
	}
	return typeBad
}

func (c *checker) sumFix(trees []ast.Node, body *node) string {
	if body.typ.Kind == schemas.String {
		if len(trees) > 1 {
			return "write `float(" + c.text(trees[1]) + ")` for the predicate, or `join` for texts"
		}
		return "write `sum(" + c.text(trees[0]) + ", float(#))`, or `join` for texts"
	}
	return ""
}
