package dsl

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// Var is one parameter of a document with the value of this start: a constant of every expression, as vars.NAME.
//
// Value is nil, bool, int64, float64 or string; for a timestamp it is a time.Time in UTC, for a list a []any of these.
type Var struct {
	Name  string
	Type  schemas.Type
	Value any
}

// varTypes names the types that a var can have.
const varTypes = "bool, a signed or unsigned integer, float, double, string, timestamp, or a list of one of them"

// varType reports whether a var can have type t.
func varType(t schemas.Type) bool {
	if t.Kind == schemas.List {
		return t.Elem.Kind != schemas.List && varType(*t.Elem)
	}
	return t.Kind == schemas.Bool || t.Kind.Integer() || t.Kind.Floating() || t.Kind == schemas.String || t.Kind == schemas.Timestamp
}

// parseVar reads the text of one value, not of a list.
func parseVar(text string, t schemas.Type) (any, bool) {
	kind := coreKind(text)
	switch {
	case t.Kind == schemas.String:
		return text, true
	case t.Kind == schemas.Bool:
		return parseBool(text), kind == BoolValue
	case t.Kind.Integer():
		if kind != IntValue {
			return nil, false
		}
		x, err := parseInt(text)
		low, high := intBounds(t.Kind)
		return x, err == nil && x >= low && x <= high
	case t.Kind.Floating():
		x, err := parseFloat(text)
		return x, (kind == IntValue || kind == FloatValue) && err == nil && !(t.Kind == schemas.Float && math.Abs(x) > math.MaxFloat32 && !math.IsInf(x, 0))
	case t.Kind == schemas.Timestamp:
		x, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			x, err = time.Parse(time.DateOnly, text)
		}
		return x.UTC().Truncate(time.Microsecond), err == nil
	}
	return nil, false
}

// intBounds are the least and the greatest value of an integer type; of uint64 the greatest that a var can hold.
func intBounds(k schemas.Kind) (low, high int64) {
	switch k {
	case schemas.Int8:
		return math.MinInt8, math.MaxInt8
	case schemas.Int16:
		return math.MinInt16, math.MaxInt16
	case schemas.Int32:
		return math.MinInt32, math.MaxInt32
	case schemas.Uint8:
		return 0, math.MaxUint8
	case schemas.Uint16:
		return 0, math.MaxUint16
	case schemas.Uint32:
		return 0, math.MaxUint32
	case schemas.Uint64:
		return 0, math.MaxInt64
	default:
		return math.MinInt64, math.MaxInt64
	}
}

// varExpectation says what a value of type t looks like.
func varExpectation(t schemas.Type) string {
	switch {
	case t.Kind == schemas.Bool:
		return "true or false"
	case t.Kind.Integer():
		low, high := intBounds(t.Kind)
		if low == math.MinInt64 {
			return "a whole number of 64 bits"
		}
		return fmt.Sprintf("a whole number from %d to %d", low, high)
	case t.Kind.Floating():
		return "a number"
	case t.Kind == schemas.Timestamp:
		return "a timestamp, such as 2026-01-31T12:00:00Z"
	case t.Kind == schemas.List:
		return "a list of " + t.Elem.String()
	default:
		return "a text"
	}
}

// parseSet reads the value of --set: a list is separated by commas.
func parseSet(text string, t schemas.Type) (any, bool) {
	if t.Kind != schemas.List {
		return parseVar(text, t)
	}
	items := []any{}
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text = text[1 : len(text)-1]
	}
	if strings.TrimSpace(text) == "" {
		return items, true
	}
	for item := range strings.SplitSeq(text, ",") {
		v, ok := parseVar(strings.TrimSpace(item), *t.Elem)
		if !ok {
			return nil, false
		}
		items = append(items, v)
	}
	return items, true
}

// text writes the value of a var as a document would; ok is false for null and for lists.
func (v Var) text() (text string, ok bool) {
	switch x := v.Value.(type) {
	case string:
		return x, true
	case bool:
		return strconv.FormatBool(x), true
	case int64:
		return strconv.FormatInt(x, 10), true
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), true
	case time.Time:
		return x.Format(time.RFC3339Nano), true
	}
	return "", false
}
