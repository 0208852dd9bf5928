package expression

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// function is one row of the function table.
type function struct {
	name   string
	params []param
	doc    string
	fixed  schemas.Type // the result's type where it does not depend on the operands
	loop   bool         // takes a predicate: checked by loop

	// build makes the node of a call whose operands have passed the table.
	build func(c *checker, call *call) *node
}

// param is one operand of a function.
type param struct {
	name     string
	takes    class
	optional bool
	many     bool // the last one, any number of times
}

// call is a call under way.
type call struct {
	tree  ast.Node
	name  string
	trees []ast.Node
	args  []*node
}

// class is a set of types.
type class uint8

const (
	aText class = iota
	aWhole
	aNumber
	aList
	aMap
	aListOrMap
	anInstant
	aDuration
	aZone
	anything
)

var classNames = [...]string{
	aText: "a string", aWhole: "a whole number", aNumber: "a number", aList: "a list", aMap: "a map",
	aListOrMap: "a string, list or map", anInstant: "a timestamp", aDuration: "a duration", aZone: "a time zone, as in `timezone(\"Europe/Berlin\")`",
	anything: "a value",
}

// has reports whether t is in the class. A JSON value may be a list, a map or a text; that is seen at run time.
func (k class) has(t schemas.Type) bool {
	switch k {
	case aText:
		return t.Kind == schemas.String || t.Kind == schemas.JSON
	case aWhole:
		return isInteger(t)
	case aNumber:
		return isNumeric(t)
	case aList:
		return t.Kind == schemas.List || t.Kind == schemas.JSON
	case aMap:
		return t.Kind == schemas.Map || t.Kind == schemas.Struct || t.Kind == schemas.JSON
	case aListOrMap:
		return isNested(t) || t.Kind == schemas.String || t.Kind == schemas.JSON
	case anInstant:
		return t.Kind.Instant()
	case aDuration:
		return t.Kind == kindDuration
	case aZone:
		return t.Kind == kindZone
	default:
		return true
	}
}

// usage is how the function is written: `replace(s, old, new)`.
func (f *function) usage() string {
	var names []string
	for _, p := range f.params {
		switch {
		case p.many:
			names = append(names, p.name+"...")
		case !p.optional:
			names = append(names, p.name)
		}
	}
	return f.name + "(" + strings.Join(names, ", ") + ")"
}

// call checks f(...) of our own functions and x.Method(...).
func (c *checker) call(t *ast.CallNode) *node {
	if m, ok := t.Callee.(*ast.MemberNode); ok {
		return c.method(t, m)
	}
	name, ok := t.Callee.(*ast.IdentifierNode)
	if !ok {
		return c.report(t, source.Diagnostic{Code: "unknown-function", Found: "a call of `" + c.text(t.Callee) + "`, which is no function"})
	}
	return c.function(t, t.Callee, name.Value, t.Arguments)
}

// builtin checks f(...) of expr's functions.
func (c *checker) builtin(t *ast.BuiltinNode) *node { return c.function(t, t, t.Name, t.Arguments) }

func (c *checker) function(tree, at ast.Node, name string, trees []ast.Node) *node {
	f, ok := c.functions[name]
	if !ok {
		known := slices.Sorted(maps.Keys(c.functions))
		d := unknownName("unknown-function", "unknown function `"+name+"`", "", name, known)
		d.Expected = ""
		if other, ok := synonyms[strings.ToLower(name)]; ok {
			d.Fix = "write `" + other + "`"
		}
		if _, _, column := c.scope.Columns.Lookup(name); column && d.Fix == "" {
			d.Fix = "write `" + name + "` without parentheses: it is a column"
		}
		d.Range = c.rangeOf(at.Location())
		for _, a := range trees {
			c.check(a)
		}
		return c.report(at, d)
	}
	if f.loop {
		return c.loop(tree, f, trees)
	}
	k := &call{tree: tree, name: name, trees: trees, args: make([]*node, len(trees))}
	for i, a := range trees {
		k.args[i] = c.check(a)
	}
	if anyBad(k.args...) || !c.arity(k, f) || !c.operandTypes(k, f) {
		return c.badNode()
	}
	if anyUnknown(k.args...) {
		return c.unknown(f.fixed, k.args...)
	}
	return f.build(c, k)
}

// arity reports a call with too few or too many operands.
func (c *checker) arity(k *call, f *function) bool {
	least, most := 0, len(f.params)
	for _, p := range f.params {
		if !p.optional {
			least++
		}
		if p.many {
			most = len(k.args)
		}
	}
	if len(k.args) >= least && len(k.args) <= most {
		return true
	}
	c.report(k.tree, source.Diagnostic{
		Code:     "wrong-arguments",
		Found:    fmt.Sprintf("`%s` with %s", f.name, counted(len(k.args), "operand")),
		Expected: "`" + f.usage() + "`: " + f.doc,
	})
	return false
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// operandTypes reports operands of types that the function does not take.
func (c *checker) operandTypes(k *call, f *function) bool {
	ok := true
	for i, a := range k.args {
		p := f.params[min(i, len(f.params)-1)]
		if a.typ.Kind == schemas.Unknown || a.typ.Kind == schemas.Null || p.takes.has(a.typ) {
			continue
		}
		ok = false
		c.wrongOperand(k, i, classNames[p.takes])
	}
	return ok
}

// wrongOperand reports operand i of a call.
func (c *checker) wrongOperand(k *call, i int, expected string) *node {
	a, tree := k.args[i], k.trees[i]
	d := source.Diagnostic{
		Found:    fmt.Sprintf("%s, which `%s` does not take", c.subject(tree, a), k.name),
		Expected: expected,
	}
	text := c.text(tree)
	switch {
	case expected == classNames[aText] && !isNested(a.typ) && a.typ.Kind != schemas.Binary && a.typ.Kind != schemas.Fixed:
		d.Fix = "write `string(" + text + ")`"
	case expected == classNames[aText] && a.typ.Kind == schemas.Binary:
		d.Fix = "write `utf8(" + text + ")` if the bytes are text"
	case expected == classNames[aWhole] && (isNumeric(a.typ) || a.typ.Kind == schemas.String || a.typ.Kind == schemas.JSON):
		d.Fix = "write `int(" + text + ")`"
	case expected == classNames[aNumber] && (a.typ.Kind == schemas.String || a.typ.Kind == schemas.JSON):
		d.Fix = "write `float(" + text + ")`"
	case expected == classNames[anInstant] && a.typ.Kind == schemas.String:
		d.Fix = "write `date(" + text + ")`"
	case expected == classNames[aDuration] && a.typ.Kind == schemas.String:
		d.Fix = "write `duration(" + text + ")`"
	}
	return c.report(tree, d)
}

// anyNil reports whether an operand is the literal nil, and gives the null that the call then is.
func (c *checker) anyNil(k *call, t schemas.Type) (*node, bool) {
	for _, a := range k.args {
		if a.typ.Kind == schemas.Null {
			return c.constant(t, nil), true
		}
	}
	return nil, false
}

// simple builds a call of one operation with a result of one type. Texts inside JSON values are taken out.
func simple(op *operation, t schemas.Type) func(*checker, *call) *node {
	return func(c *checker, k *call) *node {
		if n, ok := c.anyNil(k, t); ok {
			return n
		}
		args := slices.Clone(k.args)
		for i, a := range args {
			if a.typ.Kind == schemas.JSON && op.text {
				args[i] = c.textOf(a)
			}
		}
		return c.apply(op, t, nil, args...)
	}
}
