package cast

import (
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

type signed interface{ int8 | int16 | int32 | int64 }

type unsigned interface {
	uint8 | uint16 | uint32 | uint64
}

type integer interface{ signed | unsigned }

type floating interface{ float32 | float64 }

func intToInt[A, B integer](r *run, in arrow.Array) arrow.Array {
	buf, out := values[B](r, in.Len())
	for i, x := range arrow.GetValues[A](in.Data(), 1) {
		y := B(x)
		out[i] = y
		if A(y) != x || (y < 0) != (x < 0) {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

// intToFloat takes a number whose digits, but for zeros at their end, fit into the fraction of B.
func intToFloat[A integer, B floating](r *run, in arrow.Array) arrow.Array {
	digits := 53
	if _, short := any(B(0)).(float32); short {
		digits = 24
	}
	buf, out := values[B](r, in.Len())
	for i, x := range arrow.GetValues[A](in.Data(), 1) {
		out[i] = B(x)
		m := magnitude(x)
		if bits.Len64(m)-bits.TrailingZeros64(m) > digits {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

// magnitude is x without its sign.
func magnitude[A integer](x A) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func floatToInt[A floating, B integer](r *run, in arrow.Array) arrow.Array {
	lo, hi := bounds[B]()
	buf, out := values[B](r, in.Len())
	for i, x := range arrow.GetValues[A](in.Data(), 1) {
		f := float64(x)
		// What Go converts beyond the range differs between processors: look before.
		if !(f >= lo && f < hi) || f != math.Trunc(f) {
			out[i] = 0
			r.fail(in, i)
			continue
		}
		out[i] = B(f)
	}
	return r.finish(in, buf)
}

// bounds are the least value of B and the first beyond its range: both are exact as a float64.
func bounds[B integer]() (lo, hi float64) {
	switch any(B(0)).(type) {
	case int8:
		return math.MinInt8, 1 << 7
	case int16:
		return math.MinInt16, 1 << 15
	case int32:
		return math.MinInt32, 1 << 31
	case int64:
		return math.MinInt64, 1 << 63
	case uint8:
		return 0, 1 << 8
	case uint16:
		return 0, 1 << 16
	case uint32:
		return 0, 1 << 32
	default:
		return 0, 1 << 64
	}
}

// floatToFloat takes the nearest value. A finite one that becomes infinite does not fit.
func floatToFloat[A, B floating](r *run, in arrow.Array) arrow.Array {
	buf, out := values[B](r, in.Len())
	for i, x := range arrow.GetValues[A](in.Data(), 1) {
		y := B(x)
		out[i] = y
		if math.IsInf(float64(y), 0) && !math.IsInf(float64(x), 0) {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

func intToBool[A integer](r *run, in arrow.Array) arrow.Array {
	b := array.NewBooleanBuilder(r.mem)
	defer b.Release()
	b.Reserve(in.Len())
	for i, x := range arrow.GetValues[A](in.Data(), 1) {
		if in.IsNull(i) {
			b.UnsafeAppendBoolToBitmap(false)
			continue
		}
		b.UnsafeAppend(x == 1)
		if x != 0 && x != 1 {
			r.fail(in, i)
		}
	}
	return b.NewArray()
}

func boolToInt[B integer](r *run, in arrow.Array) arrow.Array {
	a := in.(*array.Boolean)
	buf, out := values[B](r, in.Len())
	for i := range out {
		out[i] = 0
		if a.Value(i) {
			out[i] = 1
		}
	}
	return r.finish(in, buf)
}
