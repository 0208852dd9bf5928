package json

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// whole reads a plain whole number of up to 18 digits at p; end is nil for whatever is not one.
func whole(p pointer) (v int64, end pointer) {
	q := p
	if byteAt(p, 0) == '-' {
		q = at(p, 1)
	}
	u, n := digits(word(q))
	if n == 8 {
		more, m := digits(word(at(q, 8)))
		u, n = u*pow10[m]+more, 8+m
		if m == 8 {
			if more, m = digits(word(at(q, 16))); m > 2 {
				return 0, nil
			}
			u, n = u*pow10[m]+more, 16+m
		}
	}
	next := byteAt(q, n)
	if n == 0 || n > 1 && byteAt(q, 0) == '0' || next == '.' || next|0x20 == 'e' {
		return 0, nil
	}
	if q != p {
		return -int64(u), at(q, n)
	}
	return int64(u), at(q, n)
}

// number is the parts of a number that is grammatically right.
type number struct {
	negative bool
	digits   pointer // of the part before the point
	whole    int     // how many they are
	places   int     // digits behind the point
	exponent int     // saturated far outside of what fits anything
	end      pointer
}

// maxExponent exceeds what the digits of the longest frame can make up for.
const maxExponent = 1 << 40

// number takes the number at p apart; ok is false when there is none, and then end is where it went wrong.
func parseNumber(p pointer) (n number, ok bool) {
	if byteAt(p, 0) == '-' {
		n.negative = true
		p = at(p, 1)
	}
	n.digits, n.end = p, p
	n.whole = countDigits(p)
	if n.whole == 0 || n.whole > 1 && byteAt(p, 0) == '0' {
		return n, false
	}
	p = at(p, n.whole)
	n.end = p
	if byteAt(p, 0) == '.' {
		n.places = countDigits(at(p, 1))
		p = at(p, 1+n.places)
		if n.end = p; n.places == 0 {
			return n, false
		}
	}
	if byteAt(p, 0)|0x20 == 'e' {
		sign := 1
		p = at(p, 1)
		switch byteAt(p, 0) {
		case '-':
			sign = -1
			p = at(p, 1)
		case '+':
			p = at(p, 1)
		}
		count := countDigits(p)
		n.end = p
		for i := range count {
			n.exponent = min(n.exponent*10+int(byteAt(p, i)-'0'), maxExponent)
		}
		n.exponent *= sign
		p = at(p, count)
		if count == 0 {
			return n, false
		}
	}
	n.end = p
	return n, true
}

func countDigits(p pointer) (n int) {
	for {
		_, m := digits(word(at(p, n)))
		if n += m; m < 8 {
			return n
		}
	}
}

// digit is digit i of n, the point left out.
func (n *number) digit(i int) uint64 {
	if i >= n.whole {
		i++
	}
	return uint64(byteAt(n.digits, i) - '0')
}

// fit says why a number has no exact value.
type fit uint8

const (
	fits     fit = iota
	tooLarge     // more than 38 digits
	tooFine      // digits behind the last place that are not zero
)

// scaled is the number times 10^scale, exactly.
func (n *number) scaled(scale int) (decimal128.Num, fit) {
	from, to := 0, n.whole+n.places
	for from < to && n.digit(from) == 0 {
		from++
	}
	for to > from && n.digit(to-1) == 0 {
		to--
	}
	if from == to {
		return decimal128.Num{}, fits
	}
	shift := n.exponent + n.whole - to + scale // the digits in [from, to) times 10^shift
	switch {
	case shift < 0:
		return decimal128.Num{}, tooFine
	case to-from+shift > 38:
		return decimal128.Num{}, tooLarge
	}
	var hi, lo uint64
	for i := from; i < to+shift; i++ {
		var carry, d uint64
		if i < to {
			d = n.digit(i)
		}
		top, low := bits.Mul64(lo, 10)
		lo, carry = bits.Add64(low, d, 0)
		hi = hi*10 + top + carry
	}
	v := decimal128.New(int64(hi), lo)
	if n.negative {
		v = v.Negate()
	}
	return v, fits
}

// integer is the slow path of the integer kinds: 19 digits and more, fractions of zeros, exponents, and what fails.
func (d *decoder) integer(c *column, i int, p pointer) pointer {
	n, ok := parseNumber(p)
	if !ok {
		return d.notNumber(c, n, p)
	}
	v, fit := n.scaled(0)
	switch {
	case fit == tooFine:
		return d.fail(codeType, c, p, "")
	case fit == tooLarge, !within(v, c.low, c.high):
		return d.fail(codeRange, c, p, "")
	}
	c.store(i, v.LowBits())
	return n.end
}

// within reports whether low <= v <= high.
func within(v decimal128.Num, low int64, high uint64) bool {
	return v.Cmp(decimal128.FromI64(low)) >= 0 && v.Cmp(decimal128.FromU64(high)) <= 0
}

// decimal keeps the exact value: as many digits behind the point as there are places, or zeros.
func (d *decoder) decimal(c *column, i int, p pointer) pointer {
	precision, scale := c.field.Type.Precision, c.field.Type.Scale
	n, ok := parseNumber(p)
	if !ok {
		return d.notNumber(c, n, p)
	}
	v, fit := n.scaled(scale)
	if fit != fits || !v.FitsInPrecision(int32(precision)) {
		return d.fail(codeRange, c, p, "")
	}
	*(*decimal128.Num)(at(c.values, 16*i)) = v
	return n.end
}

// skipNumber returns what follows the number at p, or nil.
func (d *decoder) skipNumber(p pointer) pointer {
	if _, end := fraction(p); end != nil {
		return end
	}
	n, ok := parseNumber(p)
	if !ok {
		return d.notNumber(nil, n, p)
	}
	return n.end
}

// notNumber is the failure for what stands at p in place of a number; n is as much of one as there was.
func (d *decoder) notNumber(c *column, n number, p pointer) pointer {
	if b := byteAt(p, 0); b != '-' && (b < '0' || b > '9') {
		if c == nil {
			return d.syntax(p, "a value")
		}
		return d.mismatch(c, p)
	}
	return d.syntax(n.end, "a number, as JSON writes one")
}
