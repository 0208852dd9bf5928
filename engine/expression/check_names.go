package expression

import (
	"fmt"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// identifier resolves a name: a variable of let, else a column. The roots are only met here when nothing follows them.
func (c *checker) identifier(t *ast.IdentifierNode) *node {
	for i := len(c.locals) - 1; i >= 0; i-- {
		if c.locals[i].name == t.Value {
			n := c.locals[i].node
			if len(c.loops) > 0 && !n.inner && n.fails {
				// The VM computes a variable where it is declared, outside of the predicate: so may a kernel.
				return c.make(opHold, n.typ, nil, n)
			}
			return n
		}
	}
	switch t.Value {
	case "meta", "vars", "$env":
		return c.report(t, source.Diagnostic{
			Code:     "unknown-field",
			Found:    fmt.Sprintf("`%s` without a name behind it", t.Value),
			Expected: fmt.Sprintf("one of its fields, as in `%s`", map[string]string{"meta": "meta.offset", "vars": "vars.name", "$env": `$env["column"]`}[t.Value]),
		})
	}
	return c.column(t, t.Value)
}

// column reads a column.
func (c *checker) column(at ast.Node, name string) *node {
	f, index, ok := c.scope.Columns.Lookup(name)
	if !ok {
		d := unknownName("unknown-field", fmt.Sprintf("unknown field `%s`", name), "a field", name, c.scope.Columns.Names())
		if fn, ok := c.functions[name]; ok && d.Fix == "" {
			d.Fix = fmt.Sprintf("write `%s`: a function is called", fn.usage())
		}
		return c.report(at, d)
	}
	if index < 0 {
		c.open = true
	}
	return c.read(opColumn, f, c.columnAt, &c.columns)
}

// read makes the node of a field and notes that the program reads it.
func (c *checker) read(op *operation, f schemas.Field, at map[string]int, fields *[]field) *node {
	i, ok := at[f.Name]
	if !ok {
		i = len(*fields)
		at[f.Name] = i
		*fields = append(*fields, fieldOf(f))
	}
	n := c.make(op, f.Type, i)
	n.nullable = !f.Required
	return n
}

// root resolves NAME.property for the names that are roots; ok is false when base is none of them.
func (c *checker) root(t *ast.MemberNode) (n *node, ok bool) {
	base, isName := t.Node.(*ast.IdentifierNode)
	if !isName {
		return nil, false
	}
	for _, l := range c.locals {
		if l.name == base.Value {
			return nil, false
		}
	}
	if base.Value != "meta" && base.Value != "vars" && base.Value != "$env" {
		return nil, false
	}
	property, constant := t.Property.(*ast.StringNode)
	if !constant {
		return c.report(t, source.Diagnostic{
			Code:     "dynamic-field",
			Found:    fmt.Sprintf("a field of `%s` whose name is computed", base.Value),
			Expected: fmt.Sprintf("a name in quotes, as in `%s[\"name\"]`: the types are known before anything runs", base.Value),
		}), true
	}
	switch base.Value {
	case "$env":
		return c.column(t.Property, property.Value), true
	case "vars":
		return c.variable(t.Property, property.Value), true
	}
	return c.metaField(t, property.Value), true
}

func (c *checker) metaField(t *ast.MemberNode, name string) *node {
	if c.scope.Meta == nil {
		return c.report(t, source.Diagnostic{
			Code:  "unknown-field",
			Found: "`meta`, which records here do not have",
			Fix:   "use it in a processor or output behind the input",
		})
	}
	f, index, ok := c.scope.Meta.Lookup(name)
	if !ok {
		return c.report(t.Property, unknownName("unknown-field", fmt.Sprintf("unknown meta field `%s`", name), "a field of meta", name, c.scope.Meta.Names()))
	}
	if index < 0 {
		c.open = true
	}
	return c.read(opMeta, f, c.metaAt, &c.meta)
}

// variable is the value of a parameter of the document.
func (c *checker) variable(at ast.Node, name string) *node {
	var known []string
	for _, v := range c.scope.Vars {
		if v.Name == name {
			n := c.constantOf(v)
			return n
		}
		known = append(known, v.Name)
	}
	d := unknownName("unknown-var", fmt.Sprintf("unknown parameter `vars.%s`", name), "a parameter of the document", name, known)
	if len(known) == 0 {
		d.Fix = fmt.Sprintf("declare it: `vars: {%s: {type: string}}`", name)
	}
	return c.report(at, d)
}

// constantOf is a parameter as a constant, of the kind that expressions compute with.
func (c *checker) constantOf(v dsl.Var) *node {
	value, ok := rowValue(v.Value, v.Type)
	if !ok {
		return c.constant(v.Type, nil)
	}
	return c.constant(v.Type, value)
}

// rowValue turns the value of a parameter into a row value of its type.
func rowValue(value any, t schemas.Type) (any, bool) {
	switch x := value.(type) {
	case nil:
		return nil, false
	case bool:
		return x, true
	case int64:
		switch {
		case t.Kind == schemas.Uint64:
			return uint64(x), true
		case t.Kind.Floating():
			return float64(x), true
		case t.Kind == schemas.Decimal:
			d, err := decimalOfText(fmt.Sprint(x))
			if err != nil {
				return nil, false
			}
			d, ok := rescaled(d, int32(t.Scale))
			return d, ok
		}
		return int(x), true
	case float64:
		if t.Kind == schemas.Decimal {
			d, err := decimalOfText(formatFloat(x))
			if err != nil {
				return nil, false
			}
			d, ok := rescaled(d, int32(t.Scale))
			return d, ok
		}
		return x, true
	case time.Time:
		switch t.Kind {
		case schemas.Date:
			return civilDate(floorDiv(x.Unix(), 86400)), true
		case schemas.TimestampNS:
			return x.UTC(), true
		}
		return time.UnixMicro(x.UnixMicro()).UTC(), true
	case string:
		return textValue(x, t)
	case []any:
		elem := typeUnknown
		if t.Elem != nil {
			elem = *t.Elem
		}
		out := make([]any, len(x))
		for i, e := range x {
			v, ok := rowValue(e, elem)
			if !ok && e != nil {
				return nil, false
			}
			out[i] = v
		}
		return out, true
	}
	return nil, false
}
