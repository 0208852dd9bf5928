package expression

import "math"

// plainAbs is abs as expr has it: -0 stays.
func plainAbs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}

// floatOperation is an operation on doubles; all is its loop over full columns, where it has one of its own.
func floatOperation(name string, f func(a, b float64) float64, all func(out, a, b []float64)) *operation {
	return &operation{
		name: name + " double",
		row:  rowArithmetic(name),
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a := ev.eval(n.args[0], rows)
			if c, ok := n.args[1].value.(float64); ok && n.args[1].isConst() && !sparse(rows, ev.n) && name != "**" {
				v := ev.vector(inFloats, ev.n)
				v.ok = a.ok
				withConst(name, v.floats, a.floats, c)
				ev.done(a)
				return v
			}
			b := ev.eval(n.args[1], rows)
			v := ev.vector(inFloats, ev.n)
			v.ok = ev.both(a.ok, b.ok, ev.n)
			switch {
			case !sparse(rows, ev.n) && all != nil:
				all(v.floats[:ev.n], a.floats[:ev.n], b.floats[:ev.n])
			case rows == nil:
				for i := range v.floats {
					v.floats[i] = f(a.floats[i], b.floats[i])
				}
			default:
				for _, i := range rows {
					v.floats[i] = f(a.floats[i], b.floats[i])
				}
			}
			ev.done(a)
			ev.done(b)
			return v
		},
	}
}

// withConst computes + - * / with a constant on the right.
func withConst(sign string, out, a []float64, c float64) {
	a = a[:len(out)]
	if f, e := math.Frexp(c); sign == "/" && f == 0.5 && e > -1000 && e < 1000 {
		sign, c = "*", 1/c // a power of two: the reciprocal is exact, and so is each product, rounded alike
	}
	switch sign {
	case "+":
		for i, x := range a {
			out[i] = x + c
		}
	case "-":
		for i, x := range a {
			out[i] = x - c
		}
	case "*":
		for i, x := range a {
			out[i] = x * c
		}
	default:
		for i, x := range a {
			out[i] = x / c
		}
	}
}

func addFloats(out, a, b []float64) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] + b[i]
	}
}

func subtractFloats(out, a, b []float64) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] - b[i]
	}
}

func multiplyFloats(out, a, b []float64) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] * b[i]
	}
}

func divideFloats(out, a, b []float64) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] / b[i]
	}
}

// float1 is a function of one double.
func float1(name string, f func(float64) float64, row rowFunc) *operation {
	if row == nil {
		row = func(_ *rowRun, _ *node, args []any) (any, error) {
			x, err := asFloat(args[0])
			return f(x), err
		}
	}
	return &operation{
		name: name,
		row:  row,
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a := ev.eval(n.args[0], rows)
			v := ev.vector(inFloats, ev.n)
			v.ok = a.ok
			if rows == nil {
				for i := range v.floats {
					v.floats[i] = f(a.floats[i])
				}
			} else {
				for _, i := range rows {
					v.floats[i] = f(a.floats[i])
				}
			}
			ev.done(a)
			return v
		},
	}
}

// opFloats is arithmetic on doubles: x/0 is infinite, and nothing fails.
var opFloats = [...]*operation{
	floatOperation("+", func(a, b float64) float64 { return a + b }, addFloats),
	floatOperation("-", func(a, b float64) float64 { return a - b }, subtractFloats),
	floatOperation("*", func(a, b float64) float64 { return a * b }, multiplyFloats),
}
