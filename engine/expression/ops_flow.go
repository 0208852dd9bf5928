package expression

import "github.com/iggy-flow/iggy-flow/schemas"

// The choices: each branch is computed for the rows that take it, and only these can fail in it.
var (
	opCondition = &operation{name: "?:", is: isCondition, takesNulls: true, run: (*Evaluator).condition}
	opCoalesce  = &operation{name: "??", is: isCoalesce, takesNulls: true, run: (*Evaluator).coalesce}

	// opHold is a variable of let inside a predicate that is declared outside of it.
	opHold = &operation{
		name: "let",
		is:   isHold,
		run:  func(ev *Evaluator, n *node, rows []int32) *vec { return ev.eval(n.args[0], rows) },
		row:  func(_ *rowRun, _ *node, args []any) (any, error) { return args[0], nil },
	}
	// opRetype is a value that another type of the same storage holds as well.
	opRetype = &operation{
		name: "retype",
		run:  func(ev *Evaluator, n *node, rows []int32) *vec { return ev.eval(n.args[0], rows) },
		row:  func(_ *rowRun, n *node, args []any) (any, error) { return convertValue(args[0], n.args[0].typ, n.typ) },
	}
	opLet      = &operation{name: "let in", is: isLet, takesNulls: true}
	opVariable = &operation{name: "variable", is: isVariable, takesNulls: true}
	opItem     = &operation{name: "#", is: isItem, takesNulls: true}
)

// condition computes c ? a : b.
func (ev *Evaluator) condition(n *node, rows []int32) *vec {
	if n.typ.Kind == schemas.String && picksText(n, new(int)) {
		return ev.labels(n, rows)
	}
	yes, no := ev.divide(n.args[0], rows)
	v := ev.choose(n.typ, n.args[1], yes, n.args[2], no)
	ev.rows.put(yes)
	ev.rows.put(no)
	return v
}

// divide lists the rows for which a condition is true, and the others: null counts as false. The caller gives both lists
// back.
func (ev *Evaluator) divide(n *node, rows []int32) (yes, no []int32) {
	v := ev.eval(n, rows)
	yes, no = ev.rows.get(ev.n), ev.rows.get(ev.n)
	k, m := 0, 0
	switch {
	case rows == nil && v.ok == nil:
		for i, b := range v.bools[:ev.n] {
			yes[k], no[m] = int32(i), int32(i)
			k += int(b)
			m += int(b ^ 1)
		}
	case v.ok == nil:
		for _, i := range rows {
			b := v.bools[i]
			yes[k], no[m] = i, i
			k += int(b)
			m += int(b ^ 1)
		}
	default:
		each(rows, ev.n, func(i int32) {
			b := v.bools[i] & byte(v.ok[i>>6]>>(uint(i)&63)) & 1
			yes[k], no[m] = i, i
			k += int(b)
			m += int(b ^ 1)
		})
	}
	ev.done(v)
	return yes[:k], no[:m]
}

// coalesce computes a ?? b.
func (ev *Evaluator) coalesce(n *node, rows []int32) *vec {
	a := ev.eval(n.args[0], rows)
	if a.ok == nil {
		return a
	}
	some, none := ev.split(a.ok, rows)
	defer ev.rows.put(some)
	defer ev.rows.put(none)
	if len(none) == 0 {
		return a
	}
	b := ev.eval(n.args[1], ev.unlessAll(none))
	defer ev.done(a)
	defer ev.done(b)
	if rows == nil && a.store == inStrings && b.store == inStrings {
		valid := b.ok
		if valid != nil {
			valid = ev.bitmap(ev.n)
			for i := range valid {
				valid[i] = a.ok[i] | b.ok[i]
			}
		}
		if v, ok := ev.either(ev.piece(n.args[0], a), ev.piece(n.args[1], b), a.ok, valid); ok {
			return v
		}
	}
	v := ev.spread(n.typ)
	ev.put(n.args[0], v, a, some)
	ev.put(n.args[1], v, b, none)
	ev.fill(v, a, b, some, none)
	return v
}

// split lists the rows with a value and those without. The caller gives both lists back.
func (ev *Evaluator) split(ok []uint64, rows []int32) (some, none []int32) {
	some, none = ev.rows.get(ev.n), ev.rows.get(ev.n)
	k, m := 0, 0
	if rows == nil {
		for i := range int32(ev.n) {
			b := int(ok[i>>6] >> (uint(i) & 63) & 1)
			some[k], none[m] = i, i
			k += b
			m += b ^ 1
		}
	} else {
		for _, i := range rows {
			b := int(ok[i>>6] >> (uint(i) & 63) & 1)
			some[k], none[m] = i, i
			k += b
			m += b ^ 1
		}
	}
	return some[:k], none[:m]
}

// choose computes two branches for the rows of each.
func (ev *Evaluator) choose(t schemas.Type, left *node, yes []int32, right *node, no []int32) *vec {
	switch {
	case len(no) == 0:
		return ev.eval(left, ev.unlessAll(yes))
	case len(yes) == 0:
		return ev.eval(right, ev.unlessAll(no))
	}
	a := ev.eval(left, yes)
	b := ev.eval(right, no)
	v := ev.spread(t)
	ev.put(left, v, a, yes)
	ev.put(right, v, b, no)
	ev.fill(v, a, b, yes, no)
	ev.done(a)
	ev.done(b)
	return v
}

// unlessAll is nil instead of a list of all rows, for which kernels have tighter loops.
func (ev *Evaluator) unlessAll(rows []int32) []int32 {
	if len(rows) == ev.n {
		return nil
	}
	return rows
}

// spread is a vector that two others are copied into.
func (ev *Evaluator) spread(t schemas.Type) *vec { return ev.vector(storageOf(t), ev.n) }

// put copies the values of some rows of n.
func (ev *Evaluator) put(n *node, v, from *vec, rows []int32) {
	switch v.store {
	case inBools:
		scatter(v.bools, from.bools, rows)
	case inInts:
		scatter(v.ints, from.ints, rows)
	case inUints:
		scatter(v.uints, from.uints, rows)
	case inFloats:
		scatter(v.floats, from.floats, rows)
	case inDecimals:
		scatter(v.decs, from.decs, rows)
	case inStrings:
		source := ev.origin(from)
		if n.isConst() {
			w := ev.viewAt(from, source, 0)
			for _, i := range rows {
				v.views[i] = w
			}
			return
		}
		if from.table == v.table {
			scatter(v.views, from.views, rows)
			return
		}
		for _, i := range rows {
			v.views[i] = ev.viewAt(from, source, i)
		}
	case inAnys:
		ev.pin(from)
		for _, i := range rows {
			v.anys[i] = from.nested(i)
		}
	}
}

func scatter[T any](out, in []T, rows []int32) {
	for _, i := range rows {
		out[i] = in[i]
	}
}

// fill sets the validity of a vector that was put together from two.
func (ev *Evaluator) fill(v, a, b *vec, yes, no []int32) {
	if a.ok == nil && b.ok == nil {
		return
	}
	v.ok, v.owned = ev.zeros(ev.n), true
	for _, i := range yes {
		if a.has(i) {
			setBit(v.ok, i)
		}
	}
	for _, i := range no {
		if b.has(i) {
			setBit(v.ok, i)
		}
	}
}
