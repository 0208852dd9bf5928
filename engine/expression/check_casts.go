package expression

import "github.com/iggy-flow/iggy-flow/schemas"

func buildInt(c *checker, k *call) *node {
	a := k.args[0]
	switch {
	case a.isNil():
		return c.constant(typeInt, nil)
	case a.typ.Kind == schemas.JSON:
		return c.apply(opIntRows, typeInt, nil, a)
	case isNumeric(a.typ) || a.typ.Kind == schemas.String || a.typ.Kind == kindDuration:
		if storageOf(a.typ) == inInts {
			return c.convert(a, typeInt)
		}
		return c.apply(opInt, typeInt, nil, a)
	}
	n := c.wrongOperand(k, 0, "a number, or a string of digits")
	c.castFix(k)
	return n
}

func buildFloat(c *checker, k *call) *node {
	a := k.args[0]
	switch {
	case a.isNil():
		return c.constant(typeDouble, nil)
	case a.typ.Kind == schemas.JSON:
		return c.apply(opFloatRows, typeDouble, nil, a)
	case isInteger(a.typ), a.typ.Kind.Floating():
		return c.convert(a, typeDouble)
	case a.typ.Kind == schemas.Decimal || a.typ.Kind == schemas.String:
		return c.apply(opFloat, typeDouble, nil, a)
	}
	n := c.wrongOperand(k, 0, "a number, or a string of digits")
	c.castFix(k)
	return n
}

// castFix adds to the finding just made how a value of another kind becomes a number.
func (c *checker) castFix(k *call) {
	d, text := &c.ds[len(c.ds)-1], c.operand(k.trees[0])
	switch t := k.args[0].typ; {
	case t.Kind == schemas.Bool:
		d.Fix = "write `" + text + " ? 1 : 0`"
	case t.Kind.Instant():
		d.Fix = "write `" + text + ".Unix()`"
	case t.Kind == kindDuration:
		d.Fix = "write `" + text + ".Seconds()`"
	case isNested(t) && t.Kind != schemas.Struct:
		d.Fix = "write `len(" + text + ")` for how many elements it has"
	}
}

func buildString(c *checker, k *call) *node {
	a := k.args[0]
	switch {
	case a.isNil():
		return c.constant(typeString, nil)
	case a.typ.Kind == schemas.String:
		return a
	case a.typ.Kind == schemas.Binary || a.typ.Kind == schemas.Fixed:
		n := c.wrongOperand(k, 0, "a value that has a text; bytes have none")
		c.ds[len(c.ds)-1].Fix = "write `utf8(" + c.text(k.trees[0]) + ")` if the bytes are text"
		return n
	case a.typ.Kind == schemas.JSON || isNested(a.typ):
		return c.apply(opStringRows, typeString, nil, a)
	}
	return c.apply(opString, typeString, nil, a)
}

func buildUTF8(c *checker, k *call) *node {
	a := k.args[0]
	switch {
	case a.isNil():
		return c.constant(typeString, nil)
	case a.typ.Kind == schemas.String:
		return a
	case a.typ.Kind == schemas.Binary || a.typ.Kind == schemas.Fixed:
		return c.apply(opUTF8, typeString, nil, a)
	}
	return c.wrongOperand(k, 0, "binary")
}

// buildType is a constant, since types are known, but for JSON values and nulls.
func buildType(c *checker, k *call) *node {
	a := k.args[0]
	if a.isConst() && !isBad(a.typ) {
		return c.constant(typeString, typeText(a.value))
	}
	return c.apply(opType, typeString, nil, a)
}
