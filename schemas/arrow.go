package schemas

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

// Arrow returns the Arrow type that carries values of t: a uuid is a fixed_size_binary(16), json is a string, a float is
// a float32, timestamps are in microseconds (timestamp_ns in nanoseconds), UTC but for local_timestamp. An Unknown or
// Null type is arrow.Null.
func (t Type) Arrow() arrow.DataType {
	switch t.Kind {
	case Decimal:
		return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
	case Fixed:
		return &arrow.FixedSizeBinaryType{ByteWidth: t.Size}
	case List:
		return arrow.ListOf(t.Elem.Arrow())
	case Map:
		return arrow.MapOf(arrow.BinaryTypes.String, t.Elem.Arrow())
	case Struct:
		fields := make([]arrow.Field, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = f.Arrow()
		}
		return arrow.StructOf(fields...)
	default:
		return plain[t.Kind]
	}
}

var plain = [...]arrow.DataType{
	Unknown: arrow.Null, Null: arrow.Null, Bool: arrow.FixedWidthTypes.Boolean,
	Int8: arrow.PrimitiveTypes.Int8, Int16: arrow.PrimitiveTypes.Int16, Int32: arrow.PrimitiveTypes.Int32, Int64: arrow.PrimitiveTypes.Int64,
	Uint8: arrow.PrimitiveTypes.Uint8, Uint16: arrow.PrimitiveTypes.Uint16, Uint32: arrow.PrimitiveTypes.Uint32, Uint64: arrow.PrimitiveTypes.Uint64,
	Float: arrow.PrimitiveTypes.Float32, Double: arrow.PrimitiveTypes.Float64,
	String: arrow.BinaryTypes.String, Binary: arrow.BinaryTypes.Binary,
	Date: arrow.FixedWidthTypes.Date32, Time: arrow.FixedWidthTypes.Time64us,
	Timestamp: arrow.FixedWidthTypes.Timestamp_us, TimestampNS: arrow.FixedWidthTypes.Timestamp_ns,
	LocalTimestamp: &arrow.TimestampType{Unit: arrow.Microsecond},
	UUID:           &arrow.FixedSizeBinaryType{ByteWidth: 16},
	JSON:           arrow.BinaryTypes.String,
}

// Arrow returns the Arrow field of f. Every field is nullable in Arrow: that a required one has no nulls is checked
// where records enter and leave, and a batch of rows that are not yet checked must be able to exist.
func (f Field) Arrow() arrow.Field {
	return arrow.Field{Name: f.Name, Type: f.Type.Arrow(), Nullable: true}
}

// Arrow returns the Arrow schema of s.
func (s *Schema) Arrow() *arrow.Schema {
	fields := make([]arrow.Field, len(s.fields))
	for i, f := range s.fields {
		fields[i] = f.Arrow()
	}
	return arrow.NewSchema(fields, nil)
}

// FromArrow returns the schema whose Arrow schema carries the values of a; types that Arrow has and documents lack are an
// error that names the column.
func FromArrow(a *arrow.Schema) (*Schema, error) {
	fields := make([]Field, a.NumFields())
	for i, f := range a.Fields() {
		t, err := typeFromArrow(f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		fields[i] = Field{Name: f.Name, Type: t, Required: !f.Nullable}
	}
	return New(fields...), nil
}

func typeFromArrow(dt arrow.DataType) (Type, error) {
	switch dt := dt.(type) {
	case *arrow.Decimal128Type:
		return DecimalOf(int(dt.Precision), int(dt.Scale)), nil
	case *arrow.FixedSizeBinaryType:
		return Type{Kind: Fixed, Size: dt.ByteWidth}, nil
	case *arrow.TimestampType:
		switch {
		case dt.Unit == arrow.Nanosecond && dt.TimeZone != "":
			return Of(TimestampNS), nil
		case dt.Unit == arrow.Microsecond && dt.TimeZone == "":
			return Of(LocalTimestamp), nil
		case dt.Unit == arrow.Microsecond:
			return Of(Timestamp), nil
		}
	case *arrow.MapType:
		elem, err := typeFromArrow(dt.ItemType())
		if err != nil || dt.KeyType().ID() != arrow.STRING {
			return Type{}, fmt.Errorf("no type for Arrow's %s", dt)
		}
		return MapOf(elem), nil
	case *arrow.ListType:
		elem, err := typeFromArrow(dt.Elem())
		return ListOf(elem), err
	case *arrow.StructType:
		inner, err := FromArrow(arrow.NewSchema(dt.Fields(), nil))
		if err != nil {
			return Type{}, err
		}
		return StructOf(inner.fields...), nil
	default:
		for k := Bool; int(k) < len(plain); k++ {
			if plain[k] != nil && arrow.TypeEqual(plain[k], dt) {
				return Of(k), nil
			}
		}
	}
	return Type{}, fmt.Errorf("no type for Arrow's %s", dt)
}
