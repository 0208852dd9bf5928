package iggy

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// maxHeader is how many bytes names, keys and header values have at most.
const maxHeader = 255

// headerType reports whether a header can have values of kind k.
func headerType(k schemas.Kind) bool {
	switch k {
	case schemas.Bool, schemas.Int8, schemas.Int16, schemas.Int32, schemas.Int64, schemas.Uint8, schemas.Uint16, schemas.Uint32, schemas.Uint64,
		schemas.Float, schemas.Double, schemas.String, schemas.Binary:
		return true
	}
	return false
}

// headerSize is how many bytes the value of a text or binary header has; those of others always fit.
func headerSize(values arrow.Array, row int) int {
	switch values := values.(type) {
	case *array.String:
		return values.ValueLen(row)
	case *array.Binary:
		return values.ValueLen(row)
	}
	return 0
}

// appendHeader appends a user header with the value of a row, by its type. Null is no header, and an empty text, which a
// header cannot have, is none either; rows with a longer one than a header
// holds were rejected.
func appendHeader(dst []byte, name string, values arrow.Array, row int) []byte {
	if values.IsNull(row) {
		return dst
	}
	var scratch [8]byte
	h := wire.Header{KeyKind: wire.HeaderString, Key: []byte(name)}
	number := func(kind wire.HeaderKind, bits uint64) {
		h.ValueKind, h.Value = kind, binary.LittleEndian.AppendUint64(scratch[:0], bits)[:kind.Size()]
	}
	switch values := values.(type) {
	case *array.Boolean:
		bit := uint64(0)
		if values.Value(row) {
			bit = 1
		}
		number(wire.HeaderBool, bit)
	case *array.Int8:
		number(wire.HeaderInt8, uint64(values.Value(row)))
	case *array.Int16:
		number(wire.HeaderInt16, uint64(values.Value(row)))
	case *array.Int32:
		number(wire.HeaderInt32, uint64(values.Value(row)))
	case *array.Int64:
		number(wire.HeaderInt64, uint64(values.Value(row)))
	case *array.Uint8:
		number(wire.HeaderUint8, uint64(values.Value(row)))
	case *array.Uint16:
		number(wire.HeaderUint16, uint64(values.Value(row)))
	case *array.Uint32:
		number(wire.HeaderUint32, uint64(values.Value(row)))
	case *array.Uint64:
		number(wire.HeaderUint64, values.Value(row))
	case *array.Float32:
		number(wire.HeaderFloat32, uint64(math.Float32bits(values.Value(row))))
	case *array.Float64:
		number(wire.HeaderFloat64, math.Float64bits(values.Value(row)))
	case *array.String:
		h.ValueKind, h.Value = wire.HeaderString, []byte(values.Value(row))
	case *array.Binary:
		h.ValueKind, h.Value = wire.HeaderRaw, values.Value(row)
	}
	if len(h.Value) == 0 {
		return dst
	}
	out, err := wire.AppendHeader(dst, h)
	if err != nil {
		return dst // Validate and headerType leave nothing that has no layout
	}
	return out
}
