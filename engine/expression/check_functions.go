package expression

import (
	"fmt"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func buildLen(c *checker, k *call) *node {
	a := k.args[0]
	switch {
	case a.isNil():
		return c.constant(typeInt, nil)
	case a.typ.Kind == schemas.String:
		return c.apply(opLenText, typeInt, nil, a)
	case a.typ.Kind == schemas.List || a.typ.Kind == schemas.Map:
		return c.apply(opLen, typeInt, nil, a)
	}
	return c.apply(opLenRows, typeInt, nil, a)
}

func buildJoin(c *checker, k *call) *node {
	if n, ok := c.anyNil(k, typeString); ok {
		return n
	}
	if t := k.args[0].typ; t.Kind == schemas.List && t.Elem.Kind != schemas.String && !isLoose(*t.Elem) && t.Elem.Kind != schemas.Null {
		return c.report(k.trees[0], source.Diagnostic{
			Found:    c.subject(k.trees[0], k.args[0]) + ", which `join` does not take",
			Expected: "a list of strings",
			Fix:      fmt.Sprintf("write `join(map(%s, string(#)), ...)`", c.text(k.trees[0])),
		})
	}
	return c.apply(opJoin, typeString, nil, k.args...)
}

func buildAbs(c *checker, k *call) *node {
	a := k.args[0]
	switch {
	case a.isNil():
		return a
	case a.typ.Kind == schemas.Uint64:
		return a
	case isInteger(a.typ):
		return c.apply(opAbsInt, typeInt, nil, a)
	case a.typ.Kind == schemas.Decimal:
		return c.apply(opAbsDecimal, a.typ, nil, a)
	}
	return c.apply(opAbsFloat, a.typ, nil, a)
}

func buildRound(op *operation) func(*checker, *call) *node {
	return func(c *checker, k *call) *node {
		a := k.args[0]
		switch {
		case a.isNil():
			return c.constant(typeDouble, nil)
		case a.typ.Kind == schemas.Decimal:
			return c.report(k.trees[0], source.Diagnostic{
				Found:    c.subject(k.trees[0], a) + ", which `" + k.name + "` would turn into a double",
				Expected: "an int or a double",
				Fix:      fmt.Sprintf("write `%s(float(%s))`", k.name, c.text(k.trees[0])),
			})
		case isInteger(a.typ):
			return c.convert(a, typeDouble)
		}
		return c.apply(op, typeDouble, nil, a)
	}
}

// buildLeast builds min and max: of numbers, or with lists among the operands by the VM.
func buildLeast(op, rows *operation) func(*checker, *call) *node {
	return func(c *checker, k *call) *node {
		typ := typeNull
		loose := false
		for i, a := range k.args {
			t := a.typ
			for t.Kind == schemas.List {
				t, loose = *t.Elem, true
			}
			loose = loose || t.Kind == schemas.JSON
			if !isNumeric(t) && t.Kind != schemas.Null && t.Kind != schemas.JSON {
				return c.wrongOperand(k, i, "a number or a list of numbers")
			}
			joined, _ := unify(typ, t)
			typ = joined
		}
		typ = columnType(typ)
		if typ.Kind == schemas.Null {
			return c.constant(typeNull, nil)
		}
		if loose {
			n := c.apply(rows, typ, nil, k.args...)
			n.nullable = true
			return n
		}
		args := make([]*node, len(k.args))
		for i, a := range k.args {
			args[i] = c.convert(c.narrow(a, typ), typ)
		}
		if len(args) == 1 {
			return args[0]
		}
		return c.apply(op, typ, nil, args...)
	}
}

// buildBits builds the functions on the bits of whole numbers.
func buildBits(name string) func(*checker, *call) *node {
	return func(c *checker, k *call) *node {
		if n, ok := c.anyNil(k, typeInt); ok {
			return n
		}
		args := make([]*node, len(k.args))
		for i, a := range k.args {
			args[i] = a
			if a.typ.Kind == schemas.Uint64 {
				args[i] = c.apply(opBitsOf, typeInt, nil, a)
			}
		}
		return c.apply(opBits, typeInt, name, args...)
	}
}
