package expression

import (
	"fmt"
	"math/bits"
)

// opBits are the functions on bits; the value is the function's name.
var opBits = &operation{
	name:    "bits of",
	mayFail: true,
	row: func(_ *rowRun, n *node, args []any) (any, error) {
		x, err := asInt(args[0])
		if err != nil {
			return nil, err
		}
		y := 0
		if len(args) > 1 {
			if y, err = asInt(args[1]); err != nil {
				return nil, err
			}
		}
		r, ok := bitFunction(n.value.(string), int64(x), int64(y))
		if !ok {
			return nil, rowFault{"invalid-shift", fmt.Sprintf("a shift by %d", y)}
		}
		return int(r), nil
	},
	run: func(ev *Evaluator, n *node, rows []int32) *vec {
		name := n.value.(string)
		a := ev.eval(n.args[0], rows)
		b := a
		if len(n.args) > 1 {
			b = ev.eval(n.args[1], rows)
		}
		v := ev.vector(inInts, ev.n)
		v.ok = ev.both(a.ok, b.ok, ev.n)
		each(rows, ev.n, func(i int32) {
			r, ok := bitFunction(name, a.ints[i], b.ints[i])
			v.ints[i] = r
			if !ok && v.has(i) {
				ev.reject(n, v, i, "invalid-shift", fmt.Sprintf("a shift by %d", b.ints[i]))
			}
		})
		if b != a {
			ev.done(b)
		}
		ev.done(a)
		return v
	},
}

func bitFunction(name string, x, y int64) (int64, bool) {
	switch name {
	case "bitand":
		return x & y, true
	case "bitor":
		return x | y, true
	case "bitxor":
		return x ^ y, true
	case "bitnand":
		return x &^ y, true
	case "bitnot":
		return ^x, true
	}
	if y < 0 {
		return 0, false
	}
	shift := uint64(min(y, bits.UintSize))
	switch name {
	case "bitshl":
		return x << shift, true
	case "bitshr":
		return x >> shift, true
	default:
		return int64(uint64(x) >> shift), true
	}
}
