package expression

import (
	"fmt"
	"strings"
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// addTime is a time and a duration, cut to the unit of t.
func addTime(at, d any, t schemas.Type) (any, error) {
	x, okX := at.(time.Time)
	y, okY := d.(time.Duration)
	if !okX || !okY {
		return nil, mismatch("`+`", at, d)
	}
	if t.Kind != schemas.TimestampNS {
		y = time.Duration(floorDiv(int64(y), nanosOfMicro) * nanosOfMicro)
	}
	sum := x.Add(y)
	if _, ok := fromTime(sum, t); !ok {
		return nil, rowFault{codeInstant, "the timestamp is out of range"}
	}
	return sum, nil
}

func scaleDuration(f float64, d time.Duration) (time.Duration, error) {
	x := f * float64(d)
	if !(x >= -1<<63 && x < 1<<63) {
		return 0, rowFault{codeOverflow, fmt.Sprintf("%v * %v is outside of a duration", f, d)}
	}
	return time.Duration(x), nil
}

// computeTimes is arithmetic with times and durations on row values.
func computeTimes(sign string, a, b any) (any, bool, error) {
	switch x := a.(type) {
	case time.Time:
		switch y := b.(type) {
		case time.Time:
			return x.Sub(y), sign == "-", nil
		case time.Duration:
			switch sign {
			case "+":
				v, err := addTime(x, y, typeInstant)
				return v, true, err
			case "-":
				v, err := addTime(x, -y, typeInstant)
				return v, true, err
			}
		}
	case time.Duration:
		switch y := b.(type) {
		case time.Time:
			v, err := addTime(y, x, typeInstant)
			return v, sign == "+", err
		case time.Duration:
			at := strings.Index("+-", sign)
			if at < 0 || len(sign) != 1 {
				return nil, false, nil
			}
			return checkedDuration(arithmetic(at), int64(x), int64(y))
		case int:
			if sign == "*" {
				return checkedDuration(multiplication, int64(x), int64(y))
			}
		case float64:
			d, err := scaleDuration(y, x)
			return d, sign == "*", err
		}
	case int:
		if y, ok := b.(time.Duration); ok && sign == "*" {
			return checkedDuration(multiplication, int64(x), int64(y))
		}
	case float64:
		if y, ok := b.(time.Duration); ok && sign == "*" {
			d, err := scaleDuration(x, y)
			return d, true, err
		}
	}
	return nil, false, nil
}

func checkedDuration(sign arithmetic, x, y int64) (any, bool, error) {
	c, ok := sign.checked(x, y)
	if !ok {
		return nil, true, rowFault{codeOverflow, overflows(time.Duration(x), signs[sign], time.Duration(y))}
	}
	return time.Duration(c), true, nil
}
