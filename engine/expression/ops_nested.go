package expression

import "slices"

// Members and elements.
var (
	// opMember is a member of a struct; the value is its index.
	opMember = &operation{
		name:       ".member",
		makesNulls: true,
		run:        (*Evaluator).member,
		row: func(_ *rowRun, n *node, args []any) (any, error) {
			m, ok := args[0].(map[string]any)
			if !ok {
				return nil, mismatch("a member", args[0])
			}
			return m[n.args[0].typ.Fields[n.value.(int)].Name], nil
		},
	}
	// opElement is list[i]; a negative index counts from the end.
	opElement = &operation{
		name:       "[]",
		mayFail:    true,
		makesNulls: true,
		run:        (*Evaluator).element,
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			list, err := asList(args[0])
			if err != nil {
				return nil, err
			}
			i, err := asInt(args[1])
			if err != nil {
				return nil, err
			}
			at, ok := indexed(i, len(list))
			if !ok {
				return nil, outOfRange(i, len(list))
			}
			return list[at], nil
		},
	}
	opMapMember = &operation{
		name:       "[key]",
		mayFail:    true,
		makesNulls: true,
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			m, ok := args[0].(map[string]any)
			key, err := asText(looked(args[1]))
			if !ok || err != nil {
				return nil, mismatch("a member", args...)
			}
			return m[key], nil
		},
	}
	opJSONMember = &operation{
		name:       "json member",
		mayFail:    true,
		makesNulls: true,
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			switch x := looked(args[0]).(type) {
			case nil:
				return nil, nil
			case map[string]any:
				key, err := asText(looked(args[1]))
				return x[key], err
			case []any:
				i, err := asInt(args[1])
				if err != nil {
					return nil, err
				}
				at, ok := indexed(i, len(x))
				if !ok {
					return nil, outOfRange(i, len(x))
				}
				return x[at], nil
			default:
				return nil, mismatch("a member", x)
			}
		},
	}
	// opLen counts the elements of a list or map.
	opLen = &operation{
		name: "len",
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			if m, ok := args[0].(map[string]any); ok {
				return len(m), nil
			}
			list, err := asList(args[0])
			return len(list), err
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a := ev.eval(n.args[0], rows)
			v := ev.vector(inInts, ev.n)
			v.ok = a.ok
			if a.store == inArrays {
				offs := listOffsets(a.arr.Data())
				each(rows, ev.n, func(i int32) { v.ints[i] = int64(offs[i+1] - offs[i]) })
			} else {
				each(rows, ev.n, func(i int32) {
					switch x := a.anys[i].(type) {
					case []any:
						v.ints[i] = int64(len(x))
					case map[string]any:
						v.ints[i] = int64(len(x))
					}
				})
			}
			ev.done(a)
			return v
		},
	}
	opLenRows = &operation{
		name:    "len",
		mayFail: true,
		row: func(_ *rowRun, _ *node, args []any) (any, error) {
			switch x := looked(args[0]).(type) {
			case nil:
				return nil, nil
			case string:
				return len([]rune(x)), nil
			case []any:
				return len(x), nil
			case map[string]any:
				return len(x), nil
			default:
				return nil, mismatch("`len`", x)
			}
		},
	}
	opMakeList = &operation{
		name:       "[a, b]",
		takesNulls: true,
		row: func(r *rowRun, _ *node, args []any) (any, error) {
			return slices.Clone(args), r.spend(elementBytes * len(args))
		},
	}
	opMakeStruct = &operation{
		name:       "{a: b}",
		takesNulls: true,
		row: func(r *rowRun, n *node, args []any) (any, error) {
			m := make(map[string]any, len(args))
			for i, key := range n.value.(members) {
				m[key] = args[i]
			}
			return m, r.spend(2 * elementBytes * len(args))
		},
	}
	opMakeObject = &operation{
		name:       "{(a): b}",
		takesNulls: true,
		mayFail:    true,
		row: func(r *rowRun, _ *node, args []any) (any, error) {
			m := make(map[string]any, len(args)/2)
			for i := 0; i < len(args); i += 2 {
				key, err := asText(looked(args[i]))
				if err != nil {
					return nil, err
				}
				m[key] = args[i+1]
			}
			return m, r.spend(elementBytes * len(args))
		},
	}
	// opToJSON is any value where a JSON value is wanted.
	opToJSON = &operation{
		name: "as json",
		row:  func(_ *rowRun, _ *node, args []any) (any, error) { return args[0], nil },
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			t := n.args[0].typ
			a := ev.eval(n.args[0], rows)
			v := ev.vector(inAnys, ev.n)
			v.ok = a.ok
			ev.pin(a)
			each(rows, ev.n, func(i int32) {
				v.anys[i] = nil
				if v.has(i) {
					v.anys[i] = ev.rowValue(a, t, i)
				}
			})
			ev.done(a)
			return v
		},
	}
)
