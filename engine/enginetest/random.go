package enginetest

import (
	"math"
	"math/rand/v2"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// random draws values. They lie close together, so that conditions meet some and miss others, with the ends of every
// range now and then.
type random struct {
	*rand.Rand
	nulls  float64 // share
	texts  []string
	scale  float64 // of numbers; 0 draws the ends of the ranges too
	hidden bool
}

// someTexts are texts that some processor may take for something else.
var someTexts = []string{
	"", "paid", "open", "Paid ", "12", "-7", "1.5", "1e3", "99999999999999999999", "0x1f", " 1", "true", "False", "NaN", "null",
	"2024-02-29", "2023-02-29", "2024-02-29T12:30:00Z", "2024-02-29 12:30:00.123456+02:00", "12:30:00", "24:00:00",
	"0190a6c1-7d3e-7b1c-8f2a-1b2c3d4e5f60", `{"a":1}`, "[1", "é漢😀", "a\x00b", "a,b\n\"c\"",
}

func (r *random) batch(mem memory.Allocator, s *schemas.Schema, origin engine.Origin) *engine.Batch {
	rows := origin.Len()
	builder := array.NewRecordBuilder(mem, s.Arrow())
	defer builder.Release()
	for range rows {
		for i, f := range s.Fields() {
			r.value(builder.Field(i), f)
		}
	}
	columns := builder.NewRecordBatch()
	if s.Len() == 0 {
		columns.Release()
		columns = array.NewRecordBatch(s.Arrow(), nil, int64(rows))
	}
	b := engine.NewBatch(s, columns, metaOf(mem, origin, r.hidden), origin)
	b.Originals = newOriginals(mem)
	return b
}

// origin draws where rows records come from: some runs of two splits, with gaps.
func (r *random) origin(rows int) engine.Origin {
	var o engine.Origin
	next := int64(0)
	for rows > 0 {
		n := 1 + r.IntN(rows)
		o = o.Concat(engine.Records([]string{"a", "b"}[r.IntN(2)], next, n, nil))
		next += int64(n + r.IntN(3))
		rows -= n
	}
	return o
}

func (r *random) value(b array.Builder, f schemas.Field) {
	if !f.Required && r.Float64() < r.nulls {
		b.AppendNull()
		return
	}
	t := f.Type
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(r.IntN(2) == 0)
	case *array.Int8Builder:
		b.Append(int8(r.whole(math.MinInt8, math.MaxInt8)))
	case *array.Int16Builder:
		b.Append(int16(r.whole(math.MinInt16, math.MaxInt16)))
	case *array.Int32Builder:
		b.Append(int32(r.whole(math.MinInt32, math.MaxInt32)))
	case *array.Int64Builder:
		b.Append(r.whole(math.MinInt64, math.MaxInt64))
	case *array.Uint8Builder:
		b.Append(uint8(r.whole(0, math.MaxUint8)))
	case *array.Uint16Builder:
		b.Append(uint16(r.whole(0, math.MaxUint16)))
	case *array.Uint32Builder:
		b.Append(uint32(r.whole(0, math.MaxUint32)))
	case *array.Uint64Builder:
		b.Append(uint64(r.whole(math.MinInt64, math.MaxInt64)))
	case *array.Float32Builder:
		b.Append(float32(r.fraction()))
	case *array.Float64Builder:
		b.Append(r.fraction())
	case *array.Decimal128Builder:
		b.Append(decimal128.FromI64(r.whole(-int64(math.Pow10(min(t.Precision, 18)))+1, int64(math.Pow10(min(t.Precision, 18)))-1)))
	case *array.StringBuilder:
		if t.Kind == schemas.JSON {
			b.Append([]string{"1", `"a"`, `{"a":[1,2]}`, "null", "1.5"}[r.IntN(5)])
			return
		}
		b.Append(r.text())
	case *array.BinaryBuilder:
		b.Append([]byte(r.text()))
	case *array.FixedSizeBinaryBuilder:
		data := make([]byte, b.Type().(*arrow.FixedSizeBinaryType).ByteWidth)
		for i := range data {
			data[i] = byte(r.IntN(256))
		}
		b.Append(data)
	case *array.Date32Builder:
		b.Append(arrow.Date32(r.whole(-719162, 2932896)))
	case *array.Time64Builder:
		b.Append(arrow.Time64(r.whole(0, 86399999999)))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(r.instant(t)))
	case *array.ListBuilder:
		b.Append(true)
		for range r.IntN(4) {
			r.value(b.ValueBuilder(), schemas.Field{Type: *t.Elem})
		}
	case *array.MapBuilder:
		b.Append(true)
		for i := range r.IntN(3) {
			b.KeyBuilder().(*array.StringBuilder).Append(string(rune('a' + i)))
			r.value(b.ItemBuilder(), schemas.Field{Type: *t.Elem})
		}
	case *array.StructBuilder:
		b.Append(true)
		for i, m := range t.Fields {
			r.value(b.FieldBuilder(i), m)
		}
	default:
		panic("enginetest: no random values of type " + t.String())
	}
}

// whole draws a number between lo and hi, mostly a small one.
func (r *random) whole(lo, hi int64) int64 {
	if r.scale == 0 {
		switch r.IntN(12) {
		case 0:
			return lo
		case 1:
			return hi
		}
	}
	return min(max(int64(r.IntN(40)-5), lo), hi)
}

func (r *random) fraction() float64 {
	if r.scale > 0 {
		return math.Round(r.Float64()*r.scale*100) / 100
	}
	odd := []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1e300, 5e-324, 1 << 53, -1.5, 9223372036854775808}
	if i := r.IntN(3 * len(odd)); i < len(odd) {
		return odd[i]
	}
	return float64(r.IntN(400)-50) / 4
}

func (r *random) text() string {
	if r.texts != nil {
		return r.texts[r.IntN(len(r.texts))]
	}
	return someTexts[r.IntN(len(someTexts))]
}

// instant draws a time, of day precision now and then.
func (r *random) instant(t schemas.Type) int64 {
	unit := int64(1_000_000)
	if t.Kind == schemas.TimestampNS {
		unit = 1_000_000_000
	}
	switch r.IntN(4) {
	case 0:
		return int64(r.IntN(20000)) * 86400 * unit
	case 1:
		return -int64(r.IntN(1_000_000))*unit - 1
	}
	return int64(r.IntN(2_000_000_000))*unit + int64(r.IntN(1000))
}
