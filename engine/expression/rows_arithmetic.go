package expression

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// wideValue is a whole number in 128 bits.
func wideValue(value any) (wide, bool) {
	switch x := value.(type) {
	case int:
		return wide{int64(x) >> 63, uint64(x)}, true
	case uint64:
		return wide{0, x}, true
	}
	return wide{}, false
}

// rowArithmetic computes + - * / % ** of two values.
func rowArithmetic(sign string) rowFunc {
	return func(r *rowRun, _ *node, args []any) (any, error) {
		a, b := plain(args[0]), plain(args[1])
		if a == nil || b == nil {
			return nil, nil
		}
		return computeValues(r, sign, a, b)
	}
}

func computeValues(r *rowRun, sign string, a, b any) (any, error) {
	x, wholeX := wideValue(a)
	y, wholeY := wideValue(b)
	at := strings.Index("+-*", sign)
	switch {
	case wholeX && wholeY && at >= 0 && len(sign) == 1:
		c, ok := arithmetic(at).apply(x, y)
		if !ok {
			return nil, rowFault{codeOverflow, overflows(a, sign, b)}
		}
		return int(c), nil
	case wholeX && wholeY && sign == "%":
		m, code := remainder(x, y)
		switch code {
		case codeZero:
			return nil, rowFault{code, fmt.Sprintf("%v %% 0 has no value", a)}
		case codeOverflow:
			return nil, rowFault{code, overflows(a, sign, b)}
		}
		return int(m), nil
	}
	if d, ok, err := computeDecimals(sign, a, b); ok {
		return d, err
	}
	if isNumber(a) && isNumber(b) {
		return computeFloats(sign, a, b)
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok && sign == "+" {
			if err := r.spend(len(x) + len(y)); err != nil {
				return nil, err
			}
			return x + y, nil
		}
	case time.Time, time.Duration, float64, int:
		if v, ok, err := computeTimes(sign, a, b); ok {
			return v, err
		}
	}
	return nil, mismatch("`"+sign+"`", a, b)
}

func computeFloats(sign string, a, b any) (any, error) {
	x, errX := asFloat(a)
	y, errY := asFloat(b)
	if errX != nil || errY != nil {
		return nil, mismatch("`"+sign+"`", a, b)
	}
	switch sign {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	case "/":
		return x / y, nil
	case "**":
		return math.Pow(x, y), nil
	case "%":
		if x == math.Trunc(x) && y == math.Trunc(y) && y != 0 && math.Abs(x) < 1<<53 && math.Abs(y) < 1<<53 {
			return int(x) % int(y), nil // whole numbers of a JSON text
		}
	}
	return nil, mismatch("`"+sign+"`", a, b)
}

// computeDecimals is + - * with a decimal on a side and a whole number or decimal on the other.
func computeDecimals(sign string, a, b any) (any, bool, error) {
	x, okX := a.(decimal)
	y, okY := b.(decimal)
	at := strings.Index("+-*", sign)
	if !okX && !okY || at < 0 || len(sign) != 1 {
		return nil, false, nil
	}
	if !okX {
		if x.number, okX = wholeDecimal(a); !okX {
			return nil, false, nil
		}
	}
	if !okY {
		if y.number, okY = wholeDecimal(b); !okY {
			return nil, false, nil
		}
	}
	op := arithmetic(at)
	to := max(x.scale, y.scale)
	if op == multiplication {
		to = min(x.scale+y.scale, maxDigits)
	}
	n, ok := op.scaled(x, y, to)
	if !ok {
		return nil, true, rowFault{codeDecimal, op.tooLong(x, y)}
	}
	return decimal{n, to}, true, nil
}

func wholeDecimal(value any) (decimal128.Num, bool) {
	switch x := value.(type) {
	case int:
		return decimal128.FromI64(int64(x)), true
	case uint64:
		return decimal128.FromU64(x), true
	}
	return decimal128.Num{}, false
}

func rowNegate(_ *rowRun, _ *node, args []any) (any, error) {
	switch x := plain(args[0]).(type) {
	case nil:
		return nil, nil
	case int:
		if x == math.MinInt64 {
			return nil, rowFault{codeOverflow, overflows("", "-", x)}
		}
		return -x, nil
	case uint64:
		if x > 1<<63 {
			return nil, rowFault{codeOverflow, overflows("", "-", x)}
		}
		return int(-x), nil
	case float64:
		return -x, nil
	case decimal:
		return decimal{x.number.Negate(), x.scale}, nil
	case time.Duration:
		if x == math.MinInt64 {
			return nil, rowFault{codeOverflow, overflows("", "-", int64(x))}
		}
		return -x, nil
	default:
		return nil, mismatch("`-`", x)
	}
}

func rowAbs(_ *rowRun, _ *node, args []any) (any, error) {
	switch x := plain(args[0]).(type) {
	case int:
		if x == math.MinInt64 {
			return nil, rowFault{codeOverflow, fmt.Sprintf("abs(%d) is outside of int64", x)}
		}
		return max(x, -x), nil
	case float64:
		return plainAbs(x), nil
	case decimal:
		return decimal{x.number.Abs(), x.scale}, nil
	case uint64:
		return x, nil
	default:
		return nil, mismatch("`abs`", x)
	}
}

func rowConcat(r *rowRun, _ *node, args []any) (any, error) {
	var b strings.Builder
	for _, a := range args {
		s, err := asText(looked(a))
		if err != nil {
			return nil, err
		}
		if err := r.spend(len(s)); err != nil {
			return nil, err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// The operators on JSON values, which only the VM looks into.
var (
	opAddRows      = &operation{name: "+", mayFail: true, makesNulls: true, row: rowArithmetic("+")}
	opSubtractRows = &operation{name: "-", mayFail: true, makesNulls: true, row: rowArithmetic("-")}
	opMultiplyRows = &operation{name: "*", mayFail: true, makesNulls: true, row: rowArithmetic("*")}
	opDivideRows   = &operation{name: "/", mayFail: true, makesNulls: true, row: rowArithmetic("/")}
	opPowerRows    = &operation{name: "**", mayFail: true, makesNulls: true, row: rowArithmetic("**")}
	opModuloRows   = &operation{name: "%", mayFail: true, makesNulls: true, row: rowArithmetic("%")}
	opNegateRows   = &operation{name: "-x", mayFail: true, makesNulls: true, row: rowNegate}
)

// mulOverflows reports whether a product of counts is too large to be counted.
func mulOverflows(a, b int) bool {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return hi != 0 || lo > math.MaxInt64
}
