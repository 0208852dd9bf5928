package schemas

import (
	"slices"
	"strconv"
	"strings"
)

// Kind is the outermost constructor of a type.
type Kind uint8

// The kinds. Unknown is the type of a column that nobody has described or sampled: lint knows nothing of it, and no
// batch ever carries it. Null is the type of the literal nil.
const (
	Unknown Kind = iota
	Null
	Bool
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Float  // 32 bits
	Double // 64 bits
	Decimal
	String
	Binary
	Fixed
	Date           // days since 1970-01-01
	Time           // microseconds since midnight
	Timestamp      // microseconds since 1970-01-01 UTC
	TimestampNS    // nanoseconds since 1970-01-01 UTC
	LocalTimestamp // microseconds since 1970-01-01, without a zone
	UUID           // 16 bytes
	List
	Map // keys are strings
	Struct
	JSON // any JSON value, kept as its text
)

var kindNames = [...]string{
	Unknown: "unknown", Null: "null", Bool: "bool",
	Int8: "int8", Int16: "int16", Int32: "int32", Int64: "int64",
	Uint8: "uint8", Uint16: "uint16", Uint32: "uint32", Uint64: "uint64",
	Float: "float", Double: "double", Decimal: "decimal", String: "string", Binary: "binary", Fixed: "fixed",
	Date: "date", Time: "time", Timestamp: "timestamp", TimestampNS: "timestamp_ns", LocalTimestamp: "local_timestamp",
	UUID: "uuid", List: "list", Map: "map", Struct: "struct", JSON: "json",
}

// String is the kind's name in documents.
func (k Kind) String() string { return kindNames[k] }

// Signed reports whether k is one of int8 to int64.
func (k Kind) Signed() bool { return k >= Int8 && k <= Int64 }

// Unsigned reports whether k is one of uint8 to uint64.
func (k Kind) Unsigned() bool { return k >= Uint8 && k <= Uint64 }

// Integer reports whether k is a whole number of either sign.
func (k Kind) Integer() bool { return k >= Int8 && k <= Uint64 }

// Floating reports whether k is float or double.
func (k Kind) Floating() bool { return k == Float || k == Double }

// Numeric reports whether arithmetic is defined on k.
func (k Kind) Numeric() bool { return k >= Int8 && k <= Decimal }

// Instant reports whether k is a point in time: timestamp, timestamp_ns or local_timestamp.
func (k Kind) Instant() bool { return k >= Timestamp && k <= LocalTimestamp }

// Type is the type of a column or of a part of one. It is a value: compare with Equal, never modify a shared one.
type Type struct {
	Kind      Kind
	Precision int     // of decimal: total digits, 1 to 38
	Scale     int     // of decimal: digits behind the point, 0 to Precision
	Size      int     // of fixed: bytes
	Elem      *Type   // of list and map: the element or value
	Fields    []Field // of struct, in order
}

// Of returns the type of a kind that takes no parameters.
func Of(k Kind) Type { return Type{Kind: k} }

// ListOf returns list<elem>.
func ListOf(elem Type) Type { return Type{Kind: List, Elem: &elem} }

// MapOf returns map<string,value>.
func MapOf(value Type) Type { return Type{Kind: Map, Elem: &value} }

// StructOf returns struct{fields}.
func StructOf(fields ...Field) Type { return Type{Kind: Struct, Fields: fields} }

// DecimalOf returns decimal(precision,scale).
func DecimalOf(precision, scale int) Type {
	return Type{Kind: Decimal, Precision: precision, Scale: scale}
}

// Field returns the member of a struct type and its index; ok is false when there is none.
func (t Type) Field(name string) (f Field, index int, ok bool) {
	for i, f := range t.Fields {
		if f.Name == name {
			return f, i, true
		}
	}
	return Field{}, -1, false
}

// Equal reports whether t and u are the same type, member names, order and required flags included.
func (t Type) Equal(u Type) bool {
	if t.Kind != u.Kind || t.Precision != u.Precision || t.Scale != u.Scale || t.Size != u.Size {
		return false
	}
	if (t.Elem == nil) != (u.Elem == nil) || t.Elem != nil && !t.Elem.Equal(*u.Elem) {
		return false
	}
	return slices.EqualFunc(t.Fields, u.Fields, Field.Equal)
}

// String writes t as documents do; ParseType reads it back.
func (t Type) String() string {
	switch t.Kind {
	case Decimal:
		return "decimal(" + strconv.Itoa(t.Precision) + "," + strconv.Itoa(t.Scale) + ")"
	case Fixed:
		return "fixed(" + strconv.Itoa(t.Size) + ")"
	case List:
		return "list<" + t.Elem.String() + ">"
	case Map:
		return "map<string," + t.Elem.String() + ">"
	case Struct:
		var b strings.Builder
		b.WriteString("struct{")
		for i, f := range t.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quoteName(f.Name) + ": " + f.Type.String())
			if f.Required {
				b.WriteString(" required")
			}
		}
		return b.String() + "}"
	default:
		return t.Kind.String()
	}
}

// quoteName quotes a member name that is no plain word, so that a struct type reads back.
func quoteName(name string) string {
	for i, r := range name {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && r >= '0' && r <= '9' {
			continue
		}
		return strconv.Quote(name)
	}
	if name == "" {
		return `""`
	}
	return name
}
