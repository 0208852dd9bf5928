package expression

import (
	"fmt"
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// fitted is a value as the row value of a type, or an error.
func fitted(value any, t schemas.Type) (any, error) {
	ok := false
	switch t.Kind {
	case schemas.Bool:
		_, ok = looked(value).(bool)
	case schemas.Uint64:
		switch x := value.(type) {
		case uint64:
			ok = true
		case int:
			value, ok = uint64(x), x >= 0
		}
	case schemas.Float, schemas.Double:
		switch x := value.(type) {
		case float64:
			ok = true
		case int:
			value, ok = float64(x), true
		case uint64:
			value, ok = float64(x), true
		}
	case schemas.Decimal:
		return toDecimal(value, t)
	case schemas.String:
		_, ok = value.(string)
	case schemas.Binary, schemas.Fixed:
		_, ok = value.([]byte)
	case schemas.UUID:
		_, ok = value.(identifier)
	case schemas.Date:
		_, ok = value.(civilDate)
	case schemas.Time:
		_, ok = value.(clockTime)
	case schemas.Timestamp, schemas.TimestampNS, schemas.LocalTimestamp:
		_, ok = value.(time.Time)
	case kindDuration:
		_, ok = value.(time.Duration)
	case kindMonth, kindWeekday:
		ok = true
	case schemas.List:
		_, ok = value.([]any)
	case schemas.Map, schemas.Struct:
		_, ok = value.(map[string]any)
	case schemas.JSON, schemas.Null:
		ok = true
	default:
		if isInteger(t) {
			value = plain(value)
			_, ok = value.(int)
		}
	}
	if !ok {
		return nil, rowFault{"type-mismatch", fmt.Sprintf("%s where %s is wanted", typeText(value), described(t))}
	}
	return value, nil
}

// typeText is the name that type() gives a value.
func typeText(value any) string {
	switch looked(value).(type) {
	case nil:
		return "nil"
	case bool:
		return "bool"
	case int:
		return "int"
	case uint64:
		return "uint"
	case float64:
		return "float"
	case string:
		return "string"
	case []any, []byte:
		return "array"
	case map[string]any:
		return "map"
	case time.Time:
		return "time.Time"
	case time.Duration:
		return "time.Duration"
	case time.Month:
		return "time.Month"
	case time.Weekday:
		return "time.Weekday"
	case decimal:
		return "decimal"
	case identifier:
		return "uuid"
	case civilDate:
		return "date"
	case clockTime:
		return "time"
	default:
		return "unknown"
	}
}
