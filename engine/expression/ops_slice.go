package expression

import (
	"unicode/utf8"
	"unsafe"
)

// opSliceText takes characters [from, to) of a text; a negative bound counts from its end, and one outside is moved in.
var opSliceText = &operation{
	name: "[:]",
	row: func(_ *rowRun, _ *node, args []any) (any, error) {
		s := args[0].(string)
		from, err := asInt(args[1])
		if err != nil {
			return nil, err
		}
		length := utf8.RuneCountInString(s)
		to := length
		if len(args) > 2 {
			if to, err = asInt(args[2]); err != nil {
				return nil, err
			}
		}
		return sliceText(s, from, to, length), nil
	},
	run: func(ev *Evaluator, n *node, rows []int32) *vec {
		v := ev.vector(inStrings, ev.n)
		args := make([]*vec, len(n.args))
		for k, a := range n.args {
			args[k] = ev.eval(a, rows)
			v.ok = ev.both(v.ok, args[k].ok, ev.n)
		}
		source := ev.origin(args[0])
		each(rows, ev.n, func(i int32) {
			if !v.has(i) {
				v.views[i] = view{}
				return
			}
			s := args[0].str(i)
			length := utf8.RuneCountInString(s)
			to := length
			if len(args) > 2 {
				to = wholeAt(args[2], i)
			}
			v.views[i] = ev.viewAt(args[0], source, i).within(s, sliceText(s, wholeAt(args[1], i), to, length))
		})
		for _, a := range args {
			ev.done(a)
		}
		return v
	},
}

// wholeAt is a whole number as an index: one that is beyond an int is as good as the greatest.
func wholeAt(v *vec, i int32) int {
	if v.store == inUints {
		return int(min(v.uints[i], 1<<62))
	}
	return int(v.ints[i])
}

// bounds brings the bounds of a slice into [0, length].
func bounds(from, to, length int) (int, int) {
	if from < 0 {
		from = max(from+length, 0)
	}
	if to < 0 {
		to = max(to+length, 0)
	}
	to = min(to, length)
	return min(from, to), to
}

// sliceText takes characters [from, to) of s, which has length of them.
func sliceText(s string, from, to, length int) string {
	from, to = bounds(from, to, length)
	if length == len(s) {
		return s[from:to]
	}
	begin, end, k := len(s), len(s), 0
	for at := range s {
		if k == from {
			begin = at
		}
		if k == to {
			end = at
			break
		}
		k++
	}
	return s[min(begin, end):end]
}

// textBytes is s as bytes that must not be written to.
func textBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
