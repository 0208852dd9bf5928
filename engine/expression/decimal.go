package expression

import (
	"errors"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/iggy-flow/iggy-flow/schemas"
)

var errDigits = errors.New("more than 38 digits")

// powers are 10^0 to 10^38.
var powers = func() (p [maxDigits + 1]decimal128.Num) {
	p[0] = decimal128.FromU64(1)
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1].Mul(decimal128.FromU64(10))
	}
	return p
}()

// within38 reports whether n has at most 38 digits.
func within38(n decimal128.Num) bool {
	return n.Abs().Less(powers[maxDigits])
}

// scaledUp is n * 10^by; ok is false when it has more than 38 digits.
func scaledUp(n decimal128.Num, by int32) (decimal128.Num, bool) {
	if n == (decimal128.Num{}) || by == 0 {
		return n, true
	}
	if by > maxDigits || !n.Abs().Less(powers[maxDigits-by]) {
		return n, false
	}
	return n.Mul(powers[by]), true
}

// rescaled is d with another scale; ok is false when it does not fit, or when digits that are not zero would be lost.
func rescaled(d decimal, scale int32) (decimal, bool) {
	if scale >= d.scale {
		n, ok := scaledUp(d.number, scale-d.scale)
		return decimal{n, scale}, ok
	}
	q, r := d.number.Div(powers[d.scale-scale])
	return decimal{q, scale}, r == (decimal128.Num{})
}

// compareDecimals compares a / 10^s with b / 10^t.
func compareDecimals(a decimal128.Num, s int32, b decimal128.Num, t int32) int {
	if s < t {
		up, ok := scaledUp(a, t-s)
		if !ok {
			return a.Sign() // beyond everything that b can be
		}
		return up.Cmp(b)
	}
	if s > t {
		return -compareDecimals(b, t, a, s)
	}
	return a.Cmp(b)
}

// apply computes + - or * of numbers of equal scale (any scale for *), exactly; ok is false beyond 38 digits.
func (sign arithmetic) decimals(a, b decimal128.Num) (decimal128.Num, bool) {
	switch sign {
	case addition:
		c := a.Add(b) // below 2 * 10^38, which 127 bits cannot hold for sure: the signs tell
		if a.Sign() == b.Sign() && a.Sign() != 0 && c.Sign() != a.Sign() {
			return c, false
		}
		return c, within38(c)
	case subtraction:
		return addition.decimals(a, b.Negate())
	default:
		if small(a) && small(b) {
			c := a.Mul(b)
			return c, within38(c)
		}
		product := new(big.Int).Mul(a.BigInt(), b.BigInt())
		if product.CmpAbs(powers[maxDigits].BigInt()) >= 0 {
			return decimal128.Num{}, false
		}
		return decimal128.FromBigInt(product), true
	}
}

// small reports whether n fits 63 bits, so that a product of two fits 127.
func small(n decimal128.Num) bool {
	high := n.HighBits()
	return high == 0 && n.LowBits()>>62 == 0 || high == -1 && n.LowBits()>>62 == 3
}

// decimalType is the type of a result: as many digits as it can need, and at most 38.
func (sign arithmetic) decimalType(t, u schemas.Type) schemas.Type {
	if sign == multiplication {
		scale := t.Scale + u.Scale
		if scale > maxDigits {
			scale = maxDigits
		}
		return schemas.DecimalOf(min(t.Precision+u.Precision, maxDigits), scale)
	}
	scale := max(t.Scale, u.Scale)
	whole := max(t.Precision-t.Scale, u.Precision-u.Scale) + 1
	return schemas.DecimalOf(min(whole+scale, maxDigits), scale)
}

// decimalOfText reads a decimal such as -12.50 or 1e-3.
func decimalOfText(text string) (decimal, error) {
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.Atoi(text[i+1:])
		if err != nil || e < -2*maxDigits || e > 2*maxDigits {
			return decimal{}, errDigits
		}
		mantissa, exponent = text[:i], e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	scale := len(fraction) - exponent
	n, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return decimal{}, errors.New("not a number")
	}
	ten := big.NewInt(10)
	for ; scale < 0 && n.BitLen() < 256; scale++ {
		n.Mul(n, ten)
	}
	for scale > maxDigits {
		var r big.Int
		q, _ := new(big.Int).QuoRem(n, ten, &r)
		if r.Sign() != 0 {
			return decimal{}, errDigits
		}
		n, scale = q, scale-1
	}
	if n.CmpAbs(powers[maxDigits].BigInt()) >= 0 {
		return decimal{}, errDigits
	}
	return decimal{decimal128.FromBigInt(n), int32(scale)}, nil
}

// typeOfDecimal is the narrowest type of a constant.
func typeOfDecimal(d decimal) schemas.Type {
	digits := int32(1)
	for digits < maxDigits && !d.number.Abs().Less(powers[digits]) {
		digits++
	}
	return schemas.DecimalOf(int(max(digits, d.scale)), int(d.scale))
}

func decimalNumber(value any) decimal128.Num {
	d, _ := value.(decimal)
	return d.number
}

// String is d without an exponent.
func (d decimal) String() string { return d.number.ToString(d.scale) }

// float is the nearest double.
func (d decimal) float() float64 {
	f, err := strconv.ParseFloat(d.String(), 64)
	if err != nil {
		return d.number.ToFloat64(d.scale)
	}
	return f
}

// The operations on decimals. Operands of + and - are brought to the scale of the result.
var (
	opDecimals      = [...]*operation{decimalOperation(addition), decimalOperation(subtraction), decimalOperation(multiplication)}
	opNegateDecimal = decimal1("-decimal", decimal128.Num.Negate, rowNegate)
	opAbsDecimal    = decimal1("abs decimal", decimal128.Num.Abs, rowAbs)
)

const codeDecimal = "decimal-overflow"

func decimalOperation(sign arithmetic) *operation {
	return &operation{
		name:    signs[sign] + " decimal",
		mayFail: true,
		row:     rowArithmetic(signs[sign]),
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
			v := ev.vector(inDecimals, ev.n)
			v.ok = ev.both(a.ok, b.ok, ev.n)
			s, t := int32(n.args[0].typ.Scale), int32(n.args[1].typ.Scale)
			to := int32(n.typ.Scale)
			each(rows, ev.n, func(i int32) {
				if !v.has(i) {
					return
				}
				r, ok := sign.scaled(decimal{a.decs[i], s}, decimal{b.decs[i], t}, to)
				v.decs[i] = r
				if !ok {
					ev.reject(n, v, i, codeDecimal, sign.tooLong(decimal{a.decs[i], s}, decimal{b.decs[i], t}))
				}
			})
			ev.done(a)
			ev.done(b)
			return v
		},
	}
}

func (sign arithmetic) tooLong(a, b decimal) string {
	return a.String() + " " + signs[sign] + " " + b.String() + " has more than 38 digits"
}

// scaled computes a result of a scale.
func (sign arithmetic) scaled(a, b decimal, to int32) (decimal128.Num, bool) {
	if sign == multiplication {
		r, ok := sign.decimals(a.number, b.number)
		if !ok {
			return r, false
		}
		d, ok := rescaled(decimal{r, a.scale + b.scale}, to)
		return d.number, ok
	}
	x, okX := scaledUp(a.number, to-a.scale)
	y, okY := scaledUp(b.number, to-b.scale)
	if !okX || !okY {
		return decimal128.Num{}, false
	}
	return sign.decimals(x, y)
}

func decimal1(name string, f func(decimal128.Num) decimal128.Num, row rowFunc) *operation {
	return &operation{
		name: name,
		row:  row,
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a := ev.eval(n.args[0], rows)
			v := ev.vector(inDecimals, ev.n)
			v.ok = a.ok
			each(rows, ev.n, func(i int32) { v.decs[i] = f(a.decs[i]) })
			ev.done(a)
			return v
		},
	}
}
