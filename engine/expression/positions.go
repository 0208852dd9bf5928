package expression

import (
	"reflect"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// at is the place of a whole subtree in the document.
func (c *checker) at(tree ast.Node) source.Range { return c.rangeOf(c.balanced(tree)) }

func (c *checker) rangeOf(l file.Location) source.Range { return c.expr.At(l.From, l.To) }

// text is the source of a subtree, shortened for messages.
func (c *checker) text(tree ast.Node) string {
	l := c.balanced(tree)
	from, to := min(max(l.From, 0), len(c.runes)), min(max(l.To, 0), len(c.runes))
	if from >= to {
		return "..."
	}
	return shorten(strings.Join(strings.Fields(string(c.runes[from:to])), " "))
}

// balanced is the span of a tree with the parentheses around its parts, so that what is quoted can be read alone.
func (c *checker) balanced(tree ast.Node) file.Location {
	l := c.span(tree)
	if l.From < 0 || l.To > len(c.runes) || l.To-l.From > maxBalanced {
		return l
	}
	opens, closes := 0, 0 // parentheses without their partner
	var quote rune
	for i := l.From; i < l.To; i++ {
		switch r := c.runes[i]; {
		case quote != 0:
			if r == '\\' && quote != '`' {
				i++
			} else if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case r == '(':
			opens++
		case r == ')' && opens > 0:
			opens--
		case r == ')':
			closes++
		}
	}
	for at := l.From - 1; at >= 0 && closes > 0 && strings.ContainsRune("( \t\n", c.runes[at]); at-- {
		if c.runes[at] == '(' {
			l.From, closes = at, closes-1
		}
	}
	for at := l.To; at < len(c.runes) && opens > 0 && strings.ContainsRune(") \t\n", c.runes[at]); at++ {
		if c.runes[at] == ')' {
			l.To, opens = at+1, opens-1
		}
	}
	return l
}

// maxBalanced bounds the search for parentheses.
const maxBalanced = 4096

const maxQuoted = 60

func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxQuoted {
		return string(runes[:maxQuoted-1]) + "…"
	}
	return text
}

// span returns the runes that a subtree covers: the parser locates an operator at its sign and a call at its name.
func (c *checker) span(tree ast.Node) file.Location {
	if l, ok := c.spans[tree]; ok {
		return l
	}
	l := tree.Location()
	switch tree.(type) {
	case *ast.ConditionalNode: // located at whatever follows it
		l = file.Location{}
	}
	for _, child := range children(tree) {
		if s := c.span(child); s.To > s.From {
			if l.To <= l.From {
				l = s
			}
			l.From, l.To = min(l.From, s.From), max(l.To, s.To)
		}
	}
	switch t := tree.(type) {
	case *ast.CallNode:
		l.To = c.closing(l, len(t.Arguments) == 0, '(', ')')
	case *ast.BuiltinNode:
		l.To = c.closing(l, len(t.Arguments) == 0, '(', ')')
	case *ast.ArrayNode:
		l.To = c.closing(l, false, '[', ']')
	case *ast.MapNode:
		l.To = c.closing(l, false, '{', '}')
	case *ast.SliceNode:
		l.To = c.closing(l, false, '[', ']')
	case *ast.MemberNode:
		if _, field := t.Property.(*ast.StringNode); !field || tree.Location() != t.Property.Location() {
			l.To = c.closing(l, false, '[', ']')
		}
	}
	c.spans[tree] = l
	return l
}

// closing extends a span over the bracket that ends it, when nothing but blanks and commas stand between.
func (c *checker) closing(l file.Location, open bool, opens, closes rune) int {
	at := l.To
	for ; at < len(c.runes); at++ {
		switch r := c.runes[at]; {
		case r == closes:
			return at + 1
		case r == opens && open:
			open = false
		case r != ' ' && r != '\t' && r != '\n' && r != ',':
			return l.To
		}
	}
	return l.To
}

// children lists the parts of a syntax tree.
func children(tree ast.Node) (parts []ast.Node) {
	add := func(nodes ...ast.Node) {
		for _, n := range nodes {
			if n != nil && !reflect.ValueOf(n).IsNil() {
				parts = append(parts, n)
			}
		}
	}
	switch t := tree.(type) {
	case *ast.UnaryNode:
		add(t.Node)
	case *ast.BinaryNode:
		add(t.Left, t.Right)
	case *ast.ChainNode:
		add(t.Node)
	case *ast.MemberNode:
		add(t.Node, t.Property)
	case *ast.SliceNode:
		add(t.Node, t.From, t.To)
	case *ast.CallNode:
		add(t.Callee)
		add(t.Arguments...)
	case *ast.BuiltinNode:
		add(t.Arguments...)
	case *ast.PredicateNode:
		add(t.Node)
	case *ast.ConditionalNode:
		add(t.Cond, t.Exp1, t.Exp2)
	case *ast.VariableDeclaratorNode:
		add(t.Value, t.Expr)
	case *ast.SequenceNode:
		add(t.Nodes...)
	case *ast.ArrayNode:
		add(t.Nodes...)
	case *ast.MapNode:
		add(t.Pairs...)
	case *ast.PairNode:
		add(t.Key, t.Value)
	}
	return parts
}
