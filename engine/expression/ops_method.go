package expression

import (
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// opZoned is an instant whose parts are read in a zone; its value is the same.
var opZoned = &operation{
	name: "in zone",
	is:   isZoned,
	run:  func(ev *Evaluator, n *node, rows []int32) *vec { return ev.eval(n.args[0], rows) },
	row: func(_ *rowRun, n *node, args []any) (any, error) {
		return args[0], nil
	},
}

// ofOperation is a method of instants that is computed with Go's.
func ofOperation(name string, m method) *operation {
	at := func(n *node, value any) (time.Time, bool) {
		x, ok := value.(time.Time)
		if z := n.value.(zoned).zone; ok && z != nil {
			x = x.In(z)
		}
		return x, ok
	}
	call := func(n *node, args []any) (any, error) {
		x, ok := at(n, args[0])
		if !ok {
			return nil, mismatch("`"+name+"`", args[0])
		}
		if y, ok := m.of(x, args[1:]).(time.Time); ok {
			if _, fits := fromTime(y, n.typ); !fits {
				return nil, rowFault{codeInstant, "the timestamp is out of range"}
			}
			if n.typ.Kind != schemas.TimestampNS {
				y = time.UnixMicro(y.UnixMicro())
			}
			return y.UTC(), nil
		}
		return m.of(x, args[1:]), nil
	}
	return rowsOperation("."+name, call)
}

// onOperation is a method of durations, months and weekdays.
func onOperation(name string, m method) *operation {
	return rowsOperation("."+name, func(_ *node, args []any) (any, error) { return m.on(args[0], args[1:]), nil })
}

// rowsOperation is a kernel that goes through row values: for what is dear in itself.
func rowsOperation(name string, f func(n *node, args []any) (any, error)) *operation {
	return &operation{
		name:    name,
		mayFail: true,
		row:     func(_ *rowRun, n *node, args []any) (any, error) { return f(n, args) },
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			v := ev.vector(storageOf(n.typ), ev.n)
			args := make([]*vec, len(n.args))
			for k, a := range n.args {
				args[k] = ev.eval(a, rows)
				v.ok = ev.both(v.ok, args[k].ok, ev.n)
			}
			values := make([]any, len(args))
			each(rows, ev.n, func(i int32) {
				if !v.has(i) {
					v.clearRow(i)
					return
				}
				for k, a := range args {
					values[k] = ev.rowValue(a, n.args[k].typ, i)
				}
				out, err := f(n, values)
				if err == nil {
					err = ev.set(v, n.typ, i, out)
				}
				if err != nil {
					v.clearRow(i)
					ev.reject(n, v, i, codeOf(err), err.Error())
				}
			})
			for _, a := range args {
				ev.done(a)
			}
			return v
		},
	}
}

// wholePart is a part of an instant in UTC that is a matter of arithmetic.
func wholePart(name string) (*operation, bool) {
	var f func(micros int64) int64
	switch name {
	case "Hour":
		f = func(x int64) int64 { return (x - floorDiv(x, microsOfDay)*microsOfDay) / 3_600_000_000 }
	case "Minute":
		f = func(x int64) int64 { return (x - floorDiv(x, microsOfDay)*microsOfDay) / 60_000_000 % 60 }
	case "Second":
		f = func(x int64) int64 { return (x - floorDiv(x, microsOfDay)*microsOfDay) / 1_000_000 % 60 }
	case "Unix":
		f = func(x int64) int64 { return floorDiv(x, 1_000_000) }
	case "UnixMilli":
		f = func(x int64) int64 { return floorDiv(x, 1000) }
	case "UnixMicro":
		f = func(x int64) int64 { return x }
	case "Year":
		f = func(x int64) int64 { return int64(time.UnixMicro(x).UTC().Year()) }
	case "Day":
		f = func(x int64) int64 { return int64(time.UnixMicro(x).UTC().Day()) }
	case "Month":
		f = func(x int64) int64 { return int64(time.UnixMicro(x).UTC().Month()) }
	case "Weekday": // 1970-01-01 was a Thursday
		f = func(x int64) int64 { d := floorDiv(x, microsOfDay) + 4; return d - floorDiv(d, 7)*7 }
	case "YearDay":
		f = func(x int64) int64 { return int64(time.UnixMicro(x).UTC().YearDay()) }
	default:
		return nil, false
	}
	method := instantMethods[name]
	return &operation{
		name: "." + name,
		row:  func(_ *rowRun, _ *node, args []any) (any, error) { return method.of(args[0].(time.Time), nil), nil },
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a := ev.eval(n.args[0], rows)
			v := ev.vector(inInts, ev.n)
			v.ok = a.ok
			if n.args[0].typ.Kind == schemas.TimestampNS {
				each(rows, ev.n, func(i int32) { v.ints[i] = f(floorDiv(a.ints[i], nanosOfMicro)) })
			} else {
				each(rows, ev.n, func(i int32) { v.ints[i] = f(a.ints[i]) })
			}
			ev.done(a)
			return v
		},
	}, true
}

// opFormat is x.Format with a constant layout. Instants that the layout does not tell apart share one text.
var opFormat = &operation{
	name:    ".Format",
	mayFail: true,
	row: func(_ *rowRun, n *node, args []any) (any, error) {
		z := n.value.(zoned)
		x := args[0].(time.Time)
		if z.zone != nil {
			x = x.In(z.zone)
		}
		return x.Format(z.layout), nil
	},
	run: func(ev *Evaluator, n *node, rows []int32) *vec {
		z := n.value.(zoned)
		t := n.args[0].typ
		unit := z.grain
		a := ev.eval(n.args[0], rows)
		cache := ev.formats[n.id]
		if cache == nil {
			cache = new([64]formatted)
			if ev.formats == nil {
				ev.formats = make(map[int]*[64]formatted)
			}
			ev.formats[n.id] = cache
		}
		last := &cache[0]
		if rows == nil && unit > 0 {
			if v, ok := ev.formatted(n, a, cache); ok {
				ev.done(a)
				return v
			}
		}
		v := ev.written(n, rows, a.ok, func(_ *vec, i int32, b []byte) ([]byte, bool) {
			x := a.ints[i]
			if unit == 0 {
				return instantOf(x, t, z.zone).AppendFormat(b, z.layout), true
			}
			if x < last.from || x >= last.to {
				last = z.lookUp(cache, x, t)
			}
			return append(b, last.text[:last.size]...), true
		})
		ev.done(a)
		return v
	},
}
