package dsl

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// defaultText writes a default as a document would say it; empty where a document says nothing.
func defaultText(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() || v.Type() == nodeType {
			return ""
		}
		return defaultText(v.Elem())
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		return formatDuration(x)
	case Expression:
		return x.Source
	case Path:
		return x.Written
	case Text:
		return x.Value
	case fmt.Stringer:
		if _, scalar := scalarName(v.Type()); scalar && !v.IsZero() {
			return x.String()
		}
	}
	switch v.Kind() {
	case reflect.Slice:
		if v.Type().Implements(mapType) || v.Len() == 0 {
			return ""
		}
		items := make([]string, v.Len())
		for i := range items {
			items[i] = defaultText(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case reflect.Struct:
		return ""
	default:
		return fmt.Sprint(v.Interface())
	}
}

// formatDuration writes a duration without the parts that are zero: 1h, not 1h0m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
