package dsl

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// declaration is what a document says of one var.
type declaration struct {
	Type     schemas.Type `flow:"type,required" doc:"The type of its value."`
	Default  *Node        `flow:"default" doc:"The value where none is given."`
	OneOf    *Node        `flow:"one_of" doc:"The values that are allowed."`
	Required bool         `flow:"required" doc:"A value must be given."`
	Doc      string       `flow:"doc" doc:"What it is for."`
}

// varName is a name that expressions can spell.
var varName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// vars reads the declarations and gives each var the value of this start: of --set, else of the file with values, else the
// default.
func (p *documentReader) vars() {
	n := p.top.Vars
	var names []string
	if n != nil && !n.IsNull() {
		if n.Kind != MapNode {
			p.report(source.Diagnostic{Code: "wrong-type", Range: n.place(), Found: "vars is " + n.describe(), Expected: "a map from names to `{type: ..., default: ...}`"})
			return
		}
		names = n.Keys()
	}
	values := p.values(names)
	p.unknownSets(names)
	if n == nil {
		return
	}
	for _, e := range n.Entries {
		p.oneVar(e, values.Lookup(e.Key))
	}
}

// values reads the file with values; what it says of no var is a finding in it.
func (p *documentReader) values(names []string) *Node {
	if p.options.Values == nil {
		return nil
	}
	root, ds := ParseTree(p.options.Values)
	hideSecrets(p.options.Values, root)
	p.ds = append(p.ds, ds...)
	if root == nil || root.IsNull() {
		return nil
	}
	if root.Kind != MapNode {
		p.report(source.Diagnostic{Code: "wrong-type", Range: at(p.options.Values, root.Range.Start, root.Range.Start), Found: "the values are " + root.describe(), Expected: "a map from the names of vars to their values"})
		return nil
	}
	for _, e := range root.Entries {
		if !slices.Contains(names, e.Key) {
			p.report(unknownVar(e.KeyRange, "the document has no var `"+clip(e.Key)+"`", e.Key, names, "write `%s`"))
		}
	}
	return root
}

func unknownVar(r source.Range, found, name string, names []string, fix string) source.Diagnostic {
	d := source.Diagnostic{Code: "unknown-var", Range: r, Found: found, Expected: "one of: " + list(names)}
	if len(names) == 0 {
		d.Expected = "no value: the document declares no vars"
	}
	if near := source.Suggest(name, names); near != "" {
		d.Fix = fmt.Sprintf(fix, near)
	}
	return d
}

func (p *documentReader) unknownSets(names []string) {
	r := p.start()
	if p.top.Vars != nil {
		r = p.top.Vars.KeyRange
	}
	for _, name := range slices.Sorted(maps.Keys(p.options.Set)) {
		if !slices.Contains(names, name) {
			p.report(unknownVar(r, "`--set "+clip(name)+"=...`: the document has no such var", name, names, "write `--set %s=...`"))
		}
	}
}

func (p *documentReader) oneVar(n, value *Node) {
	if !varName.MatchString(n.Key) {
		p.report(source.Diagnostic{Code: "name", Range: n.KeyRange, Found: "the var is called " + strconv.Quote(clip(n.Key)), Expected: "letters, digits and `_`, so that expressions can say `vars.NAME`"})
		return
	}
	var decl declaration
	dec := &decoder{scope: p.d.Scope}
	if n.Kind != MapNode {
		dec.wrong(n, "a map such as `{type: string, default: ...}`")
	} else {
		dec.config(n, reflect.ValueOf(&decl).Elem(), "")
	}
	p.ds = append(p.ds, dec.ds...)
	if dec.ds.HasErrors() {
		return
	}
	if !varType(decl.Type) {
		p.report(source.Diagnostic{Code: "type", Range: n.Field("type").Range, Found: "a var of type " + decl.Type.String(), Expected: varTypes})
		return
	}
	v := Var{Name: n.Key, Type: decl.Type}
	ok := p.assign(&v, n, value, decl)
	if ok && v.Value == nil && decl.Required {
		p.report(source.Diagnostic{Code: "missing-var", Range: n.KeyRange, Found: "the var `" + v.Name + "` has no value", Expected: varExpectation(v.Type), Fix: "write `--set " + v.Name + "=...`"})
	}
	if ok {
		p.checkOneOf(v, n, decl)
	}
	p.d.Vars = append(p.d.Vars, v)
	// Later findings should not repeat that this one has no value.
	p.d.Scope.Vars = p.d.Vars
}

// assign gives v its value. It reports false after a finding.
func (p *documentReader) assign(v *Var, n, value *Node, decl declaration) (ok bool) {
	if decl.Default != nil { // is checked even where it does not matter
		if v.Value, ok = p.varValue(decl.Default, v.Type, v.Name); !ok {
			return false
		}
	}
	if text, set := p.options.Set[v.Name]; set {
		if v.Value, ok = parseSet(text, v.Type); !ok {
			v.Value = nil
			p.report(source.Diagnostic{
				Code: "var-value", Range: n.KeyRange, Found: "`--set " + v.Name + "=" + clip(text) + "`: the value is no " + v.Type.String(),
				Expected: varExpectation(v.Type),
			})
		}
		return ok
	}
	if value != nil {
		v.Value, ok = p.varValue(value, v.Type, v.Name)
		return ok
	}
	return true
}

// varValue reads a value of a var from a document.
func (p *documentReader) varValue(n *Node, t schemas.Type, name string) (any, bool) {
	if n.IsNull() {
		return nil, true
	}
	if t.Kind == schemas.List {
		items := n.Items
		if n.Kind != ListNode {
			items = []*Node{n}
		}
		out := make([]any, len(items))
		for i, item := range items {
			v, ok := p.varValue(item, *t.Elem, name)
			if !ok {
				return nil, false
			}
			out[i] = v
		}
		return out, true
	}
	if n.Kind != ScalarNode {
		p.report(source.Diagnostic{Code: "var-value", Range: n.place(), Found: "vars." + name + " is " + n.describe(), Expected: varExpectation(t)})
		return nil, false
	}
	text, ds := p.d.Scope.interpolate(n)
	p.ds = append(p.ds, ds...)
	if ds.HasErrors() {
		return nil, false
	}
	v, ok := parseVar(text.text, t)
	quoted := n.Value == StringValue && n.Style != Plain && len(text.refs) == 0
	if !ok || quoted && t.Kind != schemas.String && t.Kind != schemas.Timestamp {
		d := source.Diagnostic{Code: "var-value", Range: n.Range, Found: "vars." + name + " is " + text.of(n), Expected: varExpectation(t)}
		if ok {
			d.Fix = "remove the quotes: `" + text.text + "`"
		}
		p.report(d)
		return nil, false
	}
	return v, true
}

// checkOneOf holds a var to the values that are allowed, which it reads.
func (p *documentReader) checkOneOf(v Var, n *Node, decl declaration) {
	if decl.OneOf == nil {
		return
	}
	elem := v.Type
	if elem.Kind == schemas.List {
		elem = *elem.Elem
	}
	allowed, ok := p.varValue(decl.OneOf, schemas.ListOf(elem), v.Name)
	if !ok || allowed == nil || v.Value == nil {
		return
	}
	var words []string
	for _, a := range allowed.([]any) {
		text, _ := Var{Value: a}.text()
		words = append(words, text)
	}
	given, isList := v.Value.([]any)
	if !isList {
		given = []any{v.Value}
	}
	for _, g := range given {
		if text, _ := (Var{Value: g}).text(); !slices.Contains(words, text) {
			d := source.Diagnostic{Code: "var-value", Range: n.KeyRange, Found: "vars." + v.Name + " is " + strconv.Quote(clip(text)), Expected: "one of: " + list(words)}
			if decl.Default != nil && p.options.Set[v.Name] == "" {
				d.Range = decl.Default.Range
			}
			if set, ok := p.options.Set[v.Name]; ok {
				d.Found = "`--set " + v.Name + "=" + clip(set) + "`: the value is not allowed"
			}
			p.report(d)
			return
		}
	}
}
