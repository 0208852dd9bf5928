package expression

import (
	"math"
	"math/bits"
)

// wide is a whole number of 128 bits.
type wide struct {
	high int64
	low  uint64
}

func wideOf(v *vec, i int32) wide {
	if v.store == inUints {
		return wide{0, v.uints[i]}
	}
	return wide{v.ints[i] >> 63, uint64(v.ints[i])}
}

func wideOperation(sign arithmetic) *operation {
	return &operation{
		name:    signs[sign] + " wide",
		mayFail: true,
		row:     rowArithmetic(signs[sign]),
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
			v := ev.vector(inInts, ev.n)
			v.ok = ev.both(a.ok, b.ok, ev.n)
			each(rows, ev.n, func(i int32) {
				c, ok := sign.apply(wideOf(a, i), wideOf(b, i))
				v.ints[i] = c
				if !ok && v.has(i) {
					ev.reject(n, v, i, codeOverflow, overflows(whole(a, i), signs[sign], whole(b, i)))
				}
			})
			ev.done(a)
			ev.done(b)
			return v
		},
	}
}

// whole is a whole number for a message.
func whole(v *vec, i int32) any {
	if v.store == inUints {
		return v.uints[i]
	}
	return v.ints[i]
}

// apply computes a result of two 64-bit numbers, which fits 128 bits; ok tells whether it fits an int64.
func (sign arithmetic) apply(a, b wide) (int64, bool) {
	var r wide
	var carry uint64
	switch sign {
	case addition:
		r.low, carry = bits.Add64(a.low, b.low, 0)
		r.high = a.high + b.high + int64(carry)
	case subtraction:
		r.low, carry = bits.Sub64(a.low, b.low, 0)
		r.high = a.high - b.high - int64(carry)
	default:
		hi, lo := bits.Mul64(a.low, b.low)
		r.low = lo
		r.high = int64(hi) + a.high*int64(b.low) + b.high*int64(a.low)
		// A product of two unsigned numbers may not even fit 127 bits.
		if a.high == 0 && b.high == 0 && hi>>63 != 0 {
			return int64(lo), false
		}
	}
	return int64(r.low), r.high == int64(r.low)>>63
}

// remainder has the sign of a, as in Go.
func remainder(a, b wide) (r int64, code string) {
	x, y := a.low, b.low
	if a.high < 0 {
		x = -x
	}
	if b.high < 0 {
		y = -y
	}
	if y == 0 {
		return 0, codeZero
	}
	m := x % y
	if a.high < 0 {
		return -int64(m), ""
	}
	if m > math.MaxInt64 {
		return 0, codeOverflow
	}
	return int64(m), ""
}
