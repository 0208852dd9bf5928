package expression

import (
	"cmp"
	"reflect"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// compareValues orders two values; ok is false when they have no common order. NaN is in no order.
func compareValues(a, b any) (c int, ok bool) {
	switch x := a.(type) {
	case int:
		switch y := b.(type) {
		case int:
			return cmp.Compare(x, y), true
		case uint64:
			return compareIntUint(int64(x), y), true
		case float64:
			return compareIntFloat(int64(x), y), y == y
		case decimal:
			return compareDecimals(decimal128.FromI64(int64(x)), 0, y.number, y.scale), true
		}
	case uint64:
		switch y := b.(type) {
		case uint64:
			return cmp.Compare(x, y), true
		case float64:
			return compareUintFloat(x, y), y == y
		case decimal:
			return compareDecimals(decimal128.FromU64(x), 0, y.number, y.scale), true
		case int:
			return -compareIntUint(int64(y), x), true
		}
	case float64:
		if y, same := b.(float64); same {
			return cmp.Compare(x, y), x == x && y == y
		}
		c, ok = compareValues(b, a)
		if _, number := b.(decimal); number {
			return 0, false
		}
		return -c, ok
	case decimal:
		if y, same := b.(decimal); same {
			return compareDecimals(x.number, x.scale, y.number, y.scale), true
		}
		if _, fraction := b.(float64); fraction {
			return 0, false
		}
		c, ok = compareValues(b, a)
		return -c, ok
	case string:
		y, same := b.(string)
		return cmp.Compare(x, y), same
	case time.Time:
		y, same := b.(time.Time)
		return x.Compare(y), same
	case time.Duration:
		y, same := b.(time.Duration)
		return cmp.Compare(x, y), same
	case civilDate:
		y, same := b.(civilDate)
		return cmp.Compare(x, y), same
	case clockTime:
		y, same := b.(clockTime)
		return cmp.Compare(x, y), same
	case identifier:
		y, same := b.(identifier)
		return strings.Compare(string(x[:]), string(y[:])), same
	case []byte:
		y, same := b.([]byte)
		return strings.Compare(string(x), string(y)), same
	}
	return 0, false
}

// equalValues reports whether two values are equal, lists and maps by their elements. NaN equals nothing.
func equalValues(a, b any) bool {
	a, b = plain(a), plain(b)
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	switch x := a.(type) {
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equalValues(x[i], y[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k, v := range x {
			if w, has := y[k]; !has || !equalValues(v, w) {
				return false
			}
		}
		return true
	}
	if isNumber(a) && isNumber(b) || reflect.TypeOf(a) == reflect.TypeOf(b) {
		c, ok := compareValues(a, b)
		return ok && c == 0
	}
	return false
}

func isNumber(value any) bool {
	switch value.(type) {
	case int, uint64, float64, decimal:
		return true
	}
	return false
}

// rowCompare is a comparison of two values.
func rowCompare(r relation, a, b any) (any, error) {
	a, b = plain(a), plain(b)
	if a == nil || b == nil {
		return nil, nil // a JSON null
	}
	if r <= unequal {
		return equalValues(a, b) == (r == equal), nil
	}
	c, ok := compareValues(a, b)
	if !ok {
		if isNumber(a) && isNumber(b) {
			return false, nil // NaN
		}
		return nil, mismatch("`"+relationNames[r]+"`", a, b)
	}
	return r.holds(c), nil
}

// rowIn is membership in a list or map.
func rowIn(needle, stack any) (any, error) {
	needle = plain(needle)
	if needle == nil {
		return nil, nil
	}
	switch x := looked(stack).(type) {
	case nil:
		return nil, nil
	case []any:
		for _, e := range x {
			if e != nil && equalValues(e, needle) {
				return true, nil
			}
		}
		return false, nil
	case map[string]any:
		key, err := asText(needle)
		if err != nil {
			return nil, err
		}
		_, ok := x[key]
		return ok, nil
	default:
		return nil, mismatch("`in`", needle, stack)
	}
}
