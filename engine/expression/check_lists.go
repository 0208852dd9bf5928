package expression

import (
	"slices"

	"github.com/iggy-flow/iggy-flow/schemas"
)

func elemOf(t schemas.Type) schemas.Type {
	if t.Elem != nil {
		return *t.Elem
	}
	return typeJSON
}

func buildElement(op *operation) func(*checker, *call) *node {
	return func(c *checker, k *call) *node {
		if k.args[0].isNil() {
			return k.args[0]
		}
		return c.apply(op, elemOf(k.args[0].typ), nil, k.args...)
	}
}

// buildSame builds a function whose result is of the type of its list.
func buildSame(op *operation) func(*checker, *call) *node {
	return func(c *checker, k *call) *node {
		if n, ok := c.anyNil(k, k.args[0].typ); ok {
			return n
		}
		return c.apply(op, k.args[0].typ, nil, k.args...)
	}
}

func buildGet(c *checker, k *call) *node {
	base, key := k.args[0], k.args[1]
	if base.isNil() {
		return base
	}
	t := typeJSON
	switch {
	case base.typ.Kind == schemas.List && (isInteger(key.typ) || isLoose(key.typ)), base.typ.Kind == schemas.Map && (isTextual(key.typ) || isLoose(key.typ)):
		t = *base.typ.Elem
	case base.typ.Kind == schemas.JSON:
	case base.typ.Kind == schemas.Struct && key.isConst() && isTextual(key.typ):
		f, at, ok := base.typ.Field(key.value.(string))
		if !ok {
			return c.constant(typeNull, nil)
		}
		n := c.apply(opMember, f.Type, at, base)
		n.nullable = true
		return n
	case isNested(base.typ):
		return c.wrongOperand(k, 1, map[schemas.Kind]string{schemas.List: "an index", schemas.Map: "a string", schemas.Struct: "a name in quotes"}[base.typ.Kind])
	default:
		return c.wrongOperand(k, 0, "a list or a map")
	}
	if key.isNil() {
		return c.constant(t, nil)
	}
	return c.apply(opGet, t, nil, base, key)
}

func buildListConcat(c *checker, k *call) *node {
	typ := typeNull
	for i, a := range k.args {
		if a.isNil() {
			return c.wrongOperand(k, i, classNames[aList])
		}
		if a.typ.Kind == schemas.JSON {
			typ = typeJSON
			continue
		}
		joined, ok := unify(typ, *a.typ.Elem)
		if !ok {
			joined = typeJSON
		}
		typ = joined
	}
	args := slices.Clone(k.args)
	for i, a := range args {
		args[i] = c.convert(a, schemas.ListOf(typ))
	}
	return c.apply(opListConcat, schemas.ListOf(typ), nil, k.args...)
}

func buildFlatten(c *checker, k *call) *node {
	a := k.args[0]
	if a.isNil() {
		return a
	}
	t := a.typ
	for t.Kind == schemas.List {
		t = *t.Elem
	}
	return c.apply(opFlatten, schemas.ListOf(t), nil, a)
}

func buildValues(c *checker, k *call) *node {
	a := k.args[0]
	if a.isNil() {
		return a
	}
	t := typeJSON
	switch a.typ.Kind {
	case schemas.Map:
		t = *a.typ.Elem
	case schemas.Struct:
		t = typeNull
		for _, f := range a.typ.Fields {
			joined, ok := unify(t, f.Type)
			if !ok {
				joined = typeJSON
			}
			t = joined
		}
	}
	return c.apply(opValues, schemas.ListOf(t), nil, a)
}
