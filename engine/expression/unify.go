package expression

import "github.com/iggy-flow/iggy-flow/schemas"

// digitsOf is how many decimal digits the whole numbers of a kind can have.
func digitsOf(k schemas.Kind) int {
	switch k {
	case schemas.Int8, schemas.Uint8:
		return 3
	case schemas.Int16, schemas.Uint16:
		return 5
	case schemas.Int32, schemas.Uint32:
		return 10
	case schemas.Uint64:
		return 20
	default:
		return 19
	}
}

const maxDigits = 38

// unify returns the type that holds the values of both t and u; ok is false when there is none.
func unify(t, u schemas.Type) (schemas.Type, bool) {
	switch {
	case isBad(t), isBad(u):
		return typeBad, true
	case t.Equal(u):
		return t, true
	case t.Kind == schemas.Null:
		return u, true
	case u.Kind == schemas.Null:
		return t, true
	case t.Kind == schemas.Unknown, u.Kind == schemas.Unknown:
		return typeUnknown, true
	case isNumeric(t) && isNumeric(u):
		return unifyNumbers(t, u)
	case t.Kind == schemas.JSON && isColumnType(u), u.Kind == schemas.JSON && isColumnType(t):
		return typeJSON, true
	case t.Kind == schemas.Timestamp && u.Kind == schemas.TimestampNS, t.Kind == schemas.TimestampNS && u.Kind == schemas.Timestamp:
		return schemas.Of(schemas.TimestampNS), true
	case t.Kind == schemas.List && u.Kind == schemas.List:
		elem, ok := unify(*t.Elem, *u.Elem)
		return schemas.ListOf(elem), ok
	case t.Kind == schemas.Map && u.Kind == schemas.Map:
		elem, ok := unify(*t.Elem, *u.Elem)
		return schemas.MapOf(elem), ok
	case t.Kind == schemas.Struct && u.Kind == schemas.Struct:
		return unifyStructs(t, u)
	default:
		return typeBad, false
	}
}

// unifyStructs joins structs of the same members.
func unifyStructs(t, u schemas.Type) (schemas.Type, bool) {
	if len(t.Fields) != len(u.Fields) {
		return typeBad, false
	}
	fields := make([]schemas.Field, len(t.Fields))
	for i, f := range t.Fields {
		g, _, ok := u.Field(f.Name)
		if !ok {
			return typeBad, false
		}
		joined, ok := unify(f.Type, g.Type)
		if !ok {
			return typeBad, false
		}
		fields[i] = schemas.Field{Name: f.Name, Type: joined, Required: f.Required && g.Required}
	}
	return schemas.StructOf(fields...), true
}

func unifyNumbers(t, u schemas.Type) (schemas.Type, bool) {
	t, u = columnType(t), columnType(u)
	switch {
	case t.Equal(u):
		return t, true
	case t.Kind == schemas.Double || u.Kind == schemas.Double:
		return typeDouble, true
	case t.Kind == schemas.Float || u.Kind == schemas.Float:
		return typeDouble, true
	case t.Kind == schemas.Decimal || u.Kind == schemas.Decimal:
		return unifyDecimals(asDecimal(t), asDecimal(u))
	case t.Kind.Signed() == u.Kind.Signed():
		return schemas.Of(max(t.Kind, u.Kind)), true // kinds of one sign are declared by width
	case t.Kind == schemas.Uint64 || u.Kind == schemas.Uint64:
		return schemas.DecimalOf(20, 0), true
	default:
		return typeInt, true
	}
}

// asDecimal is the decimal type that holds the whole numbers of t; a decimal is itself.
func asDecimal(t schemas.Type) schemas.Type {
	if t.Kind == schemas.Decimal {
		return t
	}
	return schemas.DecimalOf(digitsOf(t.Kind), 0)
}

func unifyDecimals(t, u schemas.Type) (schemas.Type, bool) {
	scale := max(t.Scale, u.Scale)
	whole := max(t.Precision-t.Scale, u.Precision-u.Scale)
	return schemas.DecimalOf(min(whole+scale, maxDigits), scale), true // what does not fit is an error of its record
}
