package enginetest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// MetaSchema are the meta fields of batches that this package makes.
func MetaSchema() *schemas.Schema { return schemas.New(testMeta...) }

// Batch makes a batch of one record for each line of ndjson: fields by name, a missing one is null. Decimals and times are
// texts, binary is base64, NaN and the infinities are texts. The records are consecutive in the split "test", from
// ordinal 0 on. The caller owns the batch.
func Batch(t TB, mem memory.Allocator, s *schemas.Schema, ndjson string) *engine.Batch {
	t.Helper()
	builder := array.NewRecordBuilder(mem, s.Arrow())
	defer builder.Release()
	rows := 0
	for line := range strings.Lines(ndjson) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("line %d of the batch: %v", rows+1, err)
		}
		for i, f := range s.Fields() {
			if err := appendJSON(builder.Field(i), f.Type, fields[f.Name]); err != nil {
				t.Fatalf("line %d of the batch, field %s: %v", rows+1, f.Name, err)
			}
			delete(fields, f.Name)
		}
		for name := range fields {
			t.Fatalf("line %d of the batch has a field %q that the schema lacks", rows+1, name)
		}
		rows++
	}
	columns := builder.NewRecordBatch()
	if s.Len() == 0 {
		columns.Release()
		columns = array.NewRecordBatch(s.Arrow(), nil, int64(rows))
	}
	origin := engine.Records("test", 0, rows, nil)
	return engine.NewBatch(s, columns, metaOf(mem, origin, false), origin)
}

// metaOf makes the meta of rows from their origin, and, with hidden, a further column that no shape has.
func metaOf(mem memory.Allocator, origin engine.Origin, hidden bool) arrow.RecordBatch {
	fields := MetaSchema().Arrow().Fields()
	if hidden {
		fields = append(fields, arrow.Field{Name: "$hidden", Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	}
	builder := array.NewRecordBuilder(mem, arrow.NewSchema(fields, nil))
	defer builder.Release()
	for _, r := range origin {
		for i := range r.Rows {
			ordinal := r.Ordinal + int64(i)
			builder.Field(0).(*array.Int64Builder).Append(ordinal)
			builder.Field(1).(*array.StringBuilder).Append("k" + strconv.FormatInt(ordinal, 10))
			if hidden {
				builder.Field(2).(*array.Int64Builder).Append(ordinal)
			}
		}
	}
	return builder.NewRecordBatch()
}

func appendJSON(b array.Builder, t schemas.Type, raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" && t.Kind != schemas.JSON {
		b.AppendNull()
		return nil
	}
	switch t.Kind {
	case schemas.List:
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return err
		}
		list := b.(*array.ListBuilder)
		list.Append(true)
		for _, item := range items {
			if err := appendJSON(list.ValueBuilder(), *t.Elem, item); err != nil {
				return err
			}
		}
		return nil
	case schemas.Map:
		return appendMap(b.(*array.MapBuilder), *t.Elem, raw)
	case schemas.Struct:
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			return err
		}
		s := b.(*array.StructBuilder)
		s.Append(true)
		for i, f := range t.Fields {
			if err := appendJSON(s.FieldBuilder(i), f.Type, members[f.Name]); err != nil {
				return err
			}
		}
		return nil
	case schemas.JSON:
		var compact bytes.Buffer
		if err := json.Compact(&compact, raw); err != nil {
			return err
		}
		b.(*array.StringBuilder).Append(compact.String())
		return nil
	}
	text := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
	}
	return appendText(b, t, text)
}

// appendMap appends the entries in the order of the text.
func appendMap(b *array.MapBuilder, value schemas.Type, raw json.RawMessage) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	b.Append(true)
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		var item json.RawMessage
		if err := decoder.Decode(&item); err != nil {
			return err
		}
		b.KeyBuilder().(*array.StringBuilder).Append(key.(string))
		if err := appendJSON(b.ItemBuilder(), value, item); err != nil {
			return err
		}
	}
	return nil
}

func appendText(b array.Builder, t schemas.Type, text string) error {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		v, err := strconv.ParseBool(text)
		b.Append(v)
		return err
	case *array.Int8Builder:
		return appendInt(b.Append, text, 8)
	case *array.Int16Builder:
		return appendInt(b.Append, text, 16)
	case *array.Int32Builder:
		return appendInt(b.Append, text, 32)
	case *array.Int64Builder:
		return appendInt(b.Append, text, 64)
	case *array.Uint8Builder:
		return appendUint(b.Append, text, 8)
	case *array.Uint16Builder:
		return appendUint(b.Append, text, 16)
	case *array.Uint32Builder:
		return appendUint(b.Append, text, 32)
	case *array.Uint64Builder:
		return appendUint(b.Append, text, 64)
	case *array.Float32Builder:
		v, err := strconv.ParseFloat(text, 32)
		b.Append(float32(v))
		return err
	case *array.Float64Builder:
		v, err := strconv.ParseFloat(text, 64)
		b.Append(v)
		return err
	case *array.Decimal128Builder:
		v, err := decimal128.FromString(text, int32(t.Precision), int32(t.Scale))
		b.Append(v)
		return err
	case *array.StringBuilder:
		b.Append(text)
		return nil
	case *array.BinaryBuilder:
		v, err := base64.StdEncoding.DecodeString(text)
		b.Append(v)
		return err
	case *array.FixedSizeBinaryBuilder:
		if t.Kind == schemas.UUID {
			id, err := uuid.Parse(text)
			b.Append(id[:])
			return err
		}
		v, err := base64.StdEncoding.DecodeString(text)
		b.Append(v)
		return err
	case *array.Date32Builder:
		v, err := time.Parse(time.DateOnly, text)
		b.Append(arrow.Date32(math.Floor(float64(v.Unix()) / 86400)))
		return err
	case *array.Time64Builder:
		v, err := time.Parse("15:04:05.999999", text)
		b.Append(arrow.Time64(v.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)).Microseconds()))
		return err
	case *array.TimestampBuilder:
		layout := time.RFC3339Nano
		if t.Kind == schemas.LocalTimestamp {
			layout = "2006-01-02T15:04:05.999999"
		}
		v, err := time.Parse(layout, text)
		if t.Kind == schemas.TimestampNS {
			b.Append(arrow.Timestamp(v.UnixNano()))
		} else {
			b.Append(arrow.Timestamp(v.UnixMicro()))
		}
		return err
	}
	return fmt.Errorf("no values of type %s can be made", t)
}

func appendInt[T int8 | int16 | int32 | int64](add func(T), text string, bits int) error {
	v, err := strconv.ParseInt(text, 10, bits)
	add(T(v))
	return err
}

func appendUint[T uint8 | uint16 | uint32 | uint64](add func(T), text string, bits int) error {
	v, err := strconv.ParseUint(text, 10, bits)
	add(T(v))
	return err
}
