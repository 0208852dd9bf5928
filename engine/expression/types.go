package expression

import (
	"strings"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// Kinds that exist inside an expression only. [schemas.Kind.String] does not know them: use typeName.
const (
	kindDuration schemas.Kind = 200 + iota
	kindMonth                 // a whole number whose text is a name
	kindWeekday               // likewise
	kindZone                  // a time zone, always constant
	kindBad                   // of a subtree that has been reported: whatever follows from it is silent
)

var (
	typeBad      = schemas.Of(kindBad)
	typeUnknown  = schemas.Of(schemas.Unknown)
	typeNull     = schemas.Of(schemas.Null)
	typeBool     = schemas.Of(schemas.Bool)
	typeInt      = schemas.Of(schemas.Int64)
	typeDouble   = schemas.Of(schemas.Double)
	typeString   = schemas.Of(schemas.String)
	typeInstant  = schemas.Of(schemas.Timestamp)
	typeDuration = schemas.Of(kindDuration)
	typeJSON     = schemas.Of(schemas.JSON)
)

// typeName is how messages call t.
func typeName(t schemas.Type) string {
	switch t.Kind {
	case kindDuration:
		return "duration"
	case kindMonth:
		return "month"
	case kindWeekday:
		return "weekday"
	case kindZone:
		return "time zone"
	case kindBad:
		return "error"
	case schemas.Null:
		return "nil"
	case schemas.List:
		return "list<" + typeName(*t.Elem) + ">"
	case schemas.Map:
		return "map<string," + typeName(*t.Elem) + ">"
	case schemas.Struct:
		members := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			members[i] = f.Name + ": " + typeName(f.Type)
		}
		return "struct{" + strings.Join(members, ", ") + "}"
	default:
		return t.String()
	}
}

// described is typeName with its article: "an int64".
func described(t schemas.Type) string {
	name := typeName(t)
	switch {
	case t.Kind == schemas.Null:
		return name
	case strings.ContainsRune("aeio", rune(name[0])), name == "unknown":
		return "an " + name
	default:
		return "a " + name
	}
}

// isBad reports whether t has been reported.
func isBad(t schemas.Type) bool { return t.Kind == kindBad }

// isLoose reports whether operations on t are checked at run time or, for an unknown column, not at all.
func isLoose(t schemas.Type) bool { return t.Kind == schemas.Unknown || t.Kind == schemas.JSON }

// isInteger reports whether t is a whole number, months and weekdays included.
func isInteger(t schemas.Type) bool {
	return t.Kind.Integer() || t.Kind == kindMonth || t.Kind == kindWeekday
}

// isNumeric reports whether arithmetic is defined on t.
func isNumeric(t schemas.Type) bool {
	return isInteger(t) || t.Kind.Floating() || t.Kind == schemas.Decimal
}

// isTextual reports whether the string operators apply to t.
func isTextual(t schemas.Type) bool { return t.Kind == schemas.String }

// isNested reports whether t has parts.
func isNested(t schemas.Type) bool {
	return t.Kind == schemas.List || t.Kind == schemas.Map || t.Kind == schemas.Struct
}

// isColumnType reports whether a column can have type t, and all its parts too.
func isColumnType(t schemas.Type) bool {
	switch t.Kind {
	case schemas.List, schemas.Map:
		return isColumnType(*t.Elem)
	case schemas.Struct:
		for _, f := range t.Fields {
			if !isColumnType(f.Type) {
				return false
			}
		}
	}
	return t.Kind <= schemas.JSON || t.Kind == kindMonth || t.Kind == kindWeekday
}

// columnType is the type that a column of t has: months and weekdays are whole numbers there.
func columnType(t schemas.Type) schemas.Type {
	switch t.Kind {
	case kindMonth, kindWeekday:
		return typeInt
	case schemas.List:
		return schemas.ListOf(columnType(*t.Elem))
	case schemas.Map:
		return schemas.MapOf(columnType(*t.Elem))
	case schemas.Struct:
		fields := make([]schemas.Field, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = f
			fields[i].Type = columnType(f.Type)
		}
		return schemas.StructOf(fields...)
	default:
		return t
	}
}

// storage is how a vector holds the values of a type.
type storage uint8

const (
	inBools  storage = iota
	inInts           // signed and small unsigned integers, dates, times, instants, durations
	inUints          // uint64 alone
	inFloats         // both widths
	inDecimals
	inStrings // text, and bytes of any kind
	inAnys    // JSON and nested values that an expression made
	inArrays  // nested values of a column
)

// storageOf is where values of t are held once they have been computed.
func storageOf(t schemas.Type) storage {
	switch t.Kind {
	case schemas.Bool:
		return inBools
	case schemas.Uint64:
		return inUints
	case schemas.Float, schemas.Double:
		return inFloats
	case schemas.Decimal:
		return inDecimals
	case schemas.String, schemas.Binary, schemas.Fixed, schemas.UUID:
		return inStrings
	case schemas.JSON, schemas.List, schemas.Map, schemas.Struct, schemas.Null, schemas.Unknown, kindZone, kindBad:
		return inAnys
	default:
		return inInts
	}
}
