package expression

import (
	"cmp"
	"math"
)

// mixed compares numbers of two storages, exactly.
func (r relation) mixed(a, b *vec, i int32) bool {
	switch {
	case a.store == inFloats:
		return mirrored[r].mixed(b, a, i)
	case b.store == inFloats:
		f := b.floats[i]
		if math.IsNaN(f) {
			return r == unequal
		}
		if a.store == inUints {
			return r.holds(compareUintFloat(a.uints[i], f))
		}
		return r.holds(compareIntFloat(a.ints[i], f))
	case a.store == inUints && b.store == inInts:
		return r.holds(-compareIntUint(b.ints[i], a.uints[i]))
	default:
		return r.holds(compareIntUint(a.ints[i], b.uints[i]))
	}
}

func compareIntUint(a int64, b uint64) int {
	if a < 0 {
		return -1
	}
	return cmp.Compare(uint64(a), b)
}

// compareIntFloat compares without rounding a. f is not NaN.
func compareIntFloat(a int64, f float64) int {
	switch {
	case f >= 1<<63:
		return -1
	case f < -1<<63:
		return 1
	}
	whole := math.Trunc(f)
	if c := cmp.Compare(a, int64(whole)); c != 0 {
		return c
	}
	return cmp.Compare(whole, f)
}

func compareUintFloat(a uint64, f float64) int {
	switch {
	case f >= 1<<64:
		return -1
	case f < 0:
		return 1
	}
	whole := math.Trunc(f)
	if c := cmp.Compare(a, uint64(whole)); c != 0 {
		return c
	}
	return cmp.Compare(whole, f)
}
