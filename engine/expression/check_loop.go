package expression

import (
	"strconv"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// loopDocs are the functions that take a predicate.
var loopDocs = map[string]string{
	"all": "whether the predicate holds for every element", "none": "whether it holds for no element",
	"any": "whether it holds for an element", "one": "whether it holds for exactly one element",
	"filter": "the elements for which it holds", "map": "what it makes of each element",
	"count": "for how many elements it holds", "sum": "the sum of what it makes of each element",
	"find": "the first element for which it holds", "findIndex": "the index of that element",
	"findLast": "the last element for which it holds", "findLastIndex": "the index of that element",
	"groupBy": "lists of the elements by what it makes of each", "sortBy": "the elements in order of what it makes of each",
	"reduce": "one value from all elements, with `#acc`",
}

// loop is a predicate under way.
type loop struct {
	id   int
	elem schemas.Type
	acc  schemas.Type // of reduce
	name string
}

// item is which value of which loop a pointer is.
type item struct {
	loop int
	what string // "" for the element, index, acc
}

func (i item) key() string { return i.what + strconv.Itoa(i.loop) }

// pointer checks #, #index and #acc.
func (c *checker) pointer(t *ast.PointerNode) *node {
	if len(c.loops) == 0 {
		return c.report(t, source.Diagnostic{Code: "expression-syntax", Found: "`#` outside of a predicate", Expected: "a place inside any(), filter(), map() and the like"})
	}
	l := c.loops[len(c.loops)-1]
	var typ schemas.Type
	switch {
	case t.Name == "":
		typ = l.elem
	case t.Name == "index" && (l.name == "map" || l.name == "reduce"):
		typ = typeInt
	case t.Name == "acc" && l.name == "reduce":
		typ = l.acc
	default:
		d := source.Diagnostic{Code: "expression-syntax", Found: "`#" + t.Name + "` in `" + l.name + "`", Expected: "`#`"}
		switch l.name {
		case "reduce":
			d.Expected = "`#`, `#index` or `#acc`"
		case "map":
			d.Expected = "`#` or `#index`"
		}
		return c.report(t, d)
	}
	n := c.make(opItem, typ, item{l.id, t.Name})
	n.inner, n.nullable = true, t.Name != "index"
	return n
}

// loop checks a call with a predicate: f(list, predicate, more).
func (c *checker) loop(tree ast.Node, f *function, trees []ast.Node) *node {
	if len(trees) == 0 {
		return c.report(tree, source.Diagnostic{Code: "wrong-arguments", Found: "`" + f.name + "` without operands", Expected: "a list and a predicate: " + f.doc})
	}
	list := c.check(trees[0])
	if isBad(list.typ) {
		return list
	}
	if list.typ.Kind != schemas.List && !isLoose(list.typ) && list.typ.Kind != schemas.Null {
		d := source.Diagnostic{Found: c.subject(trees[0], list) + ", which `" + f.name + "` does not take", Expected: "a list"}
		if list.typ.Kind == schemas.Map {
			d.Fix = "write `" + f.name + "(values(" + c.text(trees[0]) + "), ...)`"
		}
		return c.report(trees[0], d)
	}
	elem := elemOf(list.typ)
	if list.typ.Kind == schemas.Unknown || list.typ.Kind == schemas.Null {
		elem = typeUnknown
	}
	l := &loop{id: len(c.nodes), elem: elem, name: f.name}
	var start *node
	if f.name == "reduce" {
		l.acc = elem
		if len(trees) > 2 {
			if start = c.check(trees[2]); isBad(start.typ) {
				return start
			}
			l.acc = start.typ
		}
	}
	body := c.item(l)
	if len(trees) > 1 {
		body = c.body(l, trees[1])
	}
	if isBad(body.typ) {
		return body
	}
	if f.name == "reduce" {
		// The accumulator is what the body makes of it: again with the type that holds both, until it is one.
		for range 3 {
			joined := accumulated(l.acc, body.typ)
			if joined.Equal(l.acc) {
				break
			}
			l = &loop{id: len(c.nodes), elem: elem, acc: joined, name: f.name}
			c.forget(trees[1])
			if body = c.body(l, trees[1]); isBad(body.typ) {
				return body
			}
		}
		if start != nil && !isLoose(l.acc) {
			start = c.convert(start, l.acc)
		}
	}
	return c.loopNode(tree, trees, l, list, body, start)
}

// accumulated is a type for an accumulator that holds a and b, and what comes of adding to it.
func accumulated(a, b schemas.Type) schemas.Type {
	joined, ok := unify(a, b)
	switch {
	case !ok:
		return typeJSON
	case joined.Kind == schemas.Decimal:
		return schemas.DecimalOf(maxDigits, joined.Scale)
	}
	return joined
}

// body checks a predicate within its loop.
func (c *checker) body(l *loop, tree ast.Node) *node {
	if p, ok := tree.(*ast.PredicateNode); ok {
		tree = p.Node
	}
	c.loops = append(c.loops, l)
	n := c.check(tree)
	c.loops = c.loops[:len(c.loops)-1]
	return n
}

// forget drops what is known of a subtree, so that it is checked again.
func (c *checker) forget(tree ast.Node) {
	if _, ok := c.done[tree]; !ok {
		if _, isPredicate := tree.(*ast.PredicateNode); !isPredicate {
			return
		}
	}
	delete(c.done, tree)
	for _, child := range children(tree) {
		c.forget(child)
	}
}

func (c *checker) item(l *loop) *node {
	n := c.make(opItem, l.elem, item{l.id, ""})
	n.inner, n.nullable = true, true
	return n
}

// innerLet gives a name to a value that depends on the element of a predicate: the VM keeps it for its body.
func (c *checker) innerLet(t *ast.VariableDeclaratorNode, value *node) *node {
	id := len(c.nodes)
	v := c.make(opVariable, value.typ, id)
	v.inner, v.nullable = true, value.nullable
	c.locals = append(c.locals, local{t.Name, v})
	body := c.check(t.Expr)
	c.locals = c.locals[:len(c.locals)-1]
	if isBad(body.typ) {
		return body
	}
	n := c.make(opLet, body.typ, id, value, body)
	n.inner, n.nullable = true, body.nullable
	return n
}
