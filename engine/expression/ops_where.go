package expression

import "github.com/apache/arrow-go/v18/arrow/array"

// whereIn appends the rows whose value is in a constant set.
func (ev *Evaluator) whereIn(n *node, rows, out []int32) []int32 {
	s := n.value.(*set)
	a := ev.eval(n.args[0], rows)
	switch {
	case s.store == inStrings && a.offs != nil && s.short && len(s.texts) > 0:
		out = s.whereShort(a, rows, out, ev.n)
	default:
		out = out[:0]
		each(rows, ev.n, func(i int32) {
			if s.holds(a, i) {
				out = append(out, i)
			}
		})
	}
	out = valid(out, a.ok)
	ev.done(a)
	return out
}

// whereShort compares the texts of a column with a few constants, by length first.
func (s *set) whereShort(a *vec, rows, out []int32, n int) []int32 {
	offs, data := a.offs, a.data
	count := n
	if rows != nil {
		count = len(rows)
	}
	for k := range count {
		i := int32(k)
		if rows != nil {
			i = rows[k]
		}
		text := data[offs[i]:offs[i+1]]
		for _, x := range s.texts {
			if len(x) == len(text) && x == string(text) {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

// whereCompare appends the rows for which a comparison of numbers with a constant is true, without a mask in between.
func (ev *Evaluator) whereCompare(n *node, rows, out []int32) []int32 {
	r, c := n.op.relation, n.args[1]
	if out, ok := ev.whereNarrow(n, rows, out); ok {
		return out
	}
	a := ev.eval(n.args[0], rows)
	switch a.store {
	case inInts:
		out = whereSlice(r, a.ints, intOf(c.value, c.typ), rows, out, ev.n)
	case inUints:
		out = whereSlice(r, a.uints, c.value.(uint64), rows, out, ev.n)
	default:
		out = whereSlice(r, a.floats, c.value.(float64), rows, out, ev.n)
	}
	out = valid(out, a.ok)
	ev.done(a)
	return out
}

// whereNarrow compares a column of a narrow type in place; ok is false when it is none, or others need it widened too.
func (ev *Evaluator) whereNarrow(n *node, rows, out []int32) (_ []int32, ok bool) {
	col, c := n.args[0], n.args[1]
	a, ok := ev.source(col)
	if !ok || col.uses > 1 || !col.typ.Kind.Integer() {
		return nil, false
	}
	x := intOf(c.value, c.typ)
	if !fitsInteger(x, col.typ.Kind) {
		return nil, false
	}
	r := n.op.relation
	switch a := a.(type) {
	case *array.Int8:
		out = whereSlice(r, a.Int8Values(), int8(x), rows, out, ev.n)
	case *array.Int16:
		out = whereSlice(r, a.Int16Values(), int16(x), rows, out, ev.n)
	case *array.Int32:
		out = whereSlice(r, a.Int32Values(), int32(x), rows, out, ev.n)
	case *array.Uint8:
		out = whereSlice(r, a.Uint8Values(), uint8(x), rows, out, ev.n)
	case *array.Uint16:
		out = whereSlice(r, a.Uint16Values(), uint16(x), rows, out, ev.n)
	case *array.Uint32:
		out = whereSlice(r, a.Uint32Values(), uint32(x), rows, out, ev.n)
	default:
		return nil, false
	}
	return valid(out, ev.validity(a)), true
}

// comparesNumbers reports whether n compares a number with a constant of the same storage.
func comparesNumbers(n *node) bool {
	if n.op.is != isCompare || !n.args[1].isConst() || n.args[1].value == nil {
		return false
	}
	s := storageOf(n.args[0].typ)
	return s == storageOf(n.args[1].typ) && (s == inInts || s == inUints || s == inFloats)
}

// whereSlice lists the rows whose value has a relation to c. Every row is written and kept only if it counts, which has
// no branch to mispredict.
func whereSlice[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float64](r relation, a []T, c T, rows, out []int32, n int) []int32 {
	k := 0
	if rows != nil {
		out = out[:len(rows)]
		for _, i := range rows {
			out[k] = i
			k += int(bit(ordered(r, a[i], c)))
		}
		return out[:k]
	}
	out, a = out[:n], a[:n]
	switch r {
	case equal:
		for i, x := range a {
			out[k] = int32(i)
			k += int(bit(x == c))
		}
	case unequal:
		for i, x := range a {
			out[k] = int32(i)
			k += int(bit(x != c))
		}
	case less:
		for i, x := range a {
			out[k] = int32(i)
			k += int(bit(x < c))
		}
	case atMost:
		for i, x := range a {
			out[k] = int32(i)
			k += int(bit(x <= c))
		}
	case greater:
		for i, x := range a {
			out[k] = int32(i)
			k += int(bit(x > c))
		}
	case atLeast:
		for i, x := range a {
			out[k] = int32(i)
			k += int(bit(x >= c))
		}
	}
	return out[:k]
}

// where appends to out, which is empty and has room for a batch, ascending, those of the given rows, all when rows is nil, for which the condition n is true.
func (ev *Evaluator) where(n *node, rows, out []int32) []int32 {
	switch {
	case n.op.is == isAnd && n.uses < 2 && !n.args[1].fails:
		// Rows where the left side is null cannot become true, and the right side has no error to tell.
		kept := ev.where(n.args[0], rows, ev.rows.get(ev.n)[:0])
		out = ev.where(n.args[1], kept, out)
		ev.rows.put(kept)
		return out
	case n.op.is == isOr && n.uses < 2:
		left := ev.where(n.args[0], rows, ev.rows.get(ev.n)[:0])
		rest := except(ev.rows.get(ev.n)[:0], rows, left, ev.n)
		right := ev.where(n.args[1], rest, ev.rows.get(ev.n)[:0])
		out = merge(out, left, right)
		ev.rows.put(left)
		ev.rows.put(rest)
		ev.rows.put(right)
		return out
	case n.uses < 2 && comparesNumbers(n):
		return ev.whereCompare(n, rows, out)
	case n.op.is == isIn && n.uses < 2:
		return ev.whereIn(n, rows, out)
	}
	v := ev.eval(n, rows)
	out = pick(out, v, rows, ev.n)
	ev.done(v)
	return out
}

// pick appends the rows where v is true. out must have room for all of them.
func pick(out []int32, v *vec, rows []int32, n int) []int32 {
	k := len(out)
	if rows == nil {
		out = out[:k+n]
		for i, b := range v.bools[:n] {
			out[k] = int32(i)
			k += int(b)
		}
	} else {
		out = out[:k+len(rows)]
		for _, i := range rows {
			out[k] = i
			k += int(v.bools[i])
		}
	}
	return valid(out[:k], v.ok)
}

// valid keeps the rows that have a value.
func valid(rows []int32, ok []uint64) []int32 {
	if ok == nil {
		return rows
	}
	k := 0
	for _, i := range rows {
		rows[k] = i
		k += int(ok[i>>6] >> (uint(i) & 63) & 1)
	}
	return rows[:k]
}

// except appends the rows, all of n when rows is nil, that are not in drop, a subset of them.
func except(out, rows, drop []int32, n int) []int32 {
	at := 0
	if rows == nil {
		for i := range int32(n) {
			if at < len(drop) && drop[at] == i {
				at++
				continue
			}
			out = append(out, i)
		}
		return out
	}
	for _, i := range rows {
		if at < len(drop) && drop[at] == i {
			at++
			continue
		}
		out = append(out, i)
	}
	return out
}

// merge appends two ascending lists without common rows, in order.
func merge(out, a, b []int32) []int32 {
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
