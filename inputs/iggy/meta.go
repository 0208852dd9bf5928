package iggy

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/big"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"

	iggyclient "github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// buildMeta builds the given fields of messages, as many as rows has; nil when no field is wanted. The result is owned by
// the caller.
func buildMeta(mem memory.Allocator, fields *schemas.Schema, t *topic, b *iggyclient.Batch, rows []int) arrow.RecordBatch {
	if fields == nil || fields.Len() == 0 {
		return nil
	}
	out := array.NewRecordBuilder(mem, fields.Arrow())
	defer out.Release()
	for c := range fields.Len() {
		fill(out.Field(c), fields.Field(c).Name, t, b, rows)
	}
	return out.NewRecordBatch()
}

func fill(to array.Builder, name string, t *topic, b *iggyclient.Batch, rows []int) {
	to.Reserve(len(rows))
	switch to := to.(type) {
	case *array.StringBuilder:
		for _, i := range rows {
			appendText(to, name, t, b, i)
		}
	case *array.Int64Builder:
		for _, i := range rows {
			if name == "offset" {
				to.UnsafeAppend(int64(b.Offset[i]))
			} else {
				to.UnsafeAppend(int64(b.Partition))
			}
		}
	case *array.Uint64Builder:
		for _, i := range rows {
			to.UnsafeAppend(b.Checksum[i])
		}
	case *array.TimestampBuilder:
		times := b.Timestamp
		if name == "origin_timestamp" {
			times = b.Origin
		}
		for _, i := range rows {
			to.UnsafeAppend(arrow.Timestamp(min(times[i], math.MaxInt64)))
		}
	case *array.FixedSizeBinaryBuilder:
		for _, i := range rows {
			id := uuidOf(b.ID[i])
			to.Append(id[:])
		}
	}
}

func appendText(to *array.StringBuilder, name string, t *topic, b *iggyclient.Batch, i int) {
	switch name {
	case "stream":
		to.Append(t.stream)
	case "topic":
		to.Append(t.name)
	case "headers":
		if headers := headersJSON(b.Headers(i)); headers != nil {
			to.Append(string(headers))
		} else {
			to.AppendNull()
		}
	}
}

// uuidOf is the id in the order that uuids are written in: the u128's most significant byte first.
func uuidOf(id wire.MessageID) uuid.UUID {
	slices.Reverse(id[:])
	return uuid.UUID(id)
}

// metaJSON is what is known of message i, for the dead letter.
func metaJSON(t *topic, b *iggyclient.Batch, i int) []byte {
	text, err := json.Marshal(struct {
		Stream    string          `json:"stream"`
		Topic     string          `json:"topic"`
		Partition uint32          `json:"partition"`
		Offset    uint64          `json:"offset"`
		ID        string          `json:"id"`
		Timestamp string          `json:"timestamp"`
		Origin    string          `json:"origin_timestamp"`
		Checksum  uint64          `json:"checksum"`
		Headers   json.RawMessage `json:"headers,omitempty"`
	}{
		t.stream, t.name, b.Partition, b.Offset[i], uuidOf(b.ID[i]).String(),
		b.Timestamp[i].Time().Format(timeLayout), b.Origin[i].Time().Format(timeLayout), b.Checksum[i], headersJSON(b.Headers(i)),
	})
	if err != nil {
		return nil // a time far out of range: what is left is the record itself
	}
	return text
}

const timeLayout = "2006-01-02T15:04:05.000000Z"

// headersJSON writes user headers as one JSON object, each value by its type; nil where there are none. Raw bytes, and
// what is no valid list of headers, are base64.
func headersJSON(data []byte) []byte {
	if len(data) == 0 {
		return nil
	}
	values := map[string]any{}
	err := wire.EachHeader(data, func(h wire.Header) bool {
		values[keyText(h)] = headerValue(h.ValueKind, h.Value)
		return true
	})
	if err != nil {
		values = map[string]any{"": base64.StdEncoding.EncodeToString(data)}
	}
	text, err := json.Marshal(values)
	if err != nil {
		return nil
	}
	return text
}

// keyText is a header's key as a JSON key.
func keyText(h wire.Header) string {
	if h.KeyKind == wire.HeaderString {
		return string(h.Key)
	}
	text, err := json.Marshal(headerValue(h.KeyKind, h.Key))
	if err != nil {
		return ""
	}
	if s := ""; json.Unmarshal(text, &s) == nil {
		return s
	}
	return string(text)
}

// headerValue is a header's value for encoding/json.
func headerValue(kind wire.HeaderKind, v []byte) any {
	if size := kind.Size(); size > 0 && len(v) != size {
		return base64.StdEncoding.EncodeToString(v)
	}
	switch kind {
	case wire.HeaderString:
		return string(v)
	case wire.HeaderBool:
		return v[0] != 0
	case wire.HeaderInt8:
		return int8(v[0])
	case wire.HeaderInt16:
		return int16(binary.LittleEndian.Uint16(v))
	case wire.HeaderInt32:
		return int32(binary.LittleEndian.Uint32(v))
	case wire.HeaderInt64:
		return int64(binary.LittleEndian.Uint64(v))
	case wire.HeaderUint8:
		return v[0]
	case wire.HeaderUint16:
		return binary.LittleEndian.Uint16(v)
	case wire.HeaderUint32:
		return binary.LittleEndian.Uint32(v)
	case wire.HeaderUint64:
		return binary.LittleEndian.Uint64(v)
	case wire.HeaderInt128, wire.HeaderUint128:
		return bigValue(v, kind == wire.HeaderInt128)
	case wire.HeaderFloat32:
		return floatValue(float64(math.Float32frombits(binary.LittleEndian.Uint32(v))))
	case wire.HeaderFloat64:
		return floatValue(math.Float64frombits(binary.LittleEndian.Uint64(v)))
	default:
		return base64.StdEncoding.EncodeToString(v)
	}
}

// bigValue is a number of 128 bits.
func bigValue(v []byte, signed bool) *big.Int {
	be := slices.Clone(v)
	slices.Reverse(be)
	n := new(big.Int).SetBytes(be)
	if signed && be[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	return n
}

// floatValue is x, or its name where JSON has no number for it.
func floatValue(x float64) any {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	default:
		return x
	}
}
