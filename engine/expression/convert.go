package expression

import (
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// convertValue brings a value to a type that unify or an operator chose for it.
func convertValue(value any, from, to schemas.Type) (any, error) {
	switch to.Kind {
	case schemas.Double, schemas.Float:
		return castFloat(value)
	case schemas.Uint64:
		if x, ok := value.(int); ok && x >= 0 {
			return uint64(x), nil
		}
	case schemas.Decimal:
		return toDecimal(value, to)
	case schemas.Timestamp, schemas.TimestampNS:
		switch x := value.(type) {
		case civilDate:
			return time.Unix(int64(x)*86400, 0).UTC(), nil
		case time.Time:
			return x, nil
		}
	case schemas.List:
		return convertElements(value, from, to)
	}
	if isInteger(to) {
		switch x := value.(type) {
		case time.Month:
			return int(x), nil
		case time.Weekday:
			return int(x), nil
		}
	}
	return value, nil
}

func toDecimal(value any, to schemas.Type) (any, error) {
	d, ok := value.(decimal)
	if !ok {
		switch x := value.(type) {
		case int:
			d.number = decimal128.FromI64(int64(x))
		case uint64:
			d.number = decimal128.FromU64(x)
		}
	}
	out, ok := rescaled(d, int32(to.Scale))
	if !ok || !out.number.FitsInPrecision(int32(to.Precision)) {
		return nil, rowFault{codeDecimal, fmt.Sprintf("%s does not fit %s", d, to)}
	}
	return out, nil
}

func convertElements(value any, from, to schemas.Type) (any, error) {
	list, ok := value.([]any)
	if !ok || from.Elem == nil {
		return value, nil
	}
	out := make([]any, len(list))
	for i, e := range list {
		if e == nil {
			continue
		}
		x, err := convertValue(e, *from.Elem, *to.Elem)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}
