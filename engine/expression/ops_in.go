package expression

import "math"

// Membership: a null on either side of in is null; a null element is equal to nothing.
var (
	opInSet = &operation{
		name: "in set",
		is:   isIn,
		row:  func(_ *rowRun, n *node, args []any) (any, error) { return n.value.(*set).has(args[0]), nil },
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			s := n.value.(*set)
			a := ev.eval(n.args[0], rows)
			v := ev.vector(inBools, ev.n)
			v.ok = a.ok
			each(rows, ev.n, func(i int32) { v.bools[i] = bit(s.holds(a, i)) })
			ev.done(a)
			return v
		},
	}
	opInRange = &operation{
		name: "in range",
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			from, err := asInt(args[1])
			if err != nil {
				return nil, err
			}
			to, err := asInt(args[2])
			if err != nil {
				return nil, err
			}
			if f, ok := args[0].(float64); ok {
				return floatInRange(f, int64(from), int64(to)), nil
			}
			x, err := asInt(args[0])
			return from <= x && x <= to, err
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a, from, to := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows), ev.eval(n.args[2], rows)
			v := ev.vector(inBools, ev.n)
			v.ok = ev.both(ev.both(a.ok, from.ok, ev.n), to.ok, ev.n)
			if a.store == inFloats {
				each(rows, ev.n, func(i int32) { v.bools[i] = bit(floatInRange(a.floats[i], from.ints[i], to.ints[i])) })
			} else {
				each(rows, ev.n, func(i int32) { v.bools[i] = bit(from.ints[i] <= a.ints[i] && a.ints[i] <= to.ints[i]) })
			}
			ev.done(a)
			ev.done(from)
			ev.done(to)
			return v
		},
	}
	opInRows = &operation{name: "in", mayFail: true, row: func(_ *rowRun, _ *node, args []any) (any, error) { return rowIn(args[0], args[1]) }}
)

// floatInRange reports whether x is one of the whole numbers from..to.
func floatInRange(x float64, from, to int64) bool {
	return x == math.Trunc(x) && compareIntFloat(from, x) <= 0 && compareIntFloat(to, x) >= 0
}
