package enginetest

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/uuid"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Text writes b as NDJSON, one line for each row: every column, nulls too, in the order of the columns; values as
// [Batch] reads them.
func Text(b *engine.Batch) string {
	var w strings.Builder
	for row := range b.Len() {
		w.WriteByte('{')
		for i, f := range b.Schema.Fields() {
			if i > 0 {
				w.WriteByte(',')
			}
			w.WriteString(strconv.Quote(f.Name) + ":")
			writeValue(&w, b.Columns.Column(i), row, f.Type)
		}
		w.WriteString("}\n")
	}
	return w.String()
}

func quoted(w *strings.Builder, text string) {
	data, _ := json.Marshal(text) // a string cannot fail
	w.Write(data)
}

func writeValue(w *strings.Builder, a arrow.Array, i int, t schemas.Type) {
	if a.IsNull(i) {
		w.WriteString("null")
		return
	}
	switch a := a.(type) {
	case *array.Float64:
		writeFloat(w, a.Value(i), 64)
	case *array.Float32:
		writeFloat(w, float64(a.Value(i)), 32)
	case *array.Decimal128:
		quoted(w, a.Value(i).ToString(int32(t.Scale)))
	case *array.String:
		if t.Kind == schemas.JSON {
			w.WriteString(a.Value(i))
			return
		}
		quoted(w, a.Value(i))
	case *array.Binary:
		quoted(w, base64.StdEncoding.EncodeToString(a.Value(i)))
	case *array.FixedSizeBinary:
		if t.Kind == schemas.UUID {
			quoted(w, uuid.UUID(a.Value(i)).String())
			return
		}
		quoted(w, base64.StdEncoding.EncodeToString(a.Value(i)))
	case *array.Date32:
		quoted(w, a.Value(i).ToTime().Format(time.DateOnly))
	case *array.Time64:
		quoted(w, time.UnixMicro(int64(a.Value(i))).UTC().Format("15:04:05.999999"))
	case *array.Timestamp:
		writeInstant(w, int64(a.Value(i)), t)
	case *array.List:
		from, to := a.ValueOffsets(i)
		w.WriteByte('[')
		for k := from; k < to; k++ {
			if k > from {
				w.WriteByte(',')
			}
			writeValue(w, a.ListValues(), int(k), *t.Elem)
		}
		w.WriteByte(']')
	case *array.Map:
		from, to := a.ValueOffsets(i)
		w.WriteByte('{')
		for k := from; k < to; k++ {
			if k > from {
				w.WriteByte(',')
			}
			quoted(w, a.Keys().(*array.String).Value(int(k)))
			w.WriteByte(':')
			writeValue(w, a.Items(), int(k), *t.Elem)
		}
		w.WriteByte('}')
	case *array.Struct:
		w.WriteByte('{')
		for k, f := range t.Fields {
			if k > 0 {
				w.WriteByte(',')
			}
			quoted(w, f.Name)
			w.WriteByte(':')
			writeValue(w, a.Field(k), i, f.Type)
		}
		w.WriteByte('}')
	default:
		w.WriteString(a.ValueStr(i)) // booleans and whole numbers
	}
}

func writeFloat(w *strings.Builder, x float64, bits int) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		quoted(w, strconv.FormatFloat(x, 'g', -1, bits))
		return
	}
	w.WriteString(strconv.FormatFloat(x, 'g', -1, bits))
}

func writeInstant(w *strings.Builder, x int64, t schemas.Type) {
	switch t.Kind {
	case schemas.TimestampNS:
		quoted(w, time.Unix(0, x).UTC().Format(time.RFC3339Nano))
	case schemas.LocalTimestamp:
		quoted(w, time.UnixMicro(x).UTC().Format("2006-01-02T15:04:05.999999"))
	default:
		quoted(w, time.UnixMicro(x).UTC().Format(time.RFC3339Nano))
	}
}
