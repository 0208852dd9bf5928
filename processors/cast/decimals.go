package cast

import (
	"bytes"
	"math"
	"math/bits"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// uint128 is the magnitude of a decimal's digits. Those of arrow-go go through math/big, which allocates.
type uint128 struct{ hi, lo uint64 }

// maxChunk is the largest power of ten in a uint64.
const maxChunk = 19

var pows = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

func (u uint128) less(v uint128) bool { return u.hi < v.hi || u.hi == v.hi && u.lo < v.lo }

// mul returns u*10^k; ok is false when it is more than 128 bits.
func (u uint128) mul(k int) (v uint128, ok bool) {
	for ; k > 0; k -= maxChunk {
		m := pows[min(k, maxChunk)]
		carry, lo := bits.Mul64(u.lo, m)
		over, hi := bits.Mul64(u.hi, m)
		hi, c := bits.Add64(hi, carry, 0)
		if over != 0 || c != 0 {
			return uint128{}, false
		}
		u = uint128{hi, lo}
	}
	return u, true
}

// add returns u*10+digit; ok is false when it is more than 128 bits.
func (u uint128) add(digit byte) (v uint128, ok bool) {
	v, ok = u.mul(1)
	lo, carry := bits.Add64(v.lo, uint64(digit), 0)
	hi, over := bits.Add64(v.hi, 0, carry)
	return uint128{hi, lo}, ok && over == 0
}

// digits returns u with the digits of text behind its own.
func (u uint128) digits(text []byte) (v uint128, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return u, false
		}
		if u, ok = u.add(c - '0'); !ok {
			return u, false
		}
	}
	return u, true
}

// div returns u/10^k for k up to maxChunk, and the remainder.
func (u uint128) div(k int) (q uint128, rest uint64) {
	m := pows[k]
	q.hi, rest = u.hi/m, u.hi%m
	q.lo, rest = bits.Div64(rest, u.lo, m)
	return q, rest
}

// fits reports whether u has at most precision digits.
func (u uint128) fits(precision int) bool {
	limit, _ := uint128{lo: 1}.mul(precision) // 10^38 is less than 2^127
	return u.less(limit)
}

// rescale changes the number of digits behind the point; ok is false when one that is not 0 would be lost.
func (u uint128) rescale(from, to int) (v uint128, ok bool) {
	if to >= from {
		return u.mul(to - from)
	}
	for k := from - to; k > 0; k -= maxChunk {
		var rest uint64
		if u, rest = u.div(min(k, maxChunk)); rest != 0 {
			return u, false
		}
	}
	return u, true
}

func magnitudeOf(n decimal128.Num) (u uint128, negative bool) {
	if n.Sign() < 0 {
		n, negative = n.Negate(), true
	}
	return uint128{uint64(n.HighBits()), n.LowBits()}, negative
}

func (u uint128) number(negative bool) decimal128.Num {
	n := decimal128.New(int64(u.hi), u.lo)
	if negative {
		return n.Negate()
	}
	return n
}

// append writes the digits of u with a point before the last scale of them.
func (u uint128) append(dst []byte, scale int) []byte {
	var digits [40]byte
	at := len(digits)
	for u.hi != 0 || u.lo != 0 || at > len(digits)-scale-1 {
		q, rest := u.div(1)
		at--
		digits[at] = byte('0' + rest)
		u = q
	}
	dst = append(dst, digits[at:len(digits)-scale]...)
	if scale > 0 {
		dst = append(append(dst, '.'), digits[len(digits)-scale:]...)
	}
	return dst
}

// parseDecimal reads digits with at most one point, and fits them into a decimal(precision,scale).
func parseDecimal(text []byte, precision, scale int) (n decimal128.Num, ok bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	whole, fraction, point := bytes.Cut(text, []byte("."))
	if len(whole) == 0 || point && len(fraction) == 0 {
		return n, false
	}
	kept := fraction[:min(len(fraction), scale)]
	if len(bytes.Trim(fraction[len(kept):], "0")) > 0 {
		return n, false
	}
	u, ok := uint128{}.digits(whole)
	if ok {
		u, ok = u.digits(kept)
	}
	if !ok {
		return n, false
	}
	if u, ok = u.mul(scale - len(kept)); !ok || !u.fits(precision) {
		return n, false
	}
	return u.number(negative), true
}

func decimalToDecimal(r *run, in arrow.Array) arrow.Array {
	buf, out := values[decimal128.Num](r, in.Len())
	for i, x := range arrow.GetValues[decimal128.Num](in.Data(), 1) {
		u, negative := magnitudeOf(x)
		u, ok := u.rescale(r.from.Scale, r.to.Scale)
		if !ok || !u.fits(r.to.Precision) {
			r.fail(in, i)
		}
		out[i] = u.number(negative)
	}
	return r.finish(in, buf)
}

func intToDecimal[A integer](r *run, in arrow.Array) arrow.Array {
	buf, out := values[decimal128.Num](r, in.Len())
	for i, x := range arrow.GetValues[A](in.Data(), 1) {
		u, ok := uint128{lo: magnitude(x)}.mul(r.to.Scale)
		if !ok || !u.fits(r.to.Precision) {
			r.fail(in, i)
		}
		out[i] = u.number(x < 0)
	}
	return r.finish(in, buf)
}

func decimalToInt[B integer](r *run, in arrow.Array) arrow.Array {
	buf, out := values[B](r, in.Len())
	for i, x := range arrow.GetValues[decimal128.Num](in.Data(), 1) {
		u, negative := magnitudeOf(x)
		u, ok := u.rescale(r.from.Scale, 0)
		y := B(u.lo)
		if negative {
			y = -y
		}
		out[i] = y
		if !ok || u.hi != 0 || magnitude(y) != u.lo || (y < 0) != (negative && u.lo != 0) {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

// exactDigits is how many decimal digits every float64 keeps, and exactPow the largest power of ten that is one.
const (
	exactDigits = 1e15
	exactPow    = 22
)

// decimalToFloat takes the nearest value. It must read back as the decimal: a float has fewer digits than some have.
func decimalToFloat[B floating](r *run, in arrow.Array) arrow.Array {
	size := 64
	if _, short := any(B(0)).(float32); short {
		size = 32
	}
	buf, out := values[B](r, in.Len())
	scale := r.from.Scale
	for i, x := range arrow.GetValues[decimal128.Num](in.Data(), 1) {
		u, negative := magnitudeOf(x)
		if size == 64 && u.hi == 0 && u.lo <= exactDigits && scale <= exactPow {
			f := float64(u.lo) / math.Pow10(scale) // both are exact, so this is rounded once
			if negative {
				f = -f
			}
			out[i] = B(f)
			continue
		}
		r.buf = r.buf[:0]
		if negative {
			r.buf = append(r.buf, '-')
		}
		r.buf = u.append(r.buf, scale)
		n := len(r.buf)
		f, err := strconv.ParseFloat(view(r.buf), size)
		r.buf = strconv.AppendFloat(r.buf, f, 'f', scale, size)
		out[i] = B(f)
		if err != nil || !bytes.Equal(r.buf[:n], r.buf[n:]) {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

// floatToDecimal goes by the shortest text of a float: 0.1 is 0.1, and not the binary fraction next to it.
func floatToDecimal[A floating](r *run, in arrow.Array) arrow.Array {
	size := 64
	if _, short := any(A(0)).(float32); short {
		size = 32
	}
	buf, out := values[decimal128.Num](r, in.Len())
	for i, x := range arrow.GetValues[A](in.Data(), 1) {
		var ok bool
		if f := float64(x); math.Abs(f) < 1e38 { // neither NaN nor longer than any decimal
			r.buf = strconv.AppendFloat(r.buf[:0], f, 'f', -1, size)
			out[i], ok = parseDecimal(r.buf, r.to.Precision, r.to.Scale)
		}
		if !ok {
			out[i] = decimal128.Num{}
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}
