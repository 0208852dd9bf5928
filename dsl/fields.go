package dsl

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// NodeDecoder is a type of config field that reads its own node. Findings go to the node's place; the type's documentation
// name is TypeName.
type NodeDecoder interface {
	DecodeNode(n *Node, s *Scope) source.Diagnostics
	TypeName() string
}

var (
	expressionType = reflect.TypeFor[Expression]()
	secretType     = reflect.TypeFor[Secret]()
	textType       = reflect.TypeFor[Text]()
	pathType       = reflect.TypeFor[Path]()
	sizeType       = reflect.TypeFor[Size]()
	durationType   = reflect.TypeFor[time.Duration]()
	schemaType     = reflect.TypeFor[schemas.Type]()
	componentType  = reflect.TypeFor[Component]()
	nodeType       = reflect.TypeFor[*Node]()
	decoderType    = reflect.TypeFor[NodeDecoder]()
	mapType        = reflect.TypeFor[interface{ isMap() }]()
)

func (Map[T]) isMap() {}

// field is one field of a config struct.
type field struct {
	FieldSpec
	index []int
	typ   reflect.Type
	kind  Kind   // of nested components
	elem  string // what a list or map holds, by its TypeName
}

// want says what a document must say for the field, for messages.
func (f *field) want() string {
	switch {
	case f.Map:
		return "a map from names to " + plural(f.elem)
	case f.List:
		return "a list of " + plural(f.elem)
	default:
		return article(f.TypeName)
	}
}

// fieldsOf reads the tags of a struct type. Embedded structs without a tag lend their fields. A tag that says nonsense
// panics: the tests of every component come by here.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for _, f := range reflect.VisibleFields(t) {
		tag, ok := f.Tag.Lookup("flow")
		if !ok || !f.IsExported() {
			continue
		}
		parts := strings.Split(tag, ",")
		spec := field{index: f.Index, typ: f.Type, kind: Processor}
		spec.Name, spec.Doc = parts[0], f.Tag.Get("doc")
		for _, option := range parts[1:] {
			key, value, _ := strings.Cut(option, "=")
			switch key {
			case "required":
				spec.Required = true
			case "body":
				spec.Body = true
			case "one_of":
				spec.OneOf = strings.Split(value, "|")
			case "min":
				spec.Min = value
			case "max":
				spec.Max = value
			case "kind":
				spec.kind = map[string]Kind{"input": Input, "processor": Processor, "output": Output}[value]
			default:
				panic("dsl: unknown option " + option + " in the tag of " + t.String() + "." + f.Name)
			}
		}
		if values := f.Tag.Get("one_of"); values != "" {
			spec.OneOf = strings.Split(values, "|")
		}
		spec.describe(f.Type)
		out = append(out, spec)
	}
	return out
}

// describe fills what follows from a field's type.
func (f *field) describe(t reflect.Type) {
	f.Secret, f.Expression = t == secretType, t == expressionType
	if name, ok := scalarName(t); ok {
		f.TypeName = name
		return
	}
	switch {
	case reflect.PointerTo(t).Implements(decoderType):
		f.TypeName = reflect.New(t).Interface().(NodeDecoder).TypeName()
	case t == componentType:
		f.TypeName = f.kind.String()
	case t == nodeType:
		f.TypeName = "any"
	case t.Kind() == reflect.Pointer:
		f.describe(t.Elem())
	case t.Implements(mapType):
		f.describe(entryValue(t))
		f.Map, f.elem, f.TypeName = true, f.TypeName, "map of "+f.TypeName
	case t.Kind() == reflect.Slice:
		f.describe(t.Elem())
		f.List, f.elem, f.TypeName = true, f.TypeName, "list of "+f.TypeName
	case t.Kind() == reflect.Struct:
		f.TypeName = "map"
		f.Fields = specsOf(fieldsOf(t), reflect.New(t).Elem())
	default:
		panic("dsl: a config field cannot be a " + t.String())
	}
}

// entryValue is the type T of a Map[T].
func entryValue(t reflect.Type) reflect.Type {
	f, _ := t.Elem().FieldByName("Value")
	return f.Type
}

// scalarName is the documentation's name of a type that a scalar fills.
func scalarName(t reflect.Type) (string, bool) {
	switch t {
	case expressionType:
		return "expression", true
	case secretType:
		return "secret text", true
	case pathType:
		return "path", true
	case sizeType:
		return "size", true
	case durationType:
		return "duration", true
	case schemaType:
		return "type", true
	case textType:
		return "text", true
	}
	if t.Implements(mapType) || reflect.PointerTo(t).Implements(decoderType) {
		return "", false
	}
	switch t.Kind() {
	case reflect.String:
		return "text", true
	case reflect.Bool:
		return "true or false", true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "whole number", true
	case reflect.Float32, reflect.Float64:
		return "number", true
	}
	return "", false
}

// FieldsOf describes the fields of config, a struct (or a pointer to one) with its defaults filled.
func FieldsOf(config any) []FieldSpec {
	v := reflect.Indirect(reflect.ValueOf(config))
	if v.Kind() != reflect.Struct {
		panic("dsl: a config must be a struct")
	}
	return specsOf(fieldsOf(v.Type()), v)
}

func specsOf(fields []field, v reflect.Value) []FieldSpec {
	out := make([]FieldSpec, len(fields))
	for i, f := range fields {
		out[i] = f.FieldSpec
		if !f.Required && !f.Secret {
			out[i].Default = defaultText(v.FieldByIndex(f.index))
		}
		if f.typ.Kind() == reflect.Struct && len(f.Fields) > 0 {
			out[i].Fields = specsOf(fieldsOf(f.typ), v.FieldByIndex(f.index))
		}
	}
	return out
}

// ShortField names the field that the short form of a component fills: its only required one, where that is a scalar, a
// list or a map. It is empty for a config without one, and for one whose whole body is a field.
func ShortField(config any) string {
	v := reflect.Indirect(reflect.ValueOf(config))
	if f := shortField(fieldsOf(v.Type())); f != nil {
		return f.Name
	}
	return ""
}

func shortField(fields []field) *field {
	if slices.ContainsFunc(fields, func(f field) bool { return f.Body }) {
		return nil
	}
	var short *field
	for i := range fields {
		if !fields[i].Required {
			continue
		}
		if short != nil {
			return nil
		}
		short = &fields[i]
	}
	if short == nil || len(short.Fields) > 0 && !short.List && !short.Map {
		return nil
	}
	return short
}
