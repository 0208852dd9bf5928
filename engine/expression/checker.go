package expression

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// checker turns syntax trees into typed nodes and reports what is wrong with them.
type checker struct {
	builder
	scope Scope
	ds    source.Diagnostics

	columns, meta []field
	columnAt      map[string]int
	metaAt        map[string]int
	functions     map[string]*function
	open          bool // an unknown name was read
	roots         []*node
	folder        *Evaluator // computes constants
	rowsOnly      bool       // in tests: the VM computes everything but columns

	// Of the expression under way.
	expr   dsl.Expression
	runes  []rune
	which  int
	done   map[ast.Node]*node // the parser shares subtrees: a < b < c, a ?: b
	spans  map[ast.Node]file.Location
	locals []local
	loops  []*loop
	depth  int
}

// local is a name that let declares.
type local struct {
	name string
	node *node
}

func newChecker(scope Scope) *checker {
	if scope.Columns == nil {
		scope.Columns = schemas.New()
	}
	return &checker{
		builder:   builder{index: make(map[string]*node)},
		scope:     scope,
		columnAt:  make(map[string]int),
		metaAt:    make(map[string]int),
		functions: functionTable(),
	}
}

// expression checks one expression and adds its root.
func (c *checker) expression(i int, e dsl.Expression) {
	c.expr, c.runes, c.which = e, []rune(e.Source), i
	c.done, c.spans = make(map[ast.Node]*node), make(map[ast.Node]file.Location)
	c.locals, c.loops, c.depth = nil, nil, 0
	root := c.badNode()
	if tree := c.parse(e); tree != nil {
		root = c.check(tree)
		if !isBad(root.typ) && !isColumnType(root.typ) {
			c.notColumn(tree, root)
		}
	}
	c.roots = append(c.roots, root)
}

// badNode stands for a subtree that has been reported.
func (c *checker) badNode() *node { return c.make(opConst, typeBad, nil) }

// check returns the node of a syntax tree.
func (c *checker) check(tree ast.Node) *node {
	if n, ok := c.done[tree]; ok {
		return n
	}
	c.depth++
	defer func() { c.depth-- }()
	var n *node
	if c.depth > maxDepth {
		n = c.report(tree, source.Diagnostic{
			Code:     "expression-too-deep",
			Found:    fmt.Sprintf("an expression of more than %d levels", maxDepth),
			Expected: "fewer operators within operators",
			Fix:      "compute a part of it in a processor before this one",
		})
	} else {
		n = c.visit(tree)
	}
	c.place(n, tree)
	c.done[tree] = n
	return n
}

// place notes that n stands at tree.
func (c *checker) place(n *node, tree ast.Node) {
	for _, p := range n.places {
		if p.expr == c.which {
			return
		}
	}
	n.places = append(n.places, place{c.which, c.rangeOf(c.span(tree))})
}

func (c *checker) visit(tree ast.Node) *node {
	switch t := tree.(type) {
	case *ast.NilNode:
		return c.constant(typeNull, nil)
	case *ast.BoolNode:
		return c.constant(typeBool, t.Value)
	case *ast.IntegerNode:
		return c.constant(typeInt, t.Value)
	case *ast.FloatNode:
		return c.constant(typeDouble, t.Value)
	case *ast.StringNode:
		return c.constant(typeString, t.Value)
	case *ast.BytesNode:
		return c.constant(schemas.Of(schemas.Binary), t.Value)
	case *ast.IdentifierNode:
		return c.identifier(t)
	case *ast.UnaryNode:
		return c.unary(t)
	case *ast.BinaryNode:
		return c.binary(t)
	case *ast.ConditionalNode:
		return c.conditional(t)
	case *ast.ChainNode:
		return c.check(t.Node)
	case *ast.MemberNode:
		return c.member(t)
	case *ast.SliceNode:
		return c.slice(t)
	case *ast.CallNode:
		return c.call(t)
	case *ast.BuiltinNode:
		return c.builtin(t)
	case *ast.PointerNode:
		return c.pointer(t)
	case *ast.VariableDeclaratorNode:
		return c.let(t)
	case *ast.SequenceNode:
		return c.sequence(t)
	case *ast.ArrayNode:
		return c.array(t)
	case *ast.MapNode:
		return c.mapping(t)
	default:
		return c.report(tree, source.Diagnostic{
			Code: "expression-syntax", Found: fmt.Sprintf("`%s`, which has no meaning here", c.text(tree)),
		})
	}
}

// sequence is the value of its last expression; the others are only checked, since nothing in the language has effects.
func (c *checker) sequence(t *ast.SequenceNode) (last *node) {
	for _, part := range t.Nodes {
		last = c.check(part)
	}
	return last
}

// let gives a value a name. The value is shared, and computed for the rows on which it is used.
func (c *checker) let(t *ast.VariableDeclaratorNode) *node {
	value := c.check(t.Value)
	if why := c.taken(t.Name); why != "" {
		return c.report(t, source.Diagnostic{
			Code:  "redeclared-name",
			Range: c.rangeOf(t.Location()),
			Found: fmt.Sprintf("`let %s`, which is the name of %s", t.Name, why),
			Fix:   "choose another name",
		})
	}
	if value.inner {
		return c.innerLet(t, value)
	}
	c.locals = append(c.locals, local{t.Name, value})
	body := c.check(t.Expr)
	c.locals = c.locals[:len(c.locals)-1]
	return body
}

// taken says what already has a name, or nothing.
func (c *checker) taken(name string) string {
	if name == "meta" || name == "vars" || name == "$env" {
		return "a root of every expression"
	}
	for _, l := range c.locals {
		if l.name == name {
			return "another variable"
		}
	}
	if _, at, _ := c.scope.Columns.Lookup(name); at >= 0 {
		return "a column"
	}
	if _, ok := c.functions[name]; ok {
		return "a function"
	}
	return ""
}

// program finishes the graph: what the roots need, counted and listed.
func (c *checker) program() *Program {
	p := &Program{nodes: c.nodes, roots: c.roots, columns: c.columns, meta: c.meta, open: c.open}
	seen := make([]bool, len(c.nodes))
	var walk func(n *node)
	walk = func(n *node) {
		n.uses++
		if seen[n.id] {
			return
		}
		seen[n.id] = true
		for _, a := range n.args {
			walk(a)
		}
		if n.op.impure || n.op.is == isNow {
			for _, place := range n.places {
				p.impure = append(p.impure, place.at)
			}
		}
	}
	for _, r := range p.roots {
		walk(r)
	}
	c.compileRows(p)
	return p
}
