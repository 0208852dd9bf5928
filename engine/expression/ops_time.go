package expression

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

const (
	codeDate     = "invalid-date"
	codeInstant  = "timestamp-overflow"
	daySeconds   = 86400
	microsOfDay  = daySeconds * 1_000_000
	nanosOfMicro = 1000
)

// The operations on instants and durations.
var (
	opNow = &operation{
		name: "now",
		is:   isNow,
		row:  func(r *rowRun, _ *node, _ []any) (any, error) { return r.ev.now(), nil },
		run: func(ev *Evaluator, n *node, _ []int32) *vec {
			v := ev.vector(inInts, ev.n)
			at := ev.in.Now.UnixMicro()
			for i := range v.ints {
				v.ints[i] = at
			}
			return v
		},
	}
	opRandom = &operation{
		name:   "random",
		impure: true,
		row:    func(*rowRun, *node, []any) (any, error) { return rand.Float64(), nil },
		run: func(ev *Evaluator, n *node, _ []int32) *vec {
			v := ev.vector(inFloats, ev.n)
			for i := range v.floats {
				v.floats[i] = rand.Float64()
			}
			return v
		},
	}
	opInstantAdd = &operation{
		name:    "instant +",
		mayFail: true,
		row:     func(_ *rowRun, n *node, args []any) (any, error) { return addTime(args[0], args[1], n.typ) },
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
			v := ev.vector(inInts, ev.n)
			v.ok = ev.both(a.ok, b.ok, ev.n)
			unit := int64(nanosOfMicro)
			if n.typ.Kind == schemas.TimestampNS {
				unit = 1
			}
			each(rows, ev.n, func(i int32) {
				c, ok := addition.checked(a.ints[i], floorDiv(b.ints[i], unit))
				v.ints[i] = c
				if !ok && v.has(i) {
					ev.reject(n, v, i, codeInstant, "the timestamp is out of range")
				}
			})
			ev.done(a)
			ev.done(b)
			return v
		},
	}
	opInstantSubtract = &operation{
		name: "instant -",
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			x, okX := args[0].(time.Time)
			y, okY := args[1].(time.Time)
			if !okX || !okY {
				return nil, mismatch("`-`", args...)
			}
			return x.Sub(y), nil
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
			v := ev.vector(inInts, ev.n)
			v.ok = ev.both(a.ok, b.ok, ev.n)
			s, t := n.args[0].typ, n.args[1].typ
			each(rows, ev.n, func(i int32) { v.ints[i] = int64(instantOf(a.ints[i], s, nil).Sub(instantOf(b.ints[i], t, nil))) })
			ev.done(a)
			ev.done(b)
			return v
		},
	}
	opScaleDuration = &operation{
		name:    "duration *",
		mayFail: true,
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			f, err := asFloat(args[0])
			d, ok := args[1].(time.Duration)
			if err != nil || !ok {
				return nil, mismatch("`*`", args...)
			}
			return scaleDuration(f, d)
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
			v := ev.vector(inInts, ev.n)
			v.ok = ev.both(a.ok, b.ok, ev.n)
			each(rows, ev.n, func(i int32) {
				if !v.has(i) {
					return
				}
				d, err := scaleDuration(a.floats[i], time.Duration(b.ints[i]))
				v.ints[i] = int64(d)
				if err != nil {
					ev.reject(n, v, i, codeOf(err), err.Error())
				}
			})
			ev.done(a)
			ev.done(b)
			return v
		},
	}
	opDate     = castOperation("date", func(n *node, v any, _ schemas.Type) (any, error) { return parseDate(v.(string), n.value.(dateForm)) })
	opDateRows = &operation{name: "date", mayFail: true, row: func(_ *rowRun, n *node, args []any) (any, error) {
		form := n.value.(dateForm)
		form.layout = args[1].(string)
		return parseDate(args[0].(string), form)
	}}
	opTimestamp = textCast("timestamp", func(_ *node, v any, _ schemas.Type) (any, error) {
		return parseDate(v.(string), dateForm{layout: time.RFC3339})
	})
	opDuration = textCast("duration", func(_ *node, v any, _ schemas.Type) (any, error) {
		d, err := time.ParseDuration(v.(string))
		if err != nil {
			return nil, rowFault{"invalid-duration", fmt.Sprintf("duration(%s): not a span of time such as \"1h30m\"", quoted(v.(string)))}
		}
		return d, nil
	})
)

func textCast(name string, f func(*node, any, schemas.Type) (any, error)) *operation {
	op := castOperation(name, f)
	op.text = true
	return op
}

// opCompareInstants compares microseconds on the left with nanoseconds on the right.
var opCompareInstants = func() (ops [6]*operation) {
	for r := equal; r <= atLeast; r++ {
		ops[r] = &operation{
			name: relationNames[r] + " instants",
			row:  func(_ *rowRun, _ *node, args []any) (any, error) { return rowCompare(r, args[0], args[1]) },
			run: func(ev *Evaluator, n *node, rows []int32) *vec {
				a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
				v := ev.vector(inBools, ev.n)
				v.ok = ev.both(a.ok, b.ok, ev.n)
				s, t := n.args[0].typ, n.args[1].typ
				each(rows, ev.n, func(i int32) {
					v.bools[i] = bit(r.holds(instantOf(a.ints[i], s, nil).Compare(instantOf(b.ints[i], t, nil))))
				})
				ev.done(a)
				ev.done(b)
				return v
			},
		}
	}
	return ops
}()
