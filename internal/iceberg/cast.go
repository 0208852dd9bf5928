package iceberg

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	ice "github.com/apache/iceberg-go"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// cast converts a leaf array to type t; values that do not fit are faults. It borrows a and returns owned.
type cast func(mem memory.Allocator, a arrow.Array, t arrow.DataType, wrong *faults) (arrow.Array, error)

// castTo returns how values of type from become values of a table's type: unchanged when the cast is nil. Only what keeps
// every value is offered, with two exceptions: a value beyond the range of the table's type is a fault of its row, and a
// timestamp's digits beyond the table's unit are cut.
func castTo(from schemas.Type, to ice.Type, name string) (c cast, ok bool) {
	switch t := to.(type) {
	case ice.BooleanType:
		return nil, from.Kind == schemas.Bool
	case ice.Int32Type:
		return toInt32(from.Kind)
	case ice.Int64Type:
		return toInt64(from.Kind, name)
	case ice.Float32Type:
		return nil, from.Kind == schemas.Float
	case ice.Float64Type:
		if from.Kind == schemas.Float {
			return widen[float32, float64], true
		}
		return nil, from.Kind == schemas.Double
	case ice.DecimalType:
		return toDecimal(from, t, name)
	case ice.FixedType:
		return nil, from.Kind == schemas.Fixed && from.Size == t.Len()
	case ice.StringType:
		return nil, from.Kind == schemas.String || from.Kind == schemas.JSON
	case ice.BinaryType:
		return nil, from.Kind == schemas.Binary
	case ice.UUIDType:
		return nil, from.Kind == schemas.UUID
	case ice.DateType:
		return nil, from.Kind == schemas.Date
	case ice.TimeType:
		return nil, from.Kind == schemas.Time
	case ice.TimestampType:
		return nil, from.Kind == schemas.LocalTimestamp
	case ice.TimestampTzType:
		if from.Kind == schemas.TimestampNS {
			return cutToMicros, true
		}
		return nil, from.Kind == schemas.Timestamp
	case ice.TimestampTzNsType:
		if from.Kind == schemas.Timestamp {
			return microsToNanos(name), true
		}
		return nil, from.Kind == schemas.TimestampNS
	}
	return nil, false
}

func toInt32(from schemas.Kind) (cast, bool) {
	switch from {
	case schemas.Int8:
		return widen[int8, int32], true
	case schemas.Int16:
		return widen[int16, int32], true
	case schemas.Uint8:
		return widen[uint8, int32], true
	case schemas.Uint16:
		return widen[uint16, int32], true
	}
	return nil, from == schemas.Int32
}

func toInt64(from schemas.Kind, name string) (cast, bool) {
	switch from {
	case schemas.Int8:
		return widen[int8, int64], true
	case schemas.Int16:
		return widen[int16, int64], true
	case schemas.Int32:
		return widen[int32, int64], true
	case schemas.Uint8:
		return widen[uint8, int64], true
	case schemas.Uint16:
		return widen[uint16, int64], true
	case schemas.Uint32:
		return widen[uint32, int64], true
	case schemas.Uint64:
		return checked(name, "long", func(v uint64) (int64, bool) { return int64(v), v <= math.MaxInt64 }), true
	}
	return nil, from == schemas.Int64
}

// toDecimal offers whole numbers and decimals of no greater scale. Values are compared with the precision one by one:
// Arrow's decimals may hold more digits than their type says.
func toDecimal(from schemas.Type, to ice.DecimalType, name string) (cast, bool) {
	p, s := int32(to.Precision()), int32(to.Scale())
	fit := func(v decimal128.Num, scale int32) (decimal128.Num, bool) {
		out, err := v.Rescale(scale, s)
		return out, err == nil && out.FitsInPrecision(p)
	}
	signed := func(v int64) (decimal128.Num, bool) { return fit(decimal128.FromI64(v), 0) }
	unsigned := func(v uint64) (decimal128.Num, bool) { return fit(decimal128.FromU64(v), 0) }
	what := to.String()
	switch from.Kind {
	case schemas.Int8:
		return checked(name, what, func(v int8) (decimal128.Num, bool) { return signed(int64(v)) }), true
	case schemas.Int16:
		return checked(name, what, func(v int16) (decimal128.Num, bool) { return signed(int64(v)) }), true
	case schemas.Int32:
		return checked(name, what, func(v int32) (decimal128.Num, bool) { return signed(int64(v)) }), true
	case schemas.Int64:
		return checked(name, what, signed), true
	case schemas.Uint8:
		return checked(name, what, func(v uint8) (decimal128.Num, bool) { return unsigned(uint64(v)) }), true
	case schemas.Uint16:
		return checked(name, what, func(v uint16) (decimal128.Num, bool) { return unsigned(uint64(v)) }), true
	case schemas.Uint32:
		return checked(name, what, func(v uint32) (decimal128.Num, bool) { return unsigned(uint64(v)) }), true
	case schemas.Uint64:
		return checked(name, what, unsigned), true
	case schemas.Decimal:
		scale := int32(from.Scale)
		if scale > s {
			return nil, false
		}
		return checked(name, what, func(v decimal128.Num) (decimal128.Num, bool) { return fit(v, scale) }), true
	}
	return nil, false
}

// values of fixed-width arrays that a cast reads and makes.
type value interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64 | decimal128.Num
}

// slots returns the values of a fixed-width array, those of null slots included.
func slots[T value](a arrow.Array) []T {
	all := arrow.GetData[T](a.Data().Buffers()[1].Bytes())
	return all[a.Data().Offset() : a.Data().Offset()+a.Len()]
}

// mapped makes an array of type t with a's nulls by calling fill with its slots. It borrows a and returns owned.
func mapped[T value](mem memory.Allocator, a arrow.Array, t arrow.DataType, fill func([]T)) arrow.Array {
	width := t.(arrow.FixedWidthDataType).Bytes()
	buf := memory.NewResizableBuffer(mem)
	defer buf.Release()
	buf.Resize(a.Len() * width)
	if a.Len() > 0 {
		fill(arrow.GetData[T](buf.Bytes()))
	}
	valid := validity(mem, a)
	defer releaseBuffer(valid)
	return assemble(t, a.Len(), a.NullN(), []*memory.Buffer{valid, buf}, nil)
}

func widen[S, T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | float32 | float64](
	mem memory.Allocator, a arrow.Array, t arrow.DataType, _ *faults,
) (arrow.Array, error) {
	return mapped(mem, a, t, func(out []T) {
		for i, v := range slots[S](a) {
			out[i] = T(v)
		}
	}), nil
}

// checked casts value by value; convert says whether a value fits.
func checked[S, T value](name, to string, convert func(S) (T, bool)) cast {
	return func(mem memory.Allocator, a arrow.Array, t arrow.DataType, wrong *faults) (arrow.Array, error) {
		return mapped(mem, a, t, func(out []T) {
			for i, v := range slots[S](a) {
				w, fits := convert(v)
				if !fits && !a.IsNull(i) {
					wrong.add(i, fault{CodeRange, fmt.Sprintf("column `%s` is %s, which is beyond the table's %s", name, a.ValueStr(i), to)})
				}
				out[i] = w
			}
		}), nil
	}
}

// cutToMicros rounds towards the past, as cutting the digits of a written timestamp does.
func cutToMicros(mem memory.Allocator, a arrow.Array, t arrow.DataType, _ *faults) (arrow.Array, error) {
	return mapped(mem, a, t, func(out []int64) {
		for i, v := range slots[int64](a) {
			micros := v / 1000
			if v%1000 < 0 {
				micros--
			}
			out[i] = micros
		}
	}), nil
}

func microsToNanos(name string) cast {
	return checked(name, "timestamptz_ns", func(v int64) (int64, bool) {
		return v * 1000, v <= math.MaxInt64/1000 && v >= math.MinInt64/1000
	})
}

// arrayBytes is the memory of an array's buffers, whole: a slice pins all of them.
func arrayBytes(d arrow.ArrayData) (n int64) {
	for _, b := range d.Buffers() {
		if b != nil {
			n += int64(b.Len())
		}
	}
	for _, c := range d.Children() {
		n += arrayBytes(c)
	}
	return n
}
