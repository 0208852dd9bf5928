package expression

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// opReplace replaces all of a text, or the first n.
var opReplace = &operation{
	name:    "replace",
	text:    true,
	mayFail: true,
	row: func(r *rowRun, _ *node, args []any) (any, error) {
		n, err := optionalCount(args, 3)
		if err != nil {
			return nil, err
		}
		s, from, to := args[0].(string), args[1].(string), args[2].(string)
		if err := r.spend(replacedSize(s, from, to, n)); err != nil {
			return nil, err
		}
		return strings.Replace(s, from, to, n), nil
	},
	run: func(ev *Evaluator, n *node, rows []int32) *vec {
		var ok []uint64
		args := make([]*vec, len(n.args))
		for k, a := range n.args {
			args[k] = ev.eval(a, rows)
			ok = ev.both(ok, args[k].ok, ev.n)
		}
		out := ev.written(n, rows, ok, func(v *vec, i int32, b []byte) ([]byte, bool) {
			s, from, to, count := args[0].str(i), args[1].str(i), args[2].str(i), -1
			if len(args) > 3 {
				count = wholeAt(args[3], i)
			}
			size := replacedSize(s, from, to, count)
			if !ev.affords(n, v, i, size) {
				return b, false
			}
			return appendReplaced(slices.Grow(b, size), s, from, to, count), true
		})
		for _, a := range args {
			ev.done(a)
		}
		return out
	},
}

// replacedSize is the length of strings.Replace(s, from, to, n).
func replacedSize(s, from, to string, n int) int {
	m := strings.Count(s, from)
	if n >= 0 && n < m {
		m = n
	}
	return len(s) + m*(len(to)-len(from))
}

// appendReplaced is strings.Replace into b.
func appendReplaced(b []byte, s, from, to string, n int) []byte {
	for n != 0 {
		if from == "" {
			b = append(b, to...)
			if s == "" {
				break
			}
			_, size := utf8.DecodeRuneInString(s)
			b, s, n = append(b, s[:size]...), s[size:], n-1
			continue
		}
		at := strings.Index(s, from)
		if at < 0 {
			break
		}
		b = append(append(b, s[:at]...), to...)
		s, n = s[at+len(from):], n-1
	}
	return append(b, s...)
}
