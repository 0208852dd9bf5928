package expression

import (
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// appendValue appends a row value of type t, nil for null. On an error nothing was appended.
func appendValue(b array.Builder, t schemas.Type, value any) error {
	if value == nil {
		b.AppendNull()
		return nil
	}
	if t.Kind == schemas.JSON {
		text, err := compactJSON(value)
		if err != nil {
			return err
		}
		b.(*array.StringBuilder).Append(text)
		return nil
	}
	value, err := deepFitted(value, t)
	if err != nil {
		return err
	}
	appendFitted(b, t, value)
	return nil
}

// deepFitted is fitted for a value and all its parts; JSON parts become text.
func deepFitted(value any, t schemas.Type) (any, error) {
	if value == nil {
		return nil, nil
	}
	if t.Kind == schemas.JSON {
		return compactJSON(value)
	}
	value, err := fitted(value, t)
	if err != nil {
		return nil, err
	}
	switch x := value.(type) {
	case []any:
		if t.Kind != schemas.List {
			return value, nil
		}
		out := make([]any, len(x))
		for i, e := range x {
			if out[i], err = deepFitted(e, *t.Elem); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			var part schemas.Type
			if t.Kind == schemas.Map {
				part = *t.Elem
			} else if f, _, ok := t.Field(k); ok {
				part = f.Type
			} else {
				continue
			}
			if out[k], err = deepFitted(e, part); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return value, nil
}

// appendFitted appends a value that deepFitted made.
func appendFitted(b array.Builder, t schemas.Type, value any) {
	if value == nil {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.NullBuilder:
		b.AppendNull()
	case *array.BooleanBuilder:
		b.Append(value.(bool))
	case *array.Int8Builder:
		b.Append(int8(intOf(plain(value), t)))
	case *array.Int16Builder:
		b.Append(int16(intOf(plain(value), t)))
	case *array.Int32Builder:
		b.Append(int32(intOf(plain(value), t)))
	case *array.Int64Builder:
		b.Append(intOf(plain(value), t))
	case *array.Uint8Builder:
		b.Append(uint8(intOf(value, t)))
	case *array.Uint16Builder:
		b.Append(uint16(intOf(value, t)))
	case *array.Uint32Builder:
		b.Append(uint32(intOf(value, t)))
	case *array.Uint64Builder:
		b.Append(value.(uint64))
	case *array.Float32Builder:
		b.Append(float32(value.(float64)))
	case *array.Float64Builder:
		b.Append(value.(float64))
	case *array.Decimal128Builder:
		b.Append(value.(decimal).number)
	case *array.StringBuilder:
		b.Append(strings.Clone(value.(string)))
	case *array.BinaryBuilder:
		b.Append(value.([]byte))
	case *array.FixedSizeBinaryBuilder:
		b.Append([]byte(bytesText(value)))
	case *array.Date32Builder:
		b.Append(arrow.Date32(value.(civilDate)))
	case *array.Time64Builder:
		b.Append(arrow.Time64(value.(clockTime)))
	case *array.TimestampBuilder:
		x, _ := fromTime(value.(time.Time), t)
		b.Append(arrow.Timestamp(x))
	case *array.MapBuilder:
		m := value.(map[string]any)
		b.Append(true)
		for _, k := range sortedKeys(m) {
			b.KeyBuilder().(*array.StringBuilder).Append(k)
			appendFitted(b.ItemBuilder(), *t.Elem, m[k])
		}
	case *array.ListBuilder:
		b.Append(true)
		for _, e := range value.([]any) {
			appendFitted(b.ValueBuilder(), *t.Elem, e)
		}
	case *array.StructBuilder:
		m := value.(map[string]any)
		b.Append(true)
		for i, f := range t.Fields {
			appendFitted(b.FieldBuilder(i), f.Type, m[f.Name])
		}
	}
}
