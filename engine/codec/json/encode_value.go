package json

import (
	"encoding/base64"
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// value appends value i of w: i counts from the batch's first row, or from the first element of all.
func (e *encoder) value(b []byte, w *writer, i int) []byte {
	i += w.offset
	if w.valid != nil && w.valid[i>>3]>>(i&7)&1 == 0 {
		if w.field.Required {
			e.fail(codeNull, w, "null; the column is required")
		}
		return append(b, "null"...)
	}
	// Arrow arrays have as many values as their length says, and i is below that.
	switch w.field.Type.Kind {
	case schemas.String:
		return e.text(b, w, i)
	case schemas.Int64:
		return strconv.AppendInt(b, *(*int64)(at(w.values, 8*i)), 10)
	case schemas.Int32:
		return strconv.AppendInt(b, int64(*(*int32)(at(w.values, 4*i))), 10)
	case schemas.Double:
		return e.double(b, w, *(*float64)(at(w.values, 8*i)), 64)
	case schemas.Float:
		return e.double(b, w, float64(*(*float32)(at(w.values, 4*i))), 32)
	case schemas.Timestamp, schemas.LocalTimestamp, schemas.TimestampNS:
		return e.instant(b, w, *(*int64)(at(w.values, 8*i)))
	case schemas.Bool:
		return strconv.AppendBool(b, byteAt(w.values, i>>3)>>(i&7)&1 == 1)
	case schemas.Struct:
		return e.object(b, w.members, i-w.offset)
	case schemas.List:
		return e.list(b, w, i)
	case schemas.Map:
		return e.mapping(b, w, i)
	default:
		return e.rareValue(b, w, i)
	}
}

func (e *encoder) rareValue(b []byte, w *writer, i int) []byte {
	switch w.field.Type.Kind {
	case schemas.Int8:
		return strconv.AppendInt(b, int64(*(*int8)(at(w.values, i))), 10)
	case schemas.Int16:
		return strconv.AppendInt(b, int64(*(*int16)(at(w.values, 2*i))), 10)
	case schemas.Uint8:
		return strconv.AppendUint(b, uint64(*(*uint8)(at(w.values, i))), 10)
	case schemas.Uint16:
		return strconv.AppendUint(b, uint64(*(*uint16)(at(w.values, 2*i))), 10)
	case schemas.Uint32:
		return strconv.AppendUint(b, uint64(*(*uint32)(at(w.values, 4*i))), 10)
	case schemas.Uint64:
		return strconv.AppendUint(b, *(*uint64)(at(w.values, 8*i)), 10)
	case schemas.Decimal:
		return appendDecimal(b, *(*decimal128.Num)(at(w.values, 16*i)), w.field.Type.Scale)
	case schemas.Date:
		return e.date(b, w, int64(*(*int32)(at(w.values, 4*i))))
	case schemas.Time:
		return e.timeOfDay(b, w, *(*int64)(at(w.values, 8*i)))
	case schemas.UUID:
		return appendUUID(b, span(at(w.values, 16*i), 16))
	case schemas.Binary:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), w.bytes(i)), '"')
	case schemas.Fixed:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), span(at(w.values, i*w.width), w.width)), '"')
	case schemas.JSON:
		return e.raw(b, w, w.bytes(i))
	default:
		return append(b, "null"...)
	}
}

// bytes are what text or binary value i holds.
func (w *writer) bytes(i int) []byte {
	from, to := w.bounds(i)
	return w.data[from:to]
}

func (w *writer) bounds(i int) (from, to int) {
	return int(*(*int32)(at(w.values, 4*i))), int(*(*int32)(at(w.values, 4*i+4)))
}

func (e *encoder) list(b []byte, w *writer, i int) []byte {
	from, to := w.bounds(i)
	b = append(b, '[')
	for k := from; k < to; k++ {
		if k > from {
			b = append(b, ',')
		}
		b = e.value(b, w.element, k)
	}
	return append(b, ']')
}

func (e *encoder) mapping(b []byte, w *writer, i int) []byte {
	from, to := w.bounds(i)
	b = append(b, '{')
	for k := from; k < to; k++ {
		if k > from {
			b = append(b, ',')
		}
		b = e.text(b, w.keyParts, k+w.keyParts.offset)
		b = append(b, ':')
		b = e.value(b, w.element, k)
	}
	return append(b, '}')
}

// double appends the shortest number that reads back as v.
func (e *encoder) double(b []byte, w *writer, v float64, size int) []byte {
	// Up to 15 digits of which up to three stand behind the point: that decimal is the shortest one, since no other of
	// as many digits reads back as the same double.
	if m := v * 1000; size == 64 && m == math.Trunc(m) && m > -1e15 && m < 1e15 && m/1000 == v && (m != 0 || !math.Signbit(v)) {
		return appendThousandths(b, int64(m))
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		e.fail(codeRange, w, strconv.FormatFloat(v, 'g', -1, 64)+" has no form in JSON; expected a finite number")
		return b
	}
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, v, format, -1, size)
}

func appendThousandths(b []byte, m int64) []byte {
	if m < 0 {
		b, m = append(b, '-'), -m
	}
	b = strconv.AppendInt(b, m/1000, 10)
	switch r := m % 1000; {
	case r == 0:
		return b
	case r%100 == 0:
		return append(b, '.', byte('0'+r/100))
	case r%10 == 0:
		return append(b, '.', byte('0'+r/100), byte('0'+r/10%10))
	default:
		return append(b, '.', byte('0'+r/100), byte('0'+r/10%10), byte('0'+r%10))
	}
}
