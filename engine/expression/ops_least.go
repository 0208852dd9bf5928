package expression

import (
	"math"
	"slices"
)

// min and max: of numbers of one type by kernels, with lists among them by the VM.
var (
	opMin     = leastOperation("min", less)
	opMax     = leastOperation("max", greater)
	opMinRows = nullable(rowOperation("min", func(r *rowRun, args []any) (any, error) { return leastRow("min", -1, args) }))
	opMaxRows = nullable(rowOperation("max", func(r *rowRun, args []any) (any, error) { return leastRow("max", 1, args) }))

	opMean = rowOperation("mean", func(_ *rowRun, args []any) (any, error) {
		values, err := floatsOf("mean", args)
		if err != nil || len(values) == 0 {
			return 0.0, err
		}
		sum := 0.0
		for _, x := range values {
			sum += x
		}
		return sum / float64(len(values)), nil
	})
	opMedian = rowOperation("median", func(_ *rowRun, args []any) (any, error) {
		values, err := floatsOf("median", args)
		n := len(values)
		switch {
		case err != nil || n == 0:
			return 0.0, err
		}
		slices.SortFunc(values, func(a, b float64) int { // as sort.Float64s: NaN first
			switch {
			case a < b || math.IsNaN(a) && !math.IsNaN(b):
				return -1
			case a > b || math.IsNaN(b) && !math.IsNaN(a):
				return 1
			}
			return 0
		})
		if n%2 == 1 {
			return values[n/2], nil
		}
		return (values[n/2-1] + values[n/2]) / 2, nil
	})
)

// leastOperation keeps the first operand unless a later one is better, as the VM does: so with NaN too.
func leastOperation(name string, better relation) *operation {
	return &operation{
		name: name,
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			direction := -1
			if better == greater {
				direction = 1
			}
			return leastRow(name, direction, args)
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			args := make([]*vec, len(n.args))
			v := ev.vector(storageOf(n.typ), ev.n)
			for k, a := range n.args {
				args[k] = ev.eval(a, rows)
				v.ok = ev.both(v.ok, args[k].ok, ev.n)
			}
			for k, a := range args {
				switch v.store {
				case inInts:
					keepBetter(better, v.ints, a.ints, k == 0, rows)
				case inUints:
					keepBetter(better, v.uints, a.uints, k == 0, rows)
				case inFloats:
					keepBetter(better, v.floats, a.floats, k == 0, rows)
				case inDecimals:
					each(rows, ev.n, func(i int32) {
						if k == 0 || better.holds(a.decs[i].Cmp(v.decs[i])) {
							v.decs[i] = a.decs[i]
						}
					})
				}
			}
			for _, a := range args {
				ev.done(a)
			}
			return v
		},
	}
}

func keepBetter[T int64 | uint64 | float64](better relation, out, in []T, first bool, rows []int32) {
	if rows == nil {
		for i, x := range in[:len(out)] {
			if first || ordered(better, x, out[i]) {
				out[i] = x
			}
		}
		return
	}
	for _, i := range rows {
		if first || ordered(better, in[i], out[i]) {
			out[i] = in[i]
		}
	}
}

// leastRow is the least or greatest of numbers and of the numbers in lists; null when there are none.
func leastRow(name string, direction int, args []any) (best any, err error) {
	err = overNumbers(name, args, 0, func(x any) {
		if best == nil {
			best = x
			return
		}
		if c, ok := compareValues(x, best); ok && c == direction {
			best = x
		}
	})
	return best, err
}

// overNumbers calls f for every number of args and of lists in it.
func overNumbers(name string, args []any, depth int, f func(any)) error {
	for _, a := range args {
		switch x := plain(a).(type) {
		case []any:
			if depth > maxDepth {
				return rowFault{codeLimit, "lists in lists beyond all measure"}
			}
			if err := overNumbers(name, x, depth+1, f); err != nil {
				return err
			}
		default:
			if !isNumber(x) {
				return mismatch("`"+name+"`", x)
			}
			f(x)
		}
	}
	return nil
}

func floatsOf(name string, args []any) (out []float64, err error) {
	err = overNumbers(name, args, 0, func(x any) {
		f, _ := castFloat(x)
		out = append(out, f.(float64))
	})
	return out, err
}
