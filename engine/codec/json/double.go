package json

import (
	"strconv"
	"unsafe"
)

// fraction reads a number of up to 7 digits, and up to 7 behind a point, without an exponent; end is nil for whatever is
// not one. It is exact: the digits are below 2^53 and one division by a power of ten rounds correctly.
func fraction(p pointer) (v float64, end pointer) {
	q := p
	if byteAt(p, 0) == '-' {
		q = at(p, 1)
	}
	u, n := digits(word(q))
	if n == 0 || n == 8 || n > 1 && byteAt(q, 0) == '0' {
		return 0, nil
	}
	if byteAt(q, n) == '.' {
		f, m := digits(word(at(q, n+1)))
		if m == 0 || m == 8 {
			return 0, nil
		}
		n += 1 + m
		v = float64(u*pow10[m]+f) / float10[m]
	} else {
		v = float64(u)
	}
	if byteAt(q, n)|0x20 == 'e' {
		return 0, nil
	}
	if q != p {
		v = -v
	}
	return v, at(q, n)
}

// double is the slow path of the floating kinds. The result is correctly rounded to size bits.
func (d *decoder) double(c *column, p pointer, size int) (float64, pointer) {
	n, ok := parseNumber(p)
	if !ok {
		return 0, d.notNumber(c, n, p)
	}
	if count, exponent := n.whole+n.places, n.exponent-n.places; size == 64 && count <= 18 && exponent >= -22 && exponent <= 22 {
		var u uint64
		for i := range count {
			u = u*10 + n.digit(i)
		}
		if u < 1<<53 {
			v := float64(u)
			if exponent < 0 {
				v /= float10[-exponent]
			} else {
				v *= float10[exponent]
			}
			if n.negative {
				v = -v
			}
			return v, n.end
		}
	}
	// ParseFloat does not keep the string, which ends with the frame.
	length := distance(p, n.end)
	v, err := strconv.ParseFloat(unsafe.String((*byte)(p), length), size)
	if err != nil {
		return 0, d.fail(codeRange, c, p, "")
	}
	return v, n.end
}
