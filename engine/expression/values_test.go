package expression_test

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// recordOf builds a record of rows behind offset rows that are not part of it.
func recordOf(mem memory.Allocator, schema *schemas.Schema, rows []map[string]any, offset int) arrow.RecordBatch {
	b := array.NewRecordBuilder(mem, schema.Arrow())
	defer b.Release()
	for i := range schema.Len() {
		f := schema.Field(i)
		for range offset {
			appendGo(b.Field(i), rows[0][f.Name])
		}
		for _, row := range rows {
			appendGo(b.Field(i), row[f.Name])
		}
	}
	whole := b.NewRecordBatch()
	defer whole.Release()
	return whole.NewSlice(int64(offset), whole.NumRows())
}

func appendGo(b array.Builder, v any) {
	if v == nil {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.(bool))
	case *array.Int8Builder:
		b.Append(v.(int8))
	case *array.Int16Builder:
		b.Append(v.(int16))
	case *array.Int32Builder:
		b.Append(v.(int32))
	case *array.Int64Builder:
		b.Append(v.(int64))
	case *array.Uint8Builder:
		b.Append(v.(uint8))
	case *array.Uint16Builder:
		b.Append(v.(uint16))
	case *array.Uint32Builder:
		b.Append(v.(uint32))
	case *array.Uint64Builder:
		b.Append(v.(uint64))
	case *array.Float32Builder:
		b.Append(v.(float32))
	case *array.Float64Builder:
		b.Append(v.(float64))
	case *array.StringBuilder:
		b.Append(v.(string))
	case *array.TimestampBuilder:
		if b.Type().(*arrow.TimestampType).Unit == arrow.Nanosecond {
			b.Append(arrow.Timestamp(v.(time.Time).UnixNano()))
		} else {
			b.Append(arrow.Timestamp(v.(time.Time).UnixMicro()))
		}
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.(int32)))
	case *array.Time64Builder:
		b.Append(arrow.Time64(v.(int64)))
	case *array.Decimal128Builder:
		t := b.Type().(*arrow.Decimal128Type)
		n, err := decimal128.FromString(v.(string), t.Precision, t.Scale)
		if err != nil {
			panic(err)
		}
		b.Append(n)
	case *array.FixedSizeBinaryBuilder:
		var id [16]byte
		fmt.Sscanf(strings.ReplaceAll(v.(string), "-", ""), "%x", new([]byte))
		id[15] = v.(string)[35] - '0'
		b.Append(id[:])
	case *array.MapBuilder:
		b.Append(true)
		for k, e := range v.(map[string]any) {
			appendGo(b.KeyBuilder(), k)
			appendGo(b.ItemBuilder(), e)
		}
	case *array.ListBuilder:
		b.Append(true)
		for _, e := range v.([]any) {
			appendGo(b.ValueBuilder(), e)
		}
	case *array.StructBuilder:
		b.Append(true)
		t := b.Type().(*arrow.StructType)
		for i, f := range t.Fields() {
			appendGo(b.FieldBuilder(i), v.(map[string]any)[f.Name])
		}
	default:
		panic(fmt.Sprintf("no value for %T", b))
	}
}

// goValue is an element of an array as Go has it.
func goValue(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Null:
		return nil
	case *array.Timestamp:
		return a.Value(i).ToTime(a.DataType().(*arrow.TimestampType).Unit)
	case *array.Map:
		from, to := a.ValueOffsets(i)
		m := map[string]any{}
		for k := from; k < to; k++ {
			m[goValue(a.Keys(), int(k)).(string)] = goValue(a.Items(), int(k))
		}
		return m
	case *array.List:
		from, to := a.ValueOffsets(i)
		list := []any{}
		for k := from; k < to; k++ {
			list = append(list, goValue(a.ListValues(), int(k)))
		}
		return list
	case *array.Struct:
		m := map[string]any{}
		for k, f := range a.DataType().(*arrow.StructType).Fields() {
			m[f.Name] = goValue(a.Field(k), i)
		}
		return m
	case *array.Boolean:
		return a.Value(i)
	case *array.Int8:
		return a.Value(i)
	case *array.Int16:
		return a.Value(i)
	case *array.Int32:
		return a.Value(i)
	case *array.Int64:
		return a.Value(i)
	case *array.Uint8:
		return a.Value(i)
	case *array.Uint16:
		return a.Value(i)
	case *array.Uint32:
		return a.Value(i)
	case *array.Uint64:
		return a.Value(i)
	case *array.Float32:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.Decimal128:
		r, _ := new(big.Rat).SetString(a.ValueStr(i))
		return r
	case *array.String:
		return strings.Clone(a.Value(i))
	default:
		return a.ValueStr(i)
	}
}
