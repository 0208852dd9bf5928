package cast

import (
	"encoding/hex"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// toText writes values as they are read again: through one buffer, no text of its own for any.
func toText(r *run, in arrow.Array) arrow.Array {
	b := array.NewStringBuilder(r.mem)
	defer b.Release()
	b.Reserve(in.Len())
	add := writer(r.from, in)
	for i := range in.Len() {
		if in.IsNull(i) {
			b.AppendNull()
			continue
		}
		var ok bool
		if r.buf, ok = add(r.buf[:0], i); !ok {
			r.fail(in, i)
		}
		b.BinaryBuilder.Append(r.buf)
	}
	return b.NewArray()
}

// text is one value as toText writes it, for messages.
func (r *run) text(in arrow.Array, row int) (string, bool) {
	add := writer(r.from, in)
	if add == nil {
		return "", false
	}
	buf, ok := add(nil, row)
	return string(buf), ok
}

// writer returns what appends value i of in as text; ok is false where there is no text that reads back.
func writer(t schemas.Type, in arrow.Array) func(dst []byte, i int) (out []byte, ok bool) {
	switch a := in.(type) {
	case *array.Int8:
		return ints(a.Int8Values())
	case *array.Int16:
		return ints(a.Int16Values())
	case *array.Int32:
		return ints(a.Int32Values())
	case *array.Int64:
		return ints(a.Int64Values())
	case *array.Uint8:
		return uints(a.Uint8Values())
	case *array.Uint16:
		return uints(a.Uint16Values())
	case *array.Uint32:
		return uints(a.Uint32Values())
	case *array.Uint64:
		return uints(a.Uint64Values())
	case *array.Float32:
		values := a.Float32Values()
		return func(dst []byte, i int) ([]byte, bool) { return appendFloat(dst, float64(values[i]), 32), true }
	case *array.Float64:
		values := a.Float64Values()
		return func(dst []byte, i int) ([]byte, bool) { return appendFloat(dst, values[i], 64), true }
	case *array.Decimal128:
		values := a.Values()
		return func(dst []byte, i int) ([]byte, bool) {
			u, negative := magnitudeOf(values[i])
			if negative {
				dst = append(dst, '-')
			}
			return u.append(dst, t.Scale), true
		}
	case *array.Boolean:
		return func(dst []byte, i int) ([]byte, bool) { return strconv.AppendBool(dst, a.Value(i)), true }
	case *array.Date32:
		return func(dst []byte, i int) ([]byte, bool) {
			return appendTime(dst, time.Unix(int64(a.Value(i))*secondsPerDay, 0), time.DateOnly)
		}
	case *array.Time64:
		return func(dst []byte, i int) ([]byte, bool) {
			return appendTime(dst, time.UnixMicro(int64(a.Value(i))), "15:04:05.999999")
		}
	case *array.Timestamp:
		return func(dst []byte, i int) ([]byte, bool) { return appendInstant(dst, int64(a.Value(i)), t.Kind) }
	case *array.FixedSizeBinary:
		if t.Kind == schemas.UUID {
			return func(dst []byte, i int) ([]byte, bool) { return appendUUID(dst, a.Value(i)), true }
		}
	}
	return nil
}

func ints[T signed](values []T) func([]byte, int) ([]byte, bool) {
	return func(dst []byte, i int) ([]byte, bool) { return strconv.AppendInt(dst, int64(values[i]), 10), true }
}

func uints[T unsigned](values []T) func([]byte, int) ([]byte, bool) {
	return func(dst []byte, i int) ([]byte, bool) { return strconv.AppendUint(dst, uint64(values[i]), 10), true }
}

// appendFloat writes the shortest text, as expressions and fmt do: with an exponent from 1e21 on and below 1e-4.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if m := math.Abs(f); m != 0 && (m < 1e-4 || m >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

// appendTime writes a time whose year has four digits.
func appendTime(dst []byte, at time.Time, layout string) ([]byte, bool) {
	at = at.UTC()
	if at.Year() < 0 || at.Year() > 9999 {
		return dst, false
	}
	return at.AppendFormat(dst, layout), true
}

func appendInstant(dst []byte, x int64, k schemas.Kind) ([]byte, bool) {
	switch k {
	case schemas.TimestampNS:
		return appendTime(dst, time.Unix(0, x), time.RFC3339Nano)
	case schemas.LocalTimestamp:
		return appendTime(dst, time.UnixMicro(x), "2006-01-02T15:04:05.999999")
	default:
		return appendTime(dst, time.UnixMicro(x), time.RFC3339Nano)
	}
}

func appendUUID(dst, id []byte) []byte {
	for i, n := range [...]int{4, 2, 2, 2, 6} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, id[:n])
		id = id[n:]
	}
	return dst
}

// bytesToText takes bytes that are UTF-8, where they stand.
func bytesToText(r *run, in arrow.Array) arrow.Array {
	t := textsOf(in)
	for i := range in.Len() {
		if !utf8.Valid(t.at(i)) {
			r.fail(in, i)
		}
	}
	return retype(r, in)
}

// bytesToFixed takes bytes, or those of a text, of the one length.
func bytesToFixed(r *run, in arrow.Array) arrow.Array {
	size := r.dt.(*arrow.FixedSizeBinaryType).ByteWidth
	buf, out := values[byte](r, size*in.Len())
	t := textsOf(in)
	for i := range in.Len() {
		at := out[size*i : size*(i+1)]
		clear(at)
		if copy(at, t.at(i)) != size || len(t.at(i)) != size {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

func fixedToBytes(r *run, in arrow.Array) arrow.Array {
	a := in.(*array.FixedSizeBinary)
	b := array.NewBinaryBuilder(r.mem, arrow.BinaryTypes.Binary)
	defer b.Release()
	b.Reserve(in.Len())
	for i := range in.Len() {
		if in.IsNull(i) {
			b.AppendNull()
			continue
		}
		b.Append(a.Value(i))
	}
	return b.NewArray()
}
