package dsl

import "reflect"

// PathsOf lists the paths in a component's config, in the order of its fields.
func PathsOf(config any) []Path {
	var out []Path
	collectPaths(reflect.ValueOf(config), &out)
	return out
}

func collectPaths(v reflect.Value, out *[]Path) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			collectPaths(v.Elem(), out)
		}
	case reflect.Slice:
		for i := range v.Len() {
			collectPaths(v.Index(i), out)
		}
	case reflect.Struct:
		if p, ok := v.Interface().(Path); ok {
			if p.Value != "" {
				*out = append(*out, p)
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Tag.Get("flow") != "" {
				collectPaths(v.Field(i), out)
			}
		}
	}
}
