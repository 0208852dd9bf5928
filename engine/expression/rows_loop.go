package expression

import (
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// ticked counts each evaluation of a predicate's body.
func (t *translator) ticked(body ast.Node) ast.Node {
	return t.callNamed("tick", func(args ...any) (any, error) { return args[1], args[0].(*rowRun).step() }, body)
}

// tested is ticked for conditions.
func (t *translator) tested(body ast.Node) ast.Node {
	return t.callNamed("tickTest", func(args ...any) (any, error) { return args[1] == true, args[0].(*rowRun).step() }, body)
}

// loop writes a function with a predicate. A null list makes it null.
func (t *translator) loop(n *node) ast.Node {
	list := t.operand(n.args[0])
	return t.let(list, func(name func() ast.Node) ast.Node {
		return &ast.ConditionalNode{
			Cond: t.callNamed("isNull", func(args ...any) (any, error) { return args[1] == nil, nil }, name()),
			Exp1: &ast.NilNode{},
			Exp2: t.over(n, t.callNamed("list", func(args ...any) (any, error) { return asList(args[1]) }, name())),
		}
	})
}

func (t *translator) over(n *node, list ast.Node) ast.Node {
	t.level++
	body := t.operand(n.args[len(n.args)-1])
	t.level--
	loop := func(name string, body ast.Node, more ...ast.Node) ast.Node {
		return &ast.BuiltinNode{Name: name, Arguments: append([]ast.Node{list, &ast.PredicateNode{Node: body}}, more...)}
	}
	switch name := n.op.name; name {
	case "map":
		return loop("map", t.ticked(body))
	case "sum":
		return t.callNamed("sum"+strconv.Itoa(n.id), func(args ...any) (any, error) { return rowSum(n, args[1].([]any)) }, loop("map", t.ticked(body)))
	case "groupBy":
		return t.let(list, func(l func() ast.Node) ast.Node {
			list = l()
			return t.callNamed("groupBy", func(args ...any) (any, error) { return rowGroup(args[1].([]any), args[2].([]any)) }, l(), loop("map", t.ticked(body)))
		})
	case "sortBy":
		var order ast.Node = &ast.StringNode{Value: "asc"}
		if len(n.args) > 2 {
			order = t.operand(n.args[1])
		}
		return t.let(list, func(l func() ast.Node) ast.Node {
			list = l()
			return t.callNamed("sortBy", func(args ...any) (any, error) {
				return rowSortBy(args[1].([]any), args[2].([]any), args[3])
			}, l(), loop("map", t.ticked(body)), order)
		})
	case "reduce":
		if len(n.args) > 2 {
			return loop("reduce", t.ticked(body), t.operand(n.args[1]))
		}
		return t.let(list, func(l func() ast.Node) ast.Node {
			list = t.callNamed("notEmpty", func(args ...any) (any, error) {
				if len(args[1].([]any)) == 0 {
					return nil, rowFault{"empty-list", "reduce of an empty list has no value without a first one"}
				}
				return args[1], nil
			}, l())
			return loop("reduce", t.ticked(body))
		})
	default:
		return loop(name, t.tested(body))
	}
}
