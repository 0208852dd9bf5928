package expression

import (
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// codeLimit is of rows on which an expression would take too much memory or time.
const codeLimit = "limit-exceeded"

// The texts that kernels make stand in the evaluator's arena until the end of the batch.
var (
	opConcat     = &operation{name: "+ text", is: isConcat, mayFail: true, text: true, run: (*Evaluator).concat, row: rowConcat}
	opLower      = caseOperation("lower", 'A', strings.ToLower)
	opUpper      = caseOperation("upper", 'a', strings.ToUpper)
	opTrim       = textOperation("trim", trimText)
	opTrimPrefix = textOperation("trimPrefix", func(a []string) string { return strings.TrimPrefix(a[0], orSpace(a)) })
	opTrimSuffix = textOperation("trimSuffix", func(a []string) string { return strings.TrimSuffix(a[0], orSpace(a)) })

	opContains   = testOperation("contains", strings.Contains)
	opStartsWith = testOperation("startsWith", strings.HasPrefix)
	opEndsWith   = testOperation("endsWith", strings.HasSuffix)

	opIndexOf     = positionOperation("indexOf", strings.Index)
	opLastIndexOf = positionOperation("lastIndexOf", strings.LastIndex)
	opLenText     = &operation{
		name: "len text",
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			return utf8.RuneCountInString(args[0].(string)), nil
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a := ev.eval(n.args[0], rows)
			v := ev.vector(inInts, ev.n)
			v.ok = a.ok
			each(rows, ev.n, func(i int32) { v.ints[i] = int64(utf8.RuneCountInString(a.str(i))) })
			ev.done(a)
			return v
		},
	}
)

func trimText(a []string) string {
	if len(a) == 1 {
		return strings.TrimSpace(a[0])
	}
	return strings.Trim(a[0], a[1])
}

func orSpace(a []string) string {
	if len(a) == 1 {
		return " "
	}
	return a[1]
}

// concat joins two or more texts.
func (ev *Evaluator) concat(n *node, rows []int32) *vec {
	parts := make([]*vec, 0, 8)
	var ok []uint64
	for _, a := range n.args {
		p := ev.eval(a, rows)
		parts = append(parts, p)
		ok = ev.both(ok, p.ok, ev.n)
	}
	if rows == nil {
		pieces := make([]piece, len(parts))
		for k, p := range parts {
			pieces[k] = ev.piece(n.args[k], p)
		}
		if v, ok := ev.joined(pieces, ok); ok {
			for _, p := range parts {
				ev.done(p)
			}
			return v
		}
	}
	v := ev.written(n, rows, ok, func(v *vec, i int32, b []byte) ([]byte, bool) {
		size := 0
		for _, p := range parts {
			size += len(p.str(i))
		}
		if !ev.affords(n, v, i, size) {
			return b, false
		}
		if cap(b)-len(b) < size {
			b = slices.Grow(b, size)
		}
		for _, p := range parts {
			b = append(b, p.str(i)...)
		}
		return b, true
	})
	for _, p := range parts {
		ev.done(p)
	}
	return v
}

// caseOperation maps the ASCII letters of a whole column at once, eight bytes at a time, and leaves other texts to full.
func caseOperation(name string, first byte, full func(string) string) *operation {
	return &operation{
		name: name,
		text: true,
		row:  func(_ *rowRun, _ *node, args []any) (any, error) { return full(args[0].(string)), nil },
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a := ev.eval(n.args[0], rows)
			defer ev.done(a)
			if rows == nil && a.views == nil && a.offs[ev.n]-a.offs[0] <= maxBatchText {
				if v, ok := ev.foldedCase(a, first); ok {
					return v
				}
			}
			return ev.written(n, rows, a.ok, func(_ *vec, i int32, b []byte) ([]byte, bool) {
				s := a.str(i)
				start := len(b)
				b = append(b, s...)
				if !foldCase(b[start:], b[start:], first) {
					b = append(b[:start], full(s)...)
				}
				return b, true
			})
		},
	}
}

// foldedCase maps all texts of a dense vector; ok is false when they are not ASCII alone.
func (ev *Evaluator) foldedCase(a *vec, first byte) (v *vec, ok bool) {
	v = ev.dense(a.ok)
	from, to := a.offs[0], a.offs[ev.n]
	v.data = slices.Grow(v.data, int(to-from))[:to-from]
	if !foldCase(v.data, a.data[from:to], first) {
		ev.done(v)
		return nil, false
	}
	for i, at := range a.offs[:ev.n+1] {
		v.offs[i] = at - from
	}
	return v, true
}

// foldCase writes in with the 26 letters from first in the other case; false when in is not ASCII alone.
func foldCase(out, in []byte, first byte) bool {
	const ones = 0x0101010101010101
	atLeast, above := uint64(0x80-first)*ones, uint64(0x80-first-26)*ones
	var high uint64
	for len(in) >= 8 {
		w := *(*uint64)(unsafe.Pointer(unsafe.SliceData(in)))
		high |= w
		low := w & (0x7f * ones)
		letters := (low + atLeast) &^ (low + above) & (0x80 * ones)
		*(*uint64)(unsafe.Pointer(unsafe.SliceData(out))) = w ^ letters>>2
		in, out = in[8:], out[8:]
	}
	for i, c := range in {
		high |= uint64(c)
		if c-first < 26 {
			c ^= ' '
		}
		out[i] = c
	}
	return high&(0x80*ones) == 0
}

// textOperation is a function of texts whose result is a part of the first.
func textOperation(name string, f func([]string) string) *operation {
	return &operation{
		name: name,
		text: true,
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			texts := make([]string, len(args))
			for k, a := range args {
				texts[k] = a.(string)
			}
			return f(texts), nil
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			v := ev.vector(inStrings, ev.n)
			args := make([]*vec, len(n.args))
			for k, a := range n.args {
				args[k] = ev.eval(a, rows)
				v.ok = ev.both(v.ok, args[k].ok, ev.n)
			}
			texts := make([]string, len(args))
			source := ev.origin(args[0])
			each(rows, ev.n, func(i int32) {
				if !v.has(i) {
					v.views[i] = view{}
					return
				}
				for k, a := range args {
					texts[k] = a.str(i)
				}
				v.views[i] = ev.viewAt(args[0], source, i).within(texts[0], f(texts))
			})
			for _, a := range args {
				ev.done(a)
			}
			return v
		},
	}
}

// testOperation is a condition on two texts.
func testOperation(name string, f func(a, b string) bool) *operation {
	return &operation{
		name: name,
		text: true,
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			a, b, err := twoTexts(name, args)
			return err == nil && f(a, b), err
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
			v := ev.vector(inBools, ev.n)
			v.ok = ev.both(a.ok, b.ok, ev.n)
			each(rows, ev.n, func(i int32) { v.bools[i] = bit(v.has(i) && f(a.str(i), b.str(i))) })
			ev.done(a)
			ev.done(b)
			return v
		},
	}
}

// positionOperation finds a text in another, in characters, as slices count.
func positionOperation(name string, f func(a, b string) int) *operation {
	position := func(a, b string) int {
		at := f(a, b)
		if at <= 0 {
			return at
		}
		return utf8.RuneCountInString(a[:at])
	}
	return &operation{
		name: name,
		text: true,
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			return position(args[0].(string), args[1].(string)), nil
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
			v := ev.vector(inInts, ev.n)
			v.ok = ev.both(a.ok, b.ok, ev.n)
			each(rows, ev.n, func(i int32) {
				if v.has(i) {
					v.ints[i] = int64(position(a.str(i), b.str(i)))
				}
			})
			ev.done(a)
			ev.done(b)
			return v
		},
	}
}
