package unittest

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// same reports whether a value that a test wants is the one that a column of type t holds. Numbers and instants are equal
// by value, uuids whatever their case; a member that is missing is null; the order of members does not matter.
func same(t schemas.Type, want, got any) bool {
	switch w := want.(type) {
	case nil:
		return got == nil
	case bool:
		g, ok := got.(bool)
		return ok && w == g
	case map[string]any:
		g, ok := got.(map[string]any)
		return ok && sameMembers(t, w, g)
	case []any:
		g, ok := got.([]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for i := range w {
			if !same(element(t), w[i], g[i]) {
				return false
			}
		}
		return true
	}
	return sameScalar(t, want, got)
}

func sameMembers(t schemas.Type, want, got map[string]any) bool {
	for name, w := range want {
		if !same(member(t, name), w, got[name]) {
			return false
		}
	}
	for name, g := range got {
		if _, has := want[name]; !has && g != nil {
			return false
		}
	}
	return true
}

// member is the type of a member of a struct or map; Unknown within json.
func member(t schemas.Type, name string) schemas.Type {
	if t.Kind == schemas.Map {
		return *t.Elem
	}
	f, _, _ := t.Field(name)
	return f.Type
}

func element(t schemas.Type) schemas.Type {
	if t.Kind == schemas.List {
		return *t.Elem
	}
	return schemas.Type{}
}

func sameScalar(t schemas.Type, want, got any) bool {
	w, wantNumber := want.(json.Number)
	g, gotNumber := got.(json.Number)
	if wantNumber && gotNumber {
		return sameNumber(t, string(w), string(g))
	}
	if wantNumber || gotNumber {
		// A decimal, or an integer that JSON readers would round, may be a text on one side.
		return t.Kind.Numeric() && sameNumber(t, text(want), text(got))
	}
	a, ok := want.(string)
	b, both := got.(string)
	switch {
	case !ok || !both:
		return false
	case a == b:
		return true
	case t.Kind.Numeric():
		return sameNumber(t, a, b)
	case t.Kind.Instant(), t.Kind == schemas.Date, t.Kind == schemas.Time:
		x, okX := instant(a)
		y, okY := instant(b)
		return okX && okY && x.Equal(y)
	case t.Kind == schemas.UUID:
		return strings.EqualFold(strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", ""))
	}
	return false
}

func text(v any) string {
	switch x := v.(type) {
	case json.Number:
		return string(x)
	case string:
		return x
	}
	return ""
}

// maxExponent bounds what is compared exactly: beyond it no type of ours has values, and big.Rat would write every digit.
const maxExponent = 400

func sameNumber(t schemas.Type, a, b string) bool {
	if a == b {
		return a != ""
	}
	bits := 64
	if t.Kind == schemas.Float {
		bits = 32
	}
	x, errX := strconv.ParseFloat(a, bits)
	y, errY := strconv.ParseFloat(b, bits)
	if errX != nil || errY != nil || x != y || t.Kind.Floating() {
		return errX == nil && errY == nil && x == y
	}
	if exponent(a) > maxExponent || exponent(b) > maxExponent {
		return false
	}
	p, okP := new(big.Rat).SetString(a)
	q, okQ := new(big.Rat).SetString(b)
	return okP && okQ && p.Cmp(q) == 0
}

func exponent(number string) int {
	i := strings.IndexAny(number, "eE")
	if i < 0 {
		return len(number)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(number[i+1:], "+"))
	if err != nil {
		return maxExponent + 1
	}
	return max(n, -n) + i
}

func instant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", time.DateOnly, "15:04:05.999999999", "15:04"} {
		if x, err := time.Parse(layout, text); err == nil {
			return x, true
		}
	}
	return time.Time{}, false
}
