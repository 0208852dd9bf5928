package expression

import "cmp"

// relation is one of the six comparisons.
type relation uint8

const (
	equal relation = iota
	unequal
	less
	atMost
	greater
	atLeast
)

var relationNames = [...]string{"==", "!=", "<", "<=", ">", ">="}

// mirrored is the relation with its sides exchanged.
var mirrored = [...]relation{equal: equal, unequal: unequal, less: greater, atMost: atLeast, greater: less, atLeast: atMost}

// opCompare are the comparisons, by relation. Sides are numbers of any width, or of one kind; what has an order in the
// expression but no kernel, such as lists, is compared by the VM.
var opCompare = compareOperations(true)

// opCompareRows are the same for values that only the VM can look into.
var opCompareRows = compareOperations(false)

func compareOperations(columnar bool) (ops [6]*operation) {
	for r := equal; r <= atLeast; r++ {
		ops[r] = &operation{
			name: relationNames[r],
			row:  func(_ *rowRun, _ *node, args []any) (any, error) { return rowCompare(r, args[0], args[1]) },
		}
		if columnar {
			ops[r].is, ops[r].relation = isCompare, r
			ops[r].run = func(ev *Evaluator, n *node, rows []int32) *vec { return ev.compare(r, n, rows) }
		} else {
			ops[r].name += " rows"
			ops[r].mayFail = true
		}
	}
	return ops
}

// holds reports whether a three-way result satisfies r. Never asked of NaN.
func (r relation) holds(c int) bool {
	switch r {
	case equal:
		return c == 0
	case unequal:
		return c != 0
	case less:
		return c < 0
	case atMost:
		return c <= 0
	case greater:
		return c > 0
	default:
		return c >= 0
	}
}

// compare computes a comparison.
func (ev *Evaluator) compare(r relation, n *node, rows []int32) *vec {
	left, right := n.args[0], n.args[1]
	if left.isConst() && !right.isConst() {
		left, right, r = right, left, mirrored[r]
	}
	a := ev.eval(left, rows)
	if right.isConst() && right.value != nil {
		if v, ok := ev.compareConst(r, a, right, rows); ok {
			ev.done(a)
			return v
		}
	}
	b := ev.eval(right, rows)
	v := ev.vector(inBools, ev.n)
	v.ok = ev.both(a.ok, b.ok, ev.n)
	switch {
	case a.store == inInts && b.store == inInts:
		compareSlices(r, v.bools, a.ints, b.ints, rows)
	case a.store == inFloats && b.store == inFloats:
		compareSlices(r, v.bools, a.floats, b.floats, rows)
	case a.store == inUints && b.store == inUints:
		compareSlices(r, v.bools, a.uints, b.uints, rows)
	case a.store == inBools && b.store == inBools:
		compareSlices(r, v.bools, a.bools, b.bools, rows)
	case a.store == inStrings && b.store == inStrings:
		each(rows, ev.n, func(i int32) { v.bools[i] = bit(r.strings(a.str(i), b.str(i))) })
	case a.store == inDecimals && b.store == inDecimals:
		s, t := int32(left.typ.Scale), int32(right.typ.Scale)
		each(rows, ev.n, func(i int32) { v.bools[i] = bit(r.holds(compareDecimals(a.decs[i], s, b.decs[i], t))) })
	default:
		each(rows, ev.n, func(i int32) { v.bools[i] = bit(r.mixed(a, b, i)) })
	}
	ev.done(a)
	ev.done(b)
	return v
}

// compareConst compares a with a constant of the same storage.
func (ev *Evaluator) compareConst(r relation, a *vec, c *node, rows []int32) (*vec, bool) {
	if storageOf(c.typ) != a.store {
		return nil, false
	}
	v := ev.vector(inBools, ev.n)
	v.ok = a.ok
	switch a.store {
	case inInts:
		compareToConst(r, v.bools, a.ints, intOf(c.value, c.typ), rows)
	case inFloats:
		compareToConst(r, v.bools, a.floats, c.value.(float64), rows)
	case inUints:
		compareToConst(r, v.bools, a.uints, c.value.(uint64), rows)
	case inStrings:
		compareStringToConst(r, v.bools, a, bytesText(c.value), rows, ev.n)
	default:
		ev.done(v)
		return nil, false
	}
	return v, true
}

// each calls f for the rows, or for all n. For kernels whose work on a row is far dearer than a call.
func each(rows []int32, n int, f func(i int32)) {
	if rows == nil {
		for i := range int32(n) {
			f(i)
		}
		return
	}
	for _, i := range rows {
		f(i)
	}
}

// sparse reports whether a loop over rows beats one over all n without a branch, whose results elsewhere nobody reads.
func sparse(rows []int32, n int) bool { return rows != nil && len(rows) < n/3 }

func compareSlices[T cmp.Ordered](r relation, out []byte, a, b []T, rows []int32) {
	if sparse(rows, len(out)) {
		for _, i := range rows {
			out[i] = bit(ordered(r, a[i], b[i]))
		}
		return
	}
	a, b = a[:len(out)], b[:len(out)]
	switch r {
	case equal:
		for i := range out {
			out[i] = bit(a[i] == b[i])
		}
	case unequal:
		for i := range out {
			out[i] = bit(a[i] != b[i])
		}
	case less:
		for i := range out {
			out[i] = bit(a[i] < b[i])
		}
	case atMost:
		for i := range out {
			out[i] = bit(a[i] <= b[i])
		}
	case greater:
		for i := range out {
			out[i] = bit(a[i] > b[i])
		}
	case atLeast:
		for i := range out {
			out[i] = bit(a[i] >= b[i])
		}
	}
}

func compareToConst[T cmp.Ordered](r relation, out []byte, a []T, c T, rows []int32) {
	if sparse(rows, len(out)) {
		for _, i := range rows {
			out[i] = bit(ordered(r, a[i], c))
		}
		return
	}
	a = a[:len(out)]
	switch r {
	case equal:
		for i, x := range a {
			out[i] = bit(x == c)
		}
	case unequal:
		for i, x := range a {
			out[i] = bit(x != c)
		}
	case less:
		for i, x := range a {
			out[i] = bit(x < c)
		}
	case atMost:
		for i, x := range a {
			out[i] = bit(x <= c)
		}
	case greater:
		for i, x := range a {
			out[i] = bit(x > c)
		}
	case atLeast:
		for i, x := range a {
			out[i] = bit(x >= c)
		}
	}
}

// ordered is a comparison as Go makes it: false with a NaN, but for unequal.
func ordered[T cmp.Ordered](r relation, a, b T) bool {
	switch r {
	case equal:
		return a == b
	case unequal:
		return a != b
	case less:
		return a < b
	case atMost:
		return a <= b
	case greater:
		return a > b
	default:
		return a >= b
	}
}

func (r relation) strings(a, b string) bool {
	switch r {
	case equal:
		return a == b
	case unequal:
		return a != b
	default:
		return ordered(r, a, b)
	}
}

func compareStringToConst(r relation, out []byte, a *vec, c string, rows []int32, n int) {
	switch {
	case r > unequal:
		each(rows, n, func(i int32) { out[i] = bit(ordered(r, a.str(i), c)) })
	case rows != nil:
		for _, i := range rows {
			out[i] = bit((a.str(i) == c) == (r == equal))
		}
	default:
		for i := range int32(n) {
			out[i] = bit((a.str(i) == c) == (r == equal))
		}
	}
}
