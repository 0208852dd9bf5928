package expression

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/schemas"
)

const codeIndex = "index-out-of-range"

// indexed is an index as the VM reads it; ok is false outside of the list.
func indexed(i, length int) (int, bool) {
	if i < 0 {
		i += length
	}
	return i, i >= 0 && i < length
}

func outOfRange(i, length int) error {
	return rowFault{codeIndex, fmt.Sprintf("index %d of a list of %s", i, counted(length, "element"))}
}

// listOffsets are the offsets of an array of lists or maps, one more than it is long.
func listOffsets(d arrow.ArrayData) []int32 {
	if d.Len() == 0 {
		return []int32{0}
	}
	return arrow.Int32Traits.CastFromBytes(d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()+1]
}

// member computes a member of a struct.
func (ev *Evaluator) member(n *node, rows []int32) *vec {
	a := ev.eval(n.args[0], rows)
	if a.store == inArrays {
		v := ev.view(a.arr.(*array.Struct).Field(n.value.(int)), n.typ)
		v.ok = ev.both(v.ok, a.ok, ev.n)
		ev.done(a)
		return v
	}
	name := n.args[0].typ.Fields[n.value.(int)].Name
	v := ev.vector(storageOf(n.typ), ev.n)
	v.ok, v.owned = ev.ones(ev.n), true
	each(rows, ev.n, func(i int32) {
		m, _ := a.anys[i].(map[string]any)
		if !a.has(i) || m[name] == nil {
			v.clearRow(i)
			v.null(i)
			return
		}
		if err := ev.set(v, n.typ, i, m[name]); err != nil {
			v.clearRow(i)
			ev.reject(n, v, i, codeOf(err), err.Error())
		}
	})
	ev.done(a)
	return v
}

// element computes list[i].
func (ev *Evaluator) element(n *node, rows []int32) *vec {
	a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
	v := ev.vector(storageOf(n.typ), ev.n)
	v.ok = ev.both(a.ok, b.ok, ev.n)
	ev.own(v, ev.n)
	each(rows, ev.n, func(i int32) {
		if !v.has(i) {
			v.clearRow(i)
			return
		}
		var at int
		if b.store == inAnys {
			var err error
			if at, err = asInt(b.nested(i)); err != nil {
				v.clearRow(i)
				ev.reject(n, v, i, codeOf(err), err.Error())
				return
			}
		} else {
			at = wholeAt(b, i)
		}
		value, length, ok := ev.listElement(a, n.args[0].typ, i, at)
		switch {
		case !ok:
			v.clearRow(i)
			ev.reject(n, v, i, codeIndex, outOfRange(at, length).Error())
		case value == nil:
			v.clearRow(i)
			v.null(i)
		default:
			if err := ev.set(v, n.typ, i, value); err != nil {
				v.clearRow(i)
				ev.reject(n, v, i, codeOf(err), err.Error())
			}
		}
	})
	ev.done(a)
	ev.done(b)
	return v
}

// listElement is element at of the list in row i, as a row value, and the list's length.
func (ev *Evaluator) listElement(a *vec, t schemas.Type, i int32, at int) (value any, length int, ok bool) {
	if a.store == inAnys {
		list, _ := a.anys[i].([]any)
		k, ok := indexed(at, len(list))
		if !ok {
			return nil, len(list), false
		}
		return list[k], len(list), true
	}
	l := a.arr.(*array.List)
	from, to := l.ValueOffsets(int(i))
	k, ok := indexed(at, int(to-from))
	if !ok {
		return nil, int(to - from), false
	}
	return arrowValue(l.ListValues(), *t.Elem, int(from)+k), int(to - from), true
}
