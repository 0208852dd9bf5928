package expression_test

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"time"
)

// agree compares two ways of ours: same value, null or error.
func agree(a, b outcome) bool {
	return a.code == b.code && (a.value == nil) == (b.value == nil) && equalAny(a.value, b.value)
}

// sameValue compares a value of the VM with ours. It knows the deliberate differences that a row of plain values can meet:
// an overflow or a cast out of range is an error.
func sameValue(want any, got outcome) bool {
	switch got.code {
	case "int-overflow", "invalid-cast", "timestamp-overflow":
		return true
	case "":
		return equalAny(want, got.value)
	}
	return false
}

func equalAny(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if x, ok := rational(a); ok {
		y, ok := rational(b)
		if !ok {
			return false
		}
		return x == y || math.IsNaN(toFloat(a)) && math.IsNaN(toFloat(b))
	}
	if x, ok := a.(time.Time); ok {
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	}
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	if x.Kind() == reflect.Slice && y.Kind() == reflect.Slice {
		if x.Len() != y.Len() {
			return false
		}
		for i := range x.Len() {
			if !equalAny(x.Index(i).Interface(), y.Index(i).Interface()) {
				return false
			}
		}
		return true
	}
	if x.Kind() == reflect.Map && y.Kind() == reflect.Map {
		if x.Len() != y.Len() {
			return false
		}
		for _, k := range x.MapKeys() {
			e := y.MapIndex(k)
			if !e.IsValid() || !equalAny(x.MapIndex(k).Interface(), e.Interface()) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

// rational is a number in a form that compares exactly.
func rational(v any) (string, bool) {
	if r, ok := v.(*big.Rat); ok {
		return r.String(), true
	}
	x := reflect.ValueOf(v)
	switch {
	case x.CanInt() && x.Type().PkgPath() == "":
		return big.NewRat(x.Int(), 1).String(), true
	case x.CanUint():
		return new(big.Rat).SetInt(new(big.Int).SetUint64(x.Uint())).String(), true
	case x.CanFloat():
		f := x.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Sprint(f), true
		}
		return new(big.Rat).SetFloat64(f).String(), true
	}
	return "", false
}

func toFloat(v any) float64 {
	if x := reflect.ValueOf(v); x.CanFloat() {
		return x.Float()
	}
	return 0
}

func used(row map[string]any, names map[string]bool) map[string]any {
	out := make(map[string]any)
	for name := range names {
		out[name] = row[name]
	}
	return out
}

func anyNull(row map[string]any, names map[string]bool) bool {
	for name := range names {
		if row[name] == nil {
			return true
		}
		if dev, ok := row[name].(map[string]any); ok && name == "dev" && dev["os"] == nil {
			return true
		}
	}
	return false
}
