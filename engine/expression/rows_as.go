package expression

import (
	"math"
	"strings"
	"time"
)

// The operators on row values: what the VM calls instead of its own, with our meaning of numbers.

// looked is a JSON value as what it holds.
func looked(value any) any {
	if raw, ok := value.(rawJSON); ok {
		return parseJSON(string(raw))
	}
	return value
}

func mismatch(what string, values ...any) error {
	kinds := make([]string, len(values))
	for i, v := range values {
		kinds[i] = typeText(v)
	}
	return rowFault{"type-mismatch", what + " of " + strings.Join(kinds, " and ")}
}

func asBool(value any) (bool, error) {
	if b, ok := value.(bool); ok {
		return b, nil
	}
	return false, mismatch("a condition", value)
}

func asText(value any) (string, error) {
	if s, ok := value.(string); ok {
		return s, nil
	}
	return "", mismatch("text", value)
}

func asList(value any) ([]any, error) {
	switch x := looked(value).(type) {
	case []any:
		return x, nil
	case []int: // of a range
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = e
		}
		return out, nil
	}
	return nil, mismatch("elements", value)
}

func asFloat(value any) (float64, error) {
	switch x := looked(value).(type) {
	case float64:
		return x, nil
	case int:
		return float64(x), nil
	case uint64:
		return float64(x), nil
	}
	return 0, mismatch("a number", value)
}

// asInt is a whole number as an index or count; the VM cuts fractions.
func asInt(value any) (int, error) {
	switch x := looked(value).(type) {
	case int:
		return x, nil
	case uint64:
		return int(min(x, math.MaxInt)), nil
	case float64:
		if x >= -1<<53 && x <= 1<<53 {
			return int(x), nil
		}
	case time.Month:
		return int(x), nil
	case time.Weekday:
		return int(x), nil
	}
	return 0, mismatch("a whole number", value)
}

func twoTexts(name string, args []any) (a, b string, err error) {
	a, okA := looked(args[0]).(string)
	b, okB := looked(args[1]).(string)
	if !okA || !okB {
		return "", "", mismatch("`"+name+"`", args...)
	}
	return a, b, nil
}

// optionalCount is operand i as a count, -1 when it is absent.
func optionalCount(args []any, i int) (int, error) {
	if len(args) <= i {
		return -1, nil
	}
	return asInt(args[i])
}

// plain brings whole numbers with a name to int.
func plain(value any) any {
	switch x := looked(value).(type) {
	case time.Month:
		return int(x)
	case time.Weekday:
		return int(x)
	default:
		return x
	}
}
