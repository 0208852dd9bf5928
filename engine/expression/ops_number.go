package expression

import (
	"fmt"
	"math"
	"math/bits"
)

// arithmetic is + - or *.
type arithmetic uint8

const (
	addition arithmetic = iota
	subtraction
	multiplication
)

var signs = [...]string{"+", "-", "*"}

// The codes of row errors in arithmetic.
const (
	codeOverflow = "int-overflow"
	codeZero     = "division-by-zero"
)

// Whole numbers: the result is an int64, and one outside of it fails the row.
var (
	opAddInt      = intOperation(addition)
	opSubtractInt = intOperation(subtraction)
	opMultiplyInt = intOperation(multiplication)
	opModulo      = &operation{name: "%", mayFail: true, run: (*Evaluator).modulo, row: rowArithmetic("%")}
	opModuloWide  = &operation{name: "% wide", mayFail: true, run: (*Evaluator).moduloWide, row: rowArithmetic("%")}
	opNegateInt   = &operation{name: "-int", mayFail: true, run: (*Evaluator).negateInt, row: rowNegate}
	opNegateUint  = &operation{name: "-uint", mayFail: true, run: (*Evaluator).negateUint, row: rowNegate}
	opAbsInt      = &operation{name: "abs int", mayFail: true, run: (*Evaluator).absInt, row: rowAbs}
)

// opWide is arithmetic with a uint64, computed in 128 bits.
var opWide = [...]*operation{wideOperation(addition), wideOperation(subtraction), wideOperation(multiplication)}

var (
	opDivide      = floatOperation("/", func(a, b float64) float64 { return a / b }, divideFloats)
	opPower       = floatOperation("**", math.Pow, nil)
	opNegateFloat = float1("-float", func(x float64) float64 { return -x }, rowNegate)
	opAbsFloat    = float1("abs float", plainAbs, rowAbs)
	opCeil        = float1("ceil", math.Ceil, nil)
	opFloor       = float1("floor", math.Floor, nil)
	opRound       = float1("round", math.Round, nil)
)

func intOperation(sign arithmetic) *operation {
	return &operation{
		name:    signs[sign] + " int",
		mayFail: true,
		run:     func(ev *Evaluator, n *node, rows []int32) *vec { return ev.ints2(sign, n, rows) },
		row:     rowArithmetic(signs[sign]),
	}
}

// checked is one operation on int64; ok is false when the result is outside.
func (sign arithmetic) checked(a, b int64) (c int64, ok bool) {
	switch sign {
	case addition:
		c = a + b
		return c, (a^c)&(b^c) >= 0
	case subtraction:
		c = a - b
		return c, (a^b)&(a^c) >= 0
	default:
		hi, lo := bits.Mul64(uint64(a), uint64(b))
		high := int64(hi) - a>>63&b - b>>63&a
		return int64(lo), high == int64(lo)>>63
	}
}

// ints2 computes + - * of whole numbers.
func (ev *Evaluator) ints2(sign arithmetic, n *node, rows []int32) *vec {
	a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
	v := ev.vector(inInts, ev.n)
	v.ok = ev.both(a.ok, b.ok, ev.n)
	var over int64 // negative when a row, perhaps a null one, went outside
	if rows == nil {
		x, y, out := a.ints[:ev.n], b.ints[:ev.n], v.ints[:ev.n]
		switch sign {
		case addition:
			for i := range out {
				c := x[i] + y[i]
				over |= (x[i] ^ c) & (y[i] ^ c)
				out[i] = c
			}
		case subtraction:
			for i := range out {
				c := x[i] - y[i]
				over |= (x[i] ^ y[i]) & (x[i] ^ c)
				out[i] = c
			}
		default:
			for i := range out {
				hi, lo := bits.Mul64(uint64(x[i]), uint64(y[i]))
				high := int64(hi) - x[i]>>63&y[i] - y[i]>>63&x[i]
				over |= -(high ^ int64(lo)>>63) | (high ^ int64(lo)>>63)
				out[i] = int64(lo)
			}
		}
	} else {
		for _, i := range rows {
			c, ok := sign.checked(a.ints[i], b.ints[i])
			v.ints[i] = c
			over |= int64(bit(ok)) - 1
		}
	}
	if over < 0 {
		each(rows, ev.n, func(i int32) {
			if _, ok := sign.checked(a.ints[i], b.ints[i]); !ok && v.has(i) {
				ev.reject(n, v, i, codeOverflow, overflows(a.ints[i], signs[sign], b.ints[i]))
			}
		})
	}
	ev.done(a)
	ev.done(b)
	return v
}

func overflows(a any, sign string, b any) string {
	return fmt.Sprintf("%v %s %v is outside of int64", a, sign, b)
}

func (ev *Evaluator) modulo(n *node, rows []int32) *vec {
	a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
	v := ev.vector(inInts, ev.n)
	v.ok = ev.both(a.ok, b.ok, ev.n)
	each(rows, ev.n, func(i int32) {
		if b.ints[i] != 0 {
			v.ints[i] = a.ints[i] % b.ints[i]
		} else if v.has(i) {
			ev.reject(n, v, i, codeZero, fmt.Sprintf("%d %% 0 has no value", a.ints[i]))
		}
	})
	ev.done(a)
	ev.done(b)
	return v
}

func (ev *Evaluator) negateInt(n *node, rows []int32) *vec {
	a := ev.eval(n.args[0], rows)
	v := ev.vector(inInts, ev.n)
	v.ok = a.ok
	each(rows, ev.n, func(i int32) {
		v.ints[i] = -a.ints[i]
		if a.ints[i] == math.MinInt64 && a.has(i) {
			ev.reject(n, v, i, codeOverflow, overflows("", "-", a.ints[i]))
		}
	})
	ev.done(a)
	return v
}

func (ev *Evaluator) negateUint(n *node, rows []int32) *vec {
	a := ev.eval(n.args[0], rows)
	v := ev.vector(inInts, ev.n)
	v.ok = a.ok
	each(rows, ev.n, func(i int32) {
		v.ints[i] = -int64(a.uints[i])
		if a.uints[i] > 1<<63 && a.has(i) {
			ev.reject(n, v, i, codeOverflow, overflows("", "-", a.uints[i]))
		}
	})
	ev.done(a)
	return v
}

func (ev *Evaluator) absInt(n *node, rows []int32) *vec {
	a := ev.eval(n.args[0], rows)
	v := ev.vector(inInts, ev.n)
	v.ok = a.ok
	each(rows, ev.n, func(i int32) {
		v.ints[i] = max(a.ints[i], -a.ints[i])
		if a.ints[i] == math.MinInt64 && a.has(i) {
			ev.reject(n, v, i, codeOverflow, fmt.Sprintf("abs(%d) is outside of int64", a.ints[i]))
		}
	})
	ev.done(a)
	return v
}

func (ev *Evaluator) moduloWide(n *node, rows []int32) *vec {
	a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
	v := ev.vector(inInts, ev.n)
	v.ok = ev.both(a.ok, b.ok, ev.n)
	each(rows, ev.n, func(i int32) {
		if !v.has(i) {
			return
		}
		x, y := wideOf(a, i), wideOf(b, i)
		r, code := remainder(x, y)
		v.ints[i] = r
		switch code {
		case codeZero:
			ev.reject(n, v, i, code, fmt.Sprintf("%v %% 0 has no value", whole(a, i)))
		case codeOverflow:
			ev.reject(n, v, i, code, overflows(whole(a, i), "%", whole(b, i)))
		}
	})
	ev.done(a)
	ev.done(b)
	return v
}
