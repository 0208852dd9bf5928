package json_test

import (
	stdjson "encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestRoundTrip: whatever rows a schema can have, they are read back as they were written, slices of a batch as well, and
// encoding/json finds every line valid. The schema that is inferred from them fits them all.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mem := arrowtest.Allocator(t)
		s := schemas.New(drawFields(t, 3)...)
		b := array.NewRecordBuilder(mem, s.Arrow())
		defer b.Release()
		rows := rapid.IntRange(1, 20).Draw(t, "rows")
		for range rows {
			for i, f := range b.Fields() {
				appendDrawn(t, f, s.Field(i).Type)
			}
		}
		whole := b.NewRecordBatch()
		defer whole.Release()
		from := rapid.IntRange(0, rows-1).Draw(t, "from")
		part := whole.NewSlice(int64(from), int64(rapid.IntRange(from+1, rows).Draw(t, "to")))
		defer part.Release()
		for _, want := range []arrow.RecordBatch{whole, part} {
			text, failed := encode(t, s, want)
			if len(failed) > 0 {
				t.Fatalf("not written: %v", failed)
			}
			for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
				if !stdjson.Valid([]byte(line)) {
					t.Fatalf("%s: not JSON: %s", s, line)
				}
			}
			got := record(t, mem, s, text)
			if !array.RecordEqual(want, got) {
				t.Errorf("%s: wrote %v\nas %s\nread %v", s, want, text, got)
			}
			got.Release()
			inferred, err := json.Infer(padded(text), true, codec.SampleLimits{})
			if err != nil {
				t.Fatalf("infer %s: %v", text, err)
			}
			if got := decode(t, codec.DecodeOptions{Mem: mem, Schema: inferred}, text); len(got.Failed) > 0 {
				t.Errorf("%s\ninferred as %s: %v", text, inferred, got.Failed)
			}
		}
	})
}

func drawFields(t *rapid.T, depth int) []schemas.Field {
	names := rapid.SliceOfNDistinct(rapid.OneOf(rapid.StringMatching(`[a-z_]{1,20}`), rapid.String()), 1, 6, rapid.ID[string]).Draw(t, "names")
	fields := make([]schemas.Field, len(names))
	for i, name := range names {
		fields[i] = schemas.Field{Name: name, Type: drawType(t, depth)}
	}
	return fields
}

func drawType(t *rapid.T, depth int) schemas.Type {
	kind := schemas.Kind(rapid.IntRange(int(schemas.Bool), int(schemas.JSON)).Draw(t, "kind"))
	if depth == 0 && (kind == schemas.List || kind == schemas.Map || kind == schemas.Struct) {
		kind = schemas.String
	}
	switch kind {
	case schemas.Decimal:
		precision := rapid.IntRange(1, 38).Draw(t, "precision")
		return schemas.DecimalOf(precision, rapid.IntRange(0, precision).Draw(t, "scale"))
	case schemas.Fixed:
		return schemas.Type{Kind: schemas.Fixed, Size: rapid.IntRange(1, 20).Draw(t, "size")}
	case schemas.List:
		return schemas.ListOf(drawType(t, depth-1))
	case schemas.Map:
		return schemas.MapOf(drawType(t, depth-1))
	case schemas.Struct:
		return schemas.StructOf(drawFields(t, depth-1)...)
	default:
		return schemas.Of(kind)
	}
}

const microsecondsADay = 86_400_000_000

// appendDrawn appends a value of any type, or a null.
func appendDrawn(t *rapid.T, b array.Builder, typ schemas.Type) {
	if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(rapid.Bool().Draw(t, "bool"))
	case *array.Int8Builder:
		b.Append(rapid.Int8().Draw(t, "int8"))
	case *array.Int16Builder:
		b.Append(rapid.Int16().Draw(t, "int16"))
	case *array.Int32Builder:
		b.Append(rapid.Int32().Draw(t, "int32"))
	case *array.Int64Builder:
		b.Append(rapid.Int64().Draw(t, "int64"))
	case *array.Uint8Builder:
		b.Append(rapid.Uint8().Draw(t, "uint8"))
	case *array.Uint16Builder:
		b.Append(rapid.Uint16().Draw(t, "uint16"))
	case *array.Uint32Builder:
		b.Append(rapid.Uint32().Draw(t, "uint32"))
	case *array.Uint64Builder:
		b.Append(rapid.Uint64().Draw(t, "uint64"))
	case *array.Float32Builder:
		b.Append(rapid.Float32().Draw(t, "float"))
	case *array.Float64Builder:
		b.Append(drawDouble(t))
	case *array.Decimal128Builder:
		digits := rapid.StringMatching(fmt.Sprintf(`-?[0-9]{1,%d}`, typ.Precision)).Draw(t, "digits")
		v, err := decimal128.FromString(digits, 38, 0)
		if err != nil {
			t.Fatalf("decimal %s: %v", digits, err)
		}
		b.Append(v)
	case *array.BinaryBuilder:
		b.Append(rapid.SliceOf(rapid.Byte()).Draw(t, "binary"))
	case *array.FixedSizeBinaryBuilder:
		size := b.Type().(*arrow.FixedSizeBinaryType).ByteWidth
		b.Append(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "fixed"))
	case *array.Date32Builder:
		b.Append(arrow.Date32(rapid.IntRange(-719528, 2932896).Draw(t, "date")))
	case *array.Time64Builder:
		b.Append(arrow.Time64(rapid.Int64Range(0, microsecondsADay-1).Draw(t, "time")))
	case *array.TimestampBuilder:
		low, high := int64(-719528*microsecondsADay), int64(2932897*microsecondsADay-1)
		if typ.Kind == schemas.TimestampNS {
			low, high = math.MinInt64+2e9, math.MaxInt64-2e9
		}
		v := rapid.Int64Range(low, high).Draw(t, "timestamp")
		b.Append(arrow.Timestamp(v - v%rapid.SampledFrom([]int64{1, 1000, 1_000_000}).Draw(t, "unit")))
	default:
		appendNested(t, b, typ)
	}
}

func drawDouble(t *rapid.T) float64 {
	if rapid.Bool().Draw(t, "decimal") {
		return float64(rapid.Int64Range(-1e16, 1e16).Draw(t, "thousandths")) / 1000
	}
	return rapid.Float64().Draw(t, "double")
}

func appendNested(t *rapid.T, b array.Builder, typ schemas.Type) {
	switch b := b.(type) {
	case *array.StringBuilder:
		if typ.Kind == schemas.JSON {
			b.Append(rapid.SampledFrom([]string{`1`, `"x"`, `{"a": [1, 2.50, {}]}`, `[null, true ]`, `""`, `-0.10e+5`}).Draw(t, "json"))
			return
		}
		b.Append(rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z "\\\n\t\x01é東]{0,300}`)).Draw(t, "string"))
	case *array.MapBuilder:
		b.Append(true)
		keys := rapid.SliceOfNDistinct(rapid.String(), 0, 30, rapid.ID[string]).Draw(t, "keys")
		for _, k := range keys {
			b.KeyBuilder().(*array.StringBuilder).Append(k)
			appendDrawn(t, b.ItemBuilder(), *typ.Elem)
		}
	case *array.ListBuilder:
		b.Append(true)
		for range rapid.IntRange(0, 5).Draw(t, "elements") {
			appendDrawn(t, b.ValueBuilder(), *typ.Elem)
		}
	case *array.StructBuilder:
		b.Append(true)
		for i := range b.NumField() {
			appendDrawn(t, b.FieldBuilder(i), typ.Fields[i].Type)
		}
	default:
		t.Fatalf("no value for %s", b.Type())
	}
}
