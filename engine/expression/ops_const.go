package expression

import (
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// opConst is a constant: its value is repeated for as many rows as the longest batch had.
var opConst = &operation{
	name: "const",
	is:   isConst,
	run:  func(ev *Evaluator, n *node, _ []int32) *vec { return ev.constant(n) },
}

// constant returns the vector of a constant, which is kept over batches.
func (ev *Evaluator) constant(n *node) *vec {
	v := ev.konst[n.id]
	if v != nil && (v.capacity() >= ev.n) {
		return v
	}
	v = new(vec)
	v.store = storageOf(n.typ)
	length := max(ev.n, 64)
	switch v.store {
	case inBools:
		v.bools = repeat(length, n.value, func(x any) byte { return bit(x.(bool)) })
	case inInts:
		v.ints = repeat(length, n.value, func(x any) int64 { return intOf(x, n.typ) })
	case inUints:
		v.uints = repeat(length, n.value, func(x any) uint64 { return x.(uint64) })
	case inFloats:
		v.floats = repeat(length, n.value, func(x any) float64 { return x.(float64) })
	case inDecimals:
		v.decs = repeat(length, n.value, decimalNumber)
	case inStrings:
		text := bytesText(n.value)
		padded := make([]byte, len(text)+slack)
		copy(padded, text)
		v.table = &[][]byte{padded}
		v.views = make([]view, length)
		for i := range v.views {
			v.views[i].size = uint32(len(text))
		}
	default:
		v.anys = repeat(length, n.value, func(x any) any { return x })
	}
	if n.value == nil {
		v.ok = make([]uint64, words(length))
	}
	ev.konst[n.id] = v
	return v
}

// capacity is how many rows a vector of a constant can serve.
func (v *vec) capacity() int {
	return max(len(v.bools), len(v.ints), len(v.uints), len(v.floats), len(v.decs), len(v.views), len(v.anys))
}

func repeat[T any](length int, value any, of func(any) T) []T {
	out := make([]T, length)
	if value == nil {
		return out
	}
	x := of(value)
	for i := range out {
		out[i] = x
	}
	return out
}

// intOf is a row value as a vector of ints holds it.
func intOf(value any, t schemas.Type) int64 {
	switch x := value.(type) {
	case int:
		return int64(x)
	case time.Duration:
		return int64(x)
	case time.Month:
		return int64(x)
	case time.Weekday:
		return int64(x)
	case civilDate:
		return int64(x)
	case clockTime:
		return int64(x)
	case time.Time:
		if t.Kind == schemas.TimestampNS {
			return x.UnixNano()
		}
		return x.UnixMicro()
	default:
		return 0
	}
}

// bytesText is a string, binary or uuid value as a vector of strings holds it.
func bytesText(value any) string {
	switch x := value.(type) {
	case string:
		return x
	case []byte:
		return string(x)
	case identifier:
		return string(x[:])
	default:
		return ""
	}
}
