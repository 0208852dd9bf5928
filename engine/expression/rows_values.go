package expression

import (
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// rowValue is row i of a vector of type t; nil for null.
func (ev *Evaluator) rowValue(v *vec, t schemas.Type, i int32) any {
	if !v.has(i) {
		return nil
	}
	switch v.store {
	case inBools:
		return v.bools[i] != 0
	case inInts:
		return intValue(v.ints[i], t)
	case inUints:
		return v.uints[i]
	case inFloats:
		return v.floats[i]
	case inDecimals:
		return decimal{v.decs[i], int32(t.Scale)}
	case inStrings:
		return textOfKind(v.str(i), t)
	}
	return v.nested(i)
}

func intValue(x int64, t schemas.Type) any {
	switch t.Kind {
	case schemas.Date:
		return civilDate(x)
	case schemas.Time:
		return clockTime(x)
	case schemas.Timestamp, schemas.TimestampNS, schemas.LocalTimestamp:
		return instantOf(x, t, nil)
	case kindDuration:
		return time.Duration(x)
	case kindMonth:
		return time.Month(x)
	case kindWeekday:
		return time.Weekday(x)
	default:
		return int(x)
	}
}

// textOfKind is the bytes of a string, binary, uuid or JSON value. Text is not copied: it lives as long as the batch.
func textOfKind(s string, t schemas.Type) any {
	switch t.Kind {
	case schemas.Binary, schemas.Fixed:
		return textBytes(s)
	case schemas.UUID:
		return identifier([]byte(s))
	case schemas.JSON:
		return rawJSON(s)
	default:
		return s
	}
}

// nested is row i of a vector of nested or JSON values.
func (v *vec) nested(i int32) any {
	if !v.has(i) {
		return nil
	}
	switch v.store {
	case inArrays:
		return arrowValue(v.arr, v.typ, int(i))
	case inStrings:
		return rawJSON(v.str(i))
	default:
		return v.anys[i]
	}
}

// arrowValue is element i of an array as a row value.
func arrowValue(a arrow.Array, t schemas.Type, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Boolean:
		return a.Value(i)
	case *array.Int8:
		return int(a.Value(i))
	case *array.Int16:
		return int(a.Value(i))
	case *array.Int32:
		return int(a.Value(i))
	case *array.Int64:
		return int(a.Value(i))
	case *array.Uint8:
		return int(a.Value(i))
	case *array.Uint16:
		return int(a.Value(i))
	case *array.Uint32:
		return int(a.Value(i))
	case *array.Uint64:
		return a.Value(i)
	case *array.Float32:
		return float64(a.Value(i))
	case *array.Float64:
		return a.Value(i)
	case *array.Decimal128:
		return decimal{a.Value(i), int32(t.Scale)}
	case *array.String:
		return textOfKind(a.Value(i), t)
	case *array.Binary:
		return a.Value(i)
	case *array.FixedSizeBinary:
		return textOfKind(string(a.Value(i)), t)
	case *array.Date32:
		return civilDate(a.Value(i))
	case *array.Time64:
		return clockTime(a.Value(i))
	case *array.Timestamp:
		return instantOf(int64(a.Value(i)), t, nil)
	case *array.Map:
		from, to := a.ValueOffsets(i)
		keys := a.Keys().(*array.String)
		m := make(map[string]any, to-from)
		for k := from; k < to; k++ {
			m[strings.Clone(keys.Value(int(k)))] = arrowValue(a.Items(), *t.Elem, int(k))
		}
		return m
	case *array.List:
		from, to := a.ValueOffsets(i)
		list := make([]any, 0, to-from)
		for k := from; k < to; k++ {
			list = append(list, arrowValue(a.ListValues(), *t.Elem, int(k)))
		}
		return list
	case *array.Struct:
		m := make(map[string]any, len(t.Fields))
		for k, f := range t.Fields {
			m[f.Name] = arrowValue(a.Field(k), f.Type, i)
		}
		return m
	}
	return nil
}

// set writes a row value, which is not nil, to row i of a vector of type t. A value that the type does not hold is an
// error of the row: only JSON values can bring one.
func (ev *Evaluator) set(v *vec, t schemas.Type, i int32, value any) error {
	value, err := fitted(value, t)
	if err != nil {
		return err
	}
	switch v.store {
	case inBools:
		v.bools[i] = bit(value.(bool))
	case inInts:
		v.ints[i] = intOf(value, t)
	case inUints:
		v.uints[i] = value.(uint64)
	case inFloats:
		v.floats[i] = value.(float64)
	case inDecimals:
		v.decs[i] = value.(decimal).number
	case inStrings:
		text := bytesText(value)
		if len(text) > maxValueText || ev.text.total+len(text) > maxBatchText {
			return rowFault{codeLimit, "the text that the expression makes is too long"}
		}
		v.views[i] = ev.text.add(text)
	default:
		v.anys[i] = value
	}
	return nil
}
