package expression

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// rowCode is a part of the graph as a program of the VM: a tree in which every operator is a call of ours.
type rowCode struct {
	program  *vm.Program
	operands []*node // computed by kernels before it runs
}

// maxRowTree is how many nodes a part may have for the VM, where shared nodes count each time they are met.
const maxRowTree = 50_000

// compileRows gives every part of the graph that has no kernel its program. Parts are as large as can be: an operand that
// nobody else needs is part of its consumer's.
func (c *checker) compileRows(p *Program) {
	seen := make([]bool, len(p.nodes))
	var need func(n *node)
	need = func(n *node) {
		if seen[n.id] || n.op == opUnknown {
			return
		}
		seen[n.id] = true
		operands := n.args
		if !c.hasKernel(n) {
			operands = c.compilePart(p, n)
		}
		for _, a := range operands {
			need(a)
		}
	}
	for _, root := range p.roots {
		need(root)
	}
	slices.SortStableFunc(p.falls, func(a, b Fallback) int { return cmp.Compare(a.Range.Start, b.Range.Start) })
}

// hasKernel reports whether n is computed by columns.
func (c *checker) hasKernel(n *node) bool {
	if c.rowsOnly {
		return n.op.is == isColumn || n.op.is == isMeta || n.op.is == isConst
	}
	return n.op.run != nil
}

// compilePart compiles the part of the graph that ends in n, and returns what kernels have to compute for it.
func (c *checker) compilePart(p *Program, n *node) []*node {
	t := &translator{c: c, run: make(map[*node]int), table: make(map[string]*builtin.Function)}
	tree := t.inline(n)
	if t.count > maxRowTree {
		c.tooLarge(n)
		return nil
	}
	program, err := t.compile(tree)
	if err != nil {
		c.tooLarge(n)
		return nil
	}
	n.row = &rowCode{program: program, operands: t.operands}
	for _, place := range n.places {
		p.falls = append(p.falls, Fallback{Range: place.at, Name: strings.TrimSuffix(n.op.name, " rows")})
	}
	return t.operands
}

func (c *checker) tooLarge(n *node) {
	c.ds = append(c.ds, source.Diagnostic{
		Code: "expression-too-long", Range: n.at(c.which), Found: "an expression that is too large to be run row by row",
		Fix: "compute a part of it in a processor before this one",
	})
}

// translator writes nodes as a syntax tree for the VM.
type translator struct {
	c        *checker
	operands []*node
	run      map[*node]int // index in operands
	table    map[string]*builtin.Function
	level    int // predicates around the place being written
	lets     int
	count    int
}

func (t *translator) compile(tree ast.Node) (*vm.Program, error) {
	config := conf.CreateNew()
	config.Functions = t.table
	return compiler.Compile(&parser.Tree{Node: tree, Source: file.NewSource("")}, config)
}

// operand is a node as a part of the tree: its value when a kernel may compute it beforehand, else its own tree.
func (t *translator) operand(n *node) ast.Node {
	switch {
	case n.isConst():
		return constantTree(n.value)
	case n.inner:
		return t.inline(n)
	case t.level > 0 && (n.fails && n.op.is != isHold || !t.c.hasKernel(n) && t.c.rowsOnly):
		return t.inline(n) // what fails here must not fail where the VM would not look
	case !t.c.hasKernel(n) && (n.uses < 2 || t.c.rowsOnly) && t.level == 0:
		return t.inline(n)
	}
	at, ok := t.run[n]
	if !ok {
		at = len(t.operands)
		t.run[n] = at
		t.operands = append(t.operands, n)
	}
	return t.callNamed("v"+strconv.Itoa(at), func(args ...any) (any, error) {
		r := args[0].(*rowRun)
		v := r.operands[at]
		if !v.has(r.row) {
			return nil, nil
		}
		return r.ev.rowValue(v, n.typ, r.row), nil
	})
}

// constantTree is a value that the tree holds itself.
func constantTree(value any) ast.Node {
	if value == nil {
		return &ast.NilNode{}
	}
	if raw, ok := value.(rawJSON); ok {
		value = looked(raw)
		if value == nil {
			return &ast.NilNode{}
		}
	}
	return &ast.ConstantNode{Value: value}
}

// callNamed calls a function of ours, whose first argument is the run.
func (t *translator) callNamed(name string, f func(args ...any) (any, error), args ...ast.Node) ast.Node {
	t.table[name] = &builtin.Function{Name: name, Func: f}
	t.count++
	return &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: name},
		Arguments: append([]ast.Node{&ast.IdentifierNode{Value: "$env"}}, args...),
	}
}

// inline writes the operation of n itself.
func (t *translator) inline(n *node) ast.Node {
	if t.count++; t.count > maxRowTree {
		return &ast.NilNode{}
	}
	switch n.op.is {
	case isConst:
		return constantTree(n.value)
	case isItem:
		return &ast.PointerNode{Name: n.value.(item).what}
	case isVariable:
		return &ast.IdentifierNode{Value: fmt.Sprint("x", n.value)}
	case isLet:
		return &ast.VariableDeclaratorNode{Name: fmt.Sprint("x", n.value), Value: t.operand(n.args[0]), Expr: t.operand(n.args[1])}
	case isCondition:
		return &ast.ConditionalNode{Cond: t.test(t.operand(n.args[0])), Exp1: t.operand(n.args[1]), Exp2: t.operand(n.args[2])}
	case isCoalesce:
		return &ast.BinaryNode{Operator: "??", Left: t.operand(n.args[0]), Right: t.operand(n.args[1])}
	case isAnd, isOr:
		return t.connective(n)
	case isLoop, isReduce:
		return t.loop(n)
	}
	args := make([]ast.Node, len(n.args))
	for i, a := range n.args {
		args[i] = t.operand(a)
	}
	return t.callNamed("n"+strconv.Itoa(n.id), func(args ...any) (any, error) {
		return args[0].(*rowRun).call(n, args[1:])
	}, args...)
}

// let evaluates a tree once and hands its name to use.
func (t *translator) let(value ast.Node, use func(name func() ast.Node) ast.Node) ast.Node {
	name := "t" + strconv.Itoa(t.lets)
	t.lets++
	return &ast.VariableDeclaratorNode{Name: name, Value: value, Expr: use(func() ast.Node { return &ast.IdentifierNode{Value: name} })}
}

// test makes a condition of a tree: null counts as false.
func (t *translator) test(tree ast.Node) ast.Node {
	return t.callNamed("test", func(args ...any) (any, error) { return args[1] == true, nil }, tree)
}

// connective writes && and || with three values: the right side is only looked at when the left one does not decide.
func (t *translator) connective(n *node) ast.Node {
	decides := n.op.is == isOr
	name := "decidesAnd"
	if decides {
		name = "decidesOr"
	}
	return t.let(t.operand(n.args[0]), func(left func() ast.Node) ast.Node {
		return &ast.ConditionalNode{
			Cond: t.callNamed(name, func(args ...any) (any, error) { return args[1] == decides, nil }, left()),
			Exp1: &ast.BoolNode{Value: decides},
			Exp2: t.callNamed("with"+name, func(args ...any) (any, error) {
				if args[2] == nil || args[2] == decides || args[1] != nil {
					return args[2], nil
				}
				return nil, nil
			}, left(), t.operand(n.args[1])),
		}
	})
}
