package expression

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// opLoops are the functions with a predicate. The VM loops; what it loops over is written by the translator.
var opLoops = func() map[string]*operation {
	ops := make(map[string]*operation, len(loopDocs))
	for name := range loopDocs {
		ops[name] = &operation{name: name, is: isLoop, mayFail: true, takesNulls: true, makesNulls: true}
	}
	ops["reduce"].is = isReduce
	return ops
}()

// rowOperation is an operation that only the VM runs.
func rowOperation(name string, f func(r *rowRun, args []any) (any, error)) *operation {
	return &operation{name: name, mayFail: true, row: func(r *rowRun, _ *node, args []any) (any, error) { return f(r, args) }}
}

// textRows is rowOperation for a function of texts.
func textRows(name string, f func(r *rowRun, args []any) (any, error)) *operation {
	op := rowOperation(name, f)
	op.text = true
	return op
}

// nullable marks an operation whose result can be null.
func nullable(op *operation) *operation {
	op.makesNulls = true
	return op
}

var (
	opSplit      = textRows("split", func(r *rowRun, args []any) (any, error) { return splitRow(r, args, strings.SplitN) })
	opSplitAfter = textRows("splitAfter", func(r *rowRun, args []any) (any, error) { return splitRow(r, args, strings.SplitAfterN) })
	opRepeat     = textRows("repeat", func(r *rowRun, args []any) (any, error) {
		n, err := asInt(args[1])
		if err != nil {
			return nil, err
		}
		s := args[0].(string)
		switch {
		case n < 0:
			return nil, rowFault{"invalid-count", fmt.Sprintf("repeat(..., %d)", n)}
		case mulOverflows(len(s), n):
			n = math.MaxInt / max(len(s), 1)
		}
		if err := r.spend(len(s) * n); err != nil {
			return nil, err
		}
		return strings.Repeat(s, n), nil
	})
	opJoin = rowOperation("join", func(r *rowRun, args []any) (any, error) {
		list, err := asList(args[0])
		if err != nil {
			return nil, err
		}
		glue := ""
		if len(args) > 1 {
			if glue, err = asText(looked(args[1])); err != nil {
				return nil, err
			}
		}
		texts := make([]string, len(list))
		for i, e := range list {
			if texts[i], err = asText(looked(e)); err != nil {
				return nil, err
			}
			if err := r.spend(len(texts[i]) + len(glue)); err != nil {
				return nil, err
			}
		}
		return strings.Join(texts, glue), nil
	})
	opToBase64 = textRows("toBase64", func(r *rowRun, args []any) (any, error) {
		s := args[0].(string)
		if err := r.spend(base64.StdEncoding.EncodedLen(len(s))); err != nil {
			return nil, err
		}
		return base64.StdEncoding.EncodeToString([]byte(s)), nil
	})
	opFromBase64 = textRows("fromBase64", func(_ *rowRun, args []any) (any, error) {
		b, err := base64.StdEncoding.DecodeString(args[0].(string))
		switch {
		case err != nil:
			return nil, rowFault{"invalid-text", "fromBase64: " + err.Error()}
		case !utf8.Valid(b):
			return nil, rowFault{"invalid-text", "fromBase64: the bytes are not UTF-8 text"}
		}
		return string(b), nil
	})

	opFirst = nullable(rowOperation("first", func(_ *rowRun, args []any) (any, error) { return endOf(args[0], 0) }))
	opLast  = nullable(rowOperation("last", func(_ *rowRun, args []any) (any, error) { return endOf(args[0], -1) }))
	opGet   = nullable(rowOperation("get", func(_ *rowRun, args []any) (any, error) {
		switch x := looked(args[0]).(type) {
		case map[string]any:
			key, ok := looked(args[1]).(string)
			if !ok {
				return nil, nil
			}
			return x[key], nil
		case []any:
			i, err := asInt(args[1])
			if err != nil {
				return nil, err
			}
			if at, ok := indexed(i, len(x)); ok {
				return x[at], nil
			}
		}
		return nil, nil
	}))
	opTake = rowOperation("take", func(_ *rowRun, args []any) (any, error) {
		list, err := asList(args[0])
		if err != nil {
			return nil, err
		}
		n, err := asInt(args[1])
		if err == nil && n < 0 {
			err = rowFault{"invalid-count", fmt.Sprintf("take(..., %d)", n)}
		}
		if err != nil {
			return nil, err
		}
		return list[:min(n, len(list))], nil
	})
	opReverse = listOperation("reverse", func(list []any) []any {
		out := slices.Clone(list)
		slices.Reverse(out)
		return out
	})
	opUniq = rowOperation("uniq", func(r *rowRun, args []any) (any, error) {
		list, err := asList(args[0])
		out := make([]any, 0, len(list))
		for _, e := range list {
			if !slices.ContainsFunc(out, func(x any) bool { return equalValues(x, e) }) {
				out = append(out, e)
			}
			for range len(out)>>6 + 1 {
				if err := r.step(); err != nil {
					return nil, err
				}
			}
		}
		return out, err
	})
	opSort = rowOperation("sort", func(r *rowRun, args []any) (any, error) {
		list, err := asList(args[0])
		if err != nil {
			return nil, err
		}
		var order any = "asc"
		if len(args) > 1 {
			order = looked(args[1])
		}
		return rowSortBy(list, list, order)
	})
	opListConcat = rowOperation("concat", func(r *rowRun, args []any) (any, error) {
		out := []any{}
		for _, a := range args {
			list, err := asList(a)
			if err != nil {
				return nil, err
			}
			if err := r.spend(elementBytes * len(list)); err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
		return out, nil
	})
	opFlatten = rowOperation("flatten", func(r *rowRun, args []any) (any, error) {
		list, err := asList(args[0])
		if err != nil {
			return nil, err
		}
		return flattened(r, []any{}, list, 0)
	})
	opKeys = rowOperation("keys", func(_ *rowRun, args []any) (any, error) {
		m, err := asMap(args[0])
		out := make([]any, 0, len(m))
		for _, k := range sortedKeys(m) {
			out = append(out, k)
		}
		return out, err
	})
	opValues = rowOperation("values", func(_ *rowRun, args []any) (any, error) {
		m, err := asMap(args[0])
		out := make([]any, 0, len(m))
		for _, k := range sortedKeys(m) {
			out = append(out, m[k])
		}
		return out, err
	})
	opToPairs = rowOperation("toPairs", func(_ *rowRun, args []any) (any, error) {
		m, err := asMap(args[0])
		out := make([]any, 0, len(m))
		for _, k := range sortedKeys(m) {
			out = append(out, []any{k, m[k]})
		}
		return out, err
	})
	opFromPairs = rowOperation("fromPairs", func(_ *rowRun, args []any) (any, error) {
		list, err := asList(args[0])
		if err != nil {
			return nil, err
		}
		m := make(map[string]any, len(list))
		for _, e := range list {
			pair, err := asList(e)
			if err != nil || len(pair) != 2 {
				return nil, rowFault{"type-mismatch", "fromPairs: an element that is no [key, value] pair"}
			}
			m[castString(pair[0], typeJSON)] = pair[1]
		}
		return m, nil
	})
	opSliceRows = rowOperation("[:]", func(r *rowRun, args []any) (any, error) {
		from, err := asInt(args[1])
		if err != nil {
			return nil, err
		}
		end := func(length int) (int, error) {
			if len(args) < 3 {
				return length, nil
			}
			return asInt(args[2])
		}
		if s, ok := looked(args[0]).(string); ok {
			length := utf8.RuneCountInString(s)
			to, err := end(length)
			return sliceText(s, from, to, length), err
		}
		list, err := asList(args[0])
		if err != nil {
			return nil, err
		}
		to, err := end(len(list))
		from, to = bounds(from, to, len(list))
		return list[from:to], err
	})
	opRange = func() *operation {
		op := rowOperation("..", func(r *rowRun, args []any) (any, error) {
			from, err := asInt(args[0])
			if err != nil {
				return nil, err
			}
			to, err := asInt(args[1])
			switch {
			case err != nil:
				return nil, err
			case to < from:
				return []any{}, nil
			case uint64(to)-uint64(from) >= maxRowBytes/elementBytes:
				return nil, r.spend(maxRowBytes + 1)
			}
			if err := r.spend(elementBytes * (to - from + 1)); err != nil {
				return nil, err
			}
			out := make([]any, 0, to-from+1)
			for i := from; i <= to; i++ {
				out = append(out, i)
			}
			return out, nil
		})
		op.is = isRangeList
		return op
	}()
	opType = &operation{
		name:       "type",
		takesNulls: true,
		row: func(_ *rowRun, n *node, args []any) (any, error) {
			if args[0] != nil && n.args[0].typ.Kind.Unsigned() {
				return "uint", nil
			}
			return typeText(args[0]), nil
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			t := n.args[0].typ
			a := ev.eval(n.args[0], rows)
			v := ev.written(n, rows, nil, func(_ *vec, i int32, b []byte) ([]byte, bool) {
				if t.Kind.Unsigned() && a.has(i) {
					return append(b, "uint"...), true
				}
				return append(b, typeText(ev.rowValue(a, t, i))...), true
			})
			ev.done(a)
			return v
		},
	}
)
