package expression

import (
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// grain is a span of microseconds, beginning at a multiple of itself, whose instants a layout writes alike; 0 when there is
// none. What a layout shows is seen by writing instants that differ in one field.
func grain(layout string, zone *time.Location) int64 {
	const second = 1_000_000
	base := time.Date(2001, 2, 3, 4, 5, 6, 789_000_000, time.UTC)
	shows := func(steps ...time.Duration) bool {
		for _, step := range steps {
			if base.Format(layout) != base.Add(step).Format(layout) {
				return true
			}
		}
		return false
	}
	switch {
	case shows(100 * time.Millisecond):
		return 0
	case shows(time.Second), zone != nil && zone != time.UTC: // local mean times are off by seconds
		return second
	case shows(time.Minute):
		return 60 * second
	case shows(time.Hour, 12*time.Hour):
		return 3600 * second
	}
	return microsOfDay
}

// lookUp is the text of an instant, from the cache or made.
func (z zoned) lookUp(cache *[64]formatted, x int64, t schemas.Type) *formatted {
	unit := z.grainOf(t)
	g := floorDiv(x, unit)
	f := &cache[uint64(g)%uint64(len(cache))]
	if x < f.from || x >= f.to {
		f.from = g * unit
		f.to = f.from + unit
		f.text = instantOf(x, t, z.zone).AppendFormat(f.text[:0], z.layout)
		f.size = len(f.text)
		f.text = append(f.text, make([]byte, slack)...)
	}
	return f
}

// grainOf is the grain in the unit of t.
func (z zoned) grainOf(t schemas.Type) int64 {
	if t.Kind == schemas.TimestampNS {
		return z.grain * nanosOfMicro
	}
	return z.grain
}

// formatted is the text of the instants of a span.
type formatted struct {
	from, to int64
	text     []byte // and slack
	size     int
}

// formatted writes the texts of a whole column; ok is false when they could be too much.
func (ev *Evaluator) formatted(n *node, a *vec, cache *[64]formatted) (*vec, bool) {
	z, t := n.value.(zoned), n.args[0].typ
	v := ev.dense(a.ok)
	at, last := 0, &cache[0]
	out := grown(v.data, ev.n*(len(z.layout)+8)+slack)
	for i, x := range a.ints[:ev.n] {
		if v.has(int32(i)) {
			if x < last.from || x >= last.to {
				last = z.lookUp(cache, x, t)
			}
			if at+last.size+slack > len(out) {
				if ev.text.total+2*at > maxBatchText {
					ev.done(v)
					return nil, false
				}
				out = append(out, make([]byte, len(out)+last.size)...)
			}
			copyText(out, at, last.text, 0, last.size)
			at += last.size
		}
		v.offs[i+1] = int32(at)
	}
	v.data = out[:at]
	ev.text.total += at
	return v, true
}
