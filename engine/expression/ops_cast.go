package expression

import (
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/iggy-flow/iggy-flow/schemas"
)

const codeCast = "invalid-cast"

// The casts that a document writes, and the conversions that bring operands to one type. They go through row values where
// no loop of their own is worth it.
var (
	opInt = castOperation("int", func(_ *node, v any, _ schemas.Type) (any, error) { return castInt(v) })

	opFloat  = castOperation("float", func(_ *node, v any, _ schemas.Type) (any, error) { return castFloat(v) })
	opString = &operation{
		name:    "string",
		mayFail: true,
		run:     (*Evaluator).texts,
		row:     func(_ *rowRun, n *node, args []any) (any, error) { return castString(args[0], n.args[0].typ), nil },
	}
	opConvertChecked = castOperation("convert", func(n *node, v any, from schemas.Type) (any, error) { return convertValue(v, from, n.typ) })
	opConvertRows    = &operation{name: "convert rows", mayFail: true, row: opConvertChecked.row}
	opConvert        = &operation{
		name: "widen",
		row:  func(_ *rowRun, n *node, args []any) (any, error) { return convertValue(args[0], n.args[0].typ, n.typ) },
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a := ev.eval(n.args[0], rows)
			v := ev.vector(inFloats, ev.n)
			v.ok = a.ok
			switch a.store {
			case inInts:
				toFloats(v.floats, a.ints, rows)
			case inUints:
				toFloats(v.floats, a.uints, rows)
			case inDecimals:
				scale := int32(n.args[0].typ.Scale)
				each(rows, ev.n, func(i int32) {
					if v.has(i) {
						v.floats[i] = decimal{a.decs[i], scale}.float()
					}
				})
			}
			ev.done(a)
			return v
		},
	}
	opUTF8 = castOperation("utf8", func(_ *node, v any, _ schemas.Type) (any, error) {
		b, _ := v.([]byte)
		if !utf8.Valid(b) {
			return nil, rowFault{"invalid-text", "the bytes are not UTF-8 text"}
		}
		return string(b), nil
	})
	opBitsOf = castOperation("bits", func(_ *node, v any, _ schemas.Type) (any, error) {
		u, _ := v.(uint64)
		return int(u), nil // as expr reads it: the functions on bits know no sign
	})

	opIntRows    = &operation{name: "int rows", mayFail: true, row: func(_ *rowRun, _ *node, args []any) (any, error) { return castInt(looked(args[0])) }}
	opFloatRows  = &operation{name: "float rows", mayFail: true, row: func(_ *rowRun, _ *node, args []any) (any, error) { return castFloat(looked(args[0])) }}
	opStringRows = &operation{name: "string rows", mayFail: true, row: func(_ *rowRun, n *node, args []any) (any, error) {
		return castString(args[0], n.args[0].typ), nil
	}}
	opToBoolRows = &operation{name: "bool rows", mayFail: true, row: func(_ *rowRun, _ *node, args []any) (any, error) { return asBool(looked(args[0])) }}
	opToTextRows = &operation{name: "text rows", mayFail: true, row: func(_ *rowRun, _ *node, args []any) (any, error) { return asText(looked(args[0])) }}
)

func toFloats[T int64 | uint64](out []float64, in []T, rows []int32) {
	if rows == nil {
		in = in[:len(out)]
		for i := range out {
			out[i] = float64(in[i])
		}
		return
	}
	for _, i := range rows {
		out[i] = float64(in[i])
	}
}

// castOperation is a cast that looks at each value.
func castOperation(name string, f func(n *node, v any, from schemas.Type) (any, error)) *operation {
	return &operation{
		name:    name,
		mayFail: true,
		row:     func(_ *rowRun, n *node, args []any) (any, error) { return f(n, args[0], n.args[0].typ) },
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			from := n.args[0].typ
			a := ev.eval(n.args[0], rows)
			v := ev.vector(storageOf(n.typ), ev.n)
			v.ok = a.ok
			each(rows, ev.n, func(i int32) {
				if !v.has(i) {
					v.clearRow(i)
					return
				}
				if v.store == inInts && a.store == inFloats { // without a detour, since it is frequent
					f := a.floats[i]
					if f >= -1<<63 && f < 1<<63 {
						v.ints[i] = int64(f)
						return
					}
				}
				out, err := f(n, ev.rowValue(a, from, i), from)
				if err == nil {
					err = ev.set(v, n.typ, i, out)
				}
				if err != nil {
					v.clearRow(i)
					ev.reject(n, v, i, codeOf(err), err.Error())
				}
			})
			ev.done(a)
			return v
		},
	}
}

// clearRow makes a row that has no value safe to read.
func (v *vec) clearRow(i int32) {
	switch v.store {
	case inStrings:
		v.views[i] = view{}
	case inAnys:
		v.anys[i] = nil
	}
}

func castInt(value any) (any, error) {
	switch x := value.(type) {
	case int:
		return x, nil
	case uint64:
		if x > math.MaxInt64 {
			return nil, rowFault{codeCast, fmt.Sprintf("int(%d) is outside of int64", x)}
		}
		return int(x), nil
	case float64:
		if !(x >= -1<<63 && x < 1<<63) {
			return nil, rowFault{codeCast, fmt.Sprintf("int(%v) is outside of int64", x)}
		}
		return int(x), nil
	case decimal:
		q, _ := x.number.Div(powers[x.scale])
		if !q.FitsInPrecision(19) || !small64(q) {
			return nil, rowFault{codeCast, fmt.Sprintf("int(%s) is outside of int64", x)}
		}
		return int(q.LowBits()), nil
	case string:
		n, err := strconv.Atoi(x)
		if err != nil {
			return nil, rowFault{codeCast, fmt.Sprintf("int(%s): not a whole number", quoted(x))}
		}
		return n, nil
	case time.Duration:
		return int(x), nil
	case time.Month:
		return int(x), nil
	case time.Weekday:
		return int(x), nil
	}
	return nil, rowFault{codeCast, "int of " + typeText(value)}
}

// small64 reports whether n is an int64.
func small64(n decimal128.Num) bool { return n.HighBits() == int64(n.LowBits())>>63 }

func castFloat(value any) (any, error) {
	switch x := value.(type) {
	case int:
		return float64(x), nil
	case uint64:
		return float64(x), nil
	case float64:
		return x, nil
	case decimal:
		return x.float(), nil
	case string:
		f, err := strconv.ParseFloat(x, 64)
		if err != nil {
			return nil, rowFault{codeCast, fmt.Sprintf("float(%s): not a number", quoted(x))}
		}
		return f, nil
	case time.Month:
		return float64(x), nil
	case time.Weekday:
		return float64(x), nil
	}
	return nil, rowFault{codeCast, "float of " + typeText(value)}
}

// quoted is a value of a record for a message.
func quoted(s string) string { return strconv.Quote(shorten(s)) }

// texts computes string(x).
func (ev *Evaluator) texts(n *node, rows []int32) *vec {
	from := n.args[0].typ
	a := ev.eval(n.args[0], rows)
	v := ev.written(n, rows, a.ok, func(_ *vec, i int32, b []byte) ([]byte, bool) {
		switch {
		case a.store == inInts && from.Kind.Integer():
			return strconv.AppendInt(b, a.ints[i], 10), true
		case a.store == inUints:
			return strconv.AppendUint(b, a.uints[i], 10), true
		case a.store == inFloats:
			return appendFloat(b, a.floats[i], from), true
		case a.store == inBools:
			return strconv.AppendBool(b, a.bools[i] != 0), true
		default:
			return append(b, castString(ev.rowValue(a, from, i), from)...), true
		}
	})
	ev.done(a)
	return v
}

// appendFloat writes as fmt's %v does, a float of 32 bits in as few digits as tell it from the next.
func appendFloat(b []byte, x float64, t schemas.Type) []byte {
	size := 64
	if t.Kind == schemas.Float {
		size = 32
	}
	if math.IsInf(x, 1) {
		return append(b, "+Inf"...)
	}
	return strconv.AppendFloat(b, x, 'g', -1, size)
}

// castString is string(x): what fmt's %v writes, and ISO forms for the types that expr has not.
func castString(value any, t schemas.Type) string {
	switch x := value.(type) {
	case string:
		return x
	case float64:
		return string(appendFloat(nil, x, t))
	case rawJSON:
		return castString(looked(x), t)
	case map[string]any:
		if t.Kind == schemas.JSON {
			return jsonText(x)
		}
	case []any:
		if t.Kind == schemas.JSON {
			return jsonText(x)
		}
	}
	return fmt.Sprint(value)
}
