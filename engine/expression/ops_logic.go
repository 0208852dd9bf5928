package expression

// The connectives, three-valued: null is "not known". A row that the left side decides is not looked at by the right one.
var (
	opAnd = &operation{name: "&&", is: isAnd, run: (*Evaluator).connect, takesNulls: true}
	opOr  = &operation{name: "||", is: isOr, run: (*Evaluator).connect, takesNulls: true}
	opNot = &operation{
		name: "!",
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a := ev.eval(n.args[0], rows)
			v := ev.vector(inBools, ev.n)
			v.ok = a.ok
			for i := range v.bools {
				v.bools[i] = a.bools[i] ^ 1
			}
			ev.done(a)
			return v
		},
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			b, err := asBool(args[0])
			return !b, err
		},
	}
	opIsNull = &operation{
		name:       "is null",
		takesNulls: true,
		run:        func(ev *Evaluator, n *node, rows []int32) *vec { return ev.nulls(n, rows, 1) },
		row:        func(_ *rowRun, _ *node, args []any) (any, error) { return args[0] == nil, nil },
	}
	opIsNotNull = &operation{
		name:       "is not null",
		takesNulls: true,
		run:        func(ev *Evaluator, n *node, rows []int32) *vec { return ev.nulls(n, rows, 0) },
		row:        func(_ *rowRun, _ *node, args []any) (any, error) { return args[0] != nil, nil },
	}
)

// nulls tells the rows of the operand that are null, as the given bit.
func (ev *Evaluator) nulls(n *node, rows []int32, null byte) *vec {
	a := ev.eval(n.args[0], rows)
	v := ev.vector(inBools, ev.n)
	switch {
	case a.ok == nil:
		for i := range v.bools {
			v.bools[i] = null ^ 1
		}
	case rows != nil:
		for _, i := range rows {
			v.bools[i] = byte(a.ok[i>>6]>>(uint(i)&63))&1 ^ null
		}
	default:
		for i := range v.bools {
			v.bools[i] = byte(a.ok[i>>6]>>(uint(i)&63))&1 ^ null
		}
	}
	ev.done(a)
	return v
}

// connect computes && and ||.
func (ev *Evaluator) connect(n *node, rows []int32) *vec {
	decides := byte(0) // the left value that settles the row
	if n.op.is == isOr {
		decides = 1
	}
	left, right := n.args[0], n.args[1]
	a := ev.eval(left, rows)
	open := ev.rows.get(ev.n)[:0] // rows that the right side must look at
	if rows == nil {
		for i := range int32(ev.n) {
			if a.bools[i] != decides || !a.has(i) {
				open = append(open, i)
			}
		}
	} else {
		for _, i := range rows {
			if a.bools[i] != decides || !a.has(i) {
				open = append(open, i)
			}
		}
	}
	v := ev.vector(inBools, ev.n)
	copy(v.bools, a.bools[:ev.n])
	if len(open) == 0 {
		v.ok = a.ok
		ev.rows.put(open)
		ev.done(a)
		return v
	}
	b := ev.eval(right, open)
	if a.ok == nil && b.ok == nil {
		for _, i := range open {
			v.bools[i] = b.bools[i]
		}
	} else {
		v.ok = a.ok
		ev.own(v, ev.n)
		for _, i := range open {
			switch {
			case b.has(i) && (b.bools[i] == decides || a.has(i)):
				v.bools[i] = b.bools[i]
				setBit(v.ok, i)
			default:
				v.null(i)
			}
		}
	}
	ev.rows.put(open)
	ev.done(a)
	ev.done(b)
	return v
}
