package dsl

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Decode fills into, a pointer to a struct that holds the defaults, from n: a component's body or any map of a document. It
// reports every problem: unknown fields, missing ones, wrong kinds and bounds. A field that has no problem is set even
// where another one has. Configs and parts of them with a Validate(at Node) method are asked after a decode without errors.
func Decode(n *Node, into any, s *Scope) source.Diagnostics {
	if s == nil {
		s = &Scope{}
	}
	if n == nil {
		n = &Node{Kind: MapNode}
	}
	d := &decoder{scope: s}
	d.config(n, reflect.ValueOf(into).Elem(), n.path)
	if !d.ds.HasErrors() {
		for _, check := range d.checks {
			d.ds = append(d.ds, check()...)
		}
	}
	return d.ds
}

// validator is a config that checks what its types cannot say.
type validator interface {
	Validate(at Node) source.Diagnostics
}

// decoder gathers the findings of one Decode.
type decoder struct {
	scope  *Scope
	ds     source.Diagnostics
	checks []func() source.Diagnostics // Validate of every config, innermost first
}

func (d *decoder) report(x source.Diagnostic) { d.ds = append(d.ds, x) }

// config fills a struct. path names it for nested components.
func (d *decoder) config(n *Node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	if body := bodyField(fields); body != nil {
		switch {
		case !n.null && n.Kind != AbsentNode:
			d.value(n, v.FieldByIndex(body.index), body, path)
		case body.Required:
			d.null(n, body.want())
		}
		d.entries(besideOf(n), v, fields, path, body)
	} else if n.Kind == MapNode && !shortMap(n, fields) || n.Kind == AbsentNode || n.IsNull() {
		d.entries(n, v, fields, path, nil)
	} else if short := shortField(fields); short != nil {
		d.value(n, v.FieldByIndex(short.index), short, path+"."+short.Name)
	} else {
		d.wrong(n, "a map with "+fieldNames(fields, "`", "no fields"))
	}
	d.check(n, v)
}

// check notes the Validate of a config for later.
func (d *decoder) check(n *Node, v reflect.Value) {
	if x, ok := v.Addr().Interface().(validator); ok {
		d.checks = append(d.checks, func() source.Diagnostics { return x.Validate(*n) })
	}
}

func bodyField(fields []field) *field {
	for i := range fields {
		if fields[i].Body {
			return &fields[i]
		}
	}
	return nil
}

// besideOf holds the options of a component whose body is its only field.
func besideOf(n *Node) *Node {
	if n.beside != nil {
		return n.beside
	}
	return &Node{Kind: MapNode, Range: n.Range, Key: n.Key, KeyRange: n.KeyRange}
}

// shortMap reports whether a map is the short form of a config: its one required field is a map, and none of the keys is a
// field.
func shortMap(n *Node, fields []field) bool {
	short := shortField(fields)
	if short == nil || !short.Map || short.List || len(n.Entries) == 0 {
		return false
	}
	for _, f := range fields {
		if n.Has(f.Name) {
			return false
		}
	}
	return true
}

// entries fills the fields of a struct but for the one that is the body.
func (d *decoder) entries(n *Node, v reflect.Value, fields []field, path string, body *field) {
	meant := map[string]bool{} // fields that are there under a misspelt name
	for _, e := range n.Entries {
		f := lookupField(fields, e.Key)
		if f == nil || f == body {
			meant[d.unknown(n, e, fields)] = true
			continue
		}
		d.value(e, v.FieldByIndex(f.index), f, path+"."+f.Name)
	}
	for i := range fields {
		f := &fields[i]
		if f.Required && f != body && !n.Has(f.Name) && !slices.Contains(n.stray, f.Name) && !meant[f.Name] {
			d.missing(n, f)
		}
	}
}

func lookupField(fields []field, name string) *field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

// value fills one field, an item of a list or a value of a map.
func (d *decoder) value(n *Node, v reflect.Value, f *field, path string) {
	t := v.Type()
	switch {
	case t.Kind() == reflect.Pointer && t != nodeType:
		if n.IsNull() {
			d.null(n, f.want())
			return
		}
		p := reflect.New(t.Elem())
		if !v.IsNil() {
			p.Elem().Set(v.Elem())
		}
		d.value(n, p.Elem(), f, path)
		v.Set(p)
	case reflect.PointerTo(t).Implements(decoderType):
		d.ds = append(d.ds, v.Addr().Interface().(NodeDecoder).DecodeNode(n, d.scope)...)
	case t == nodeType:
		v.Set(reflect.ValueOf(n))
	case t == componentType:
		c, ds := d.scope.component(n, f.kind, path, nil)
		d.ds = append(d.ds, ds...)
		v.Set(reflect.ValueOf(c))
	case t.Implements(mapType):
		d.mapValue(n, v, f, path)
	case t.Kind() == reflect.Slice:
		d.list(n, v, f, path)
	case isScalarType(t):
		d.scalar(n, v, f)
	default:
		if n.IsNull() {
			d.null(n, "a map")
			return
		}
		d.config(n, v, path)
	}
}

func isScalarType(t reflect.Type) bool {
	_, ok := scalarName(t)
	return ok
}

func (d *decoder) list(n *Node, v reflect.Value, f *field, path string) {
	items := n.Items
	if n.Kind != ListNode {
		if n.IsNull() {
			d.null(n, f.want())
			return
		}
		if n.Kind == MapNode && isScalarType(v.Type().Elem()) {
			d.wrong(n, f.want())
			return
		}
		items = []*Node{n} // what stands alone is a list of one
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		named := *item
		if named.Key == "" {
			named.Key = n.Key + "[" + strconv.Itoa(i) + "]"
			named.KeyRange = source.Range{}
		}
		if v.Type().Elem() == nodeType {
			out.Index(i).Set(reflect.ValueOf(item))
			continue
		}
		d.value(&named, out.Index(i), f, path+"["+strconv.Itoa(i)+"]")
	}
	v.Set(out)
}

func (d *decoder) mapValue(n *Node, v reflect.Value, f *field, path string) {
	if n.IsNull() && !f.Required {
		v.SetZero()
		return
	}
	if n.Kind != MapNode {
		d.wrong(n, f.want())
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Entries), len(n.Entries))
	for i, e := range n.Entries {
		entry := out.Index(i)
		entry.FieldByName("Key").SetString(e.Key)
		entry.FieldByName("KeyRange").Set(reflect.ValueOf(e.KeyRange))
		d.value(e, entry.FieldByName("Value"), f, path+"."+e.Key)
	}
	v.Set(out)
}
