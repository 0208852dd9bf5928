package dsl

import (
	"fmt"
	"slices"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// beside reads an entry that stands beside the component's name.
func (r *componentReader) beside(e, name *Node) {
	bytes := r.spec == nil || r.spec.Bytes
	switch {
	case e.Key == "label":
		r.label(e)
	case e.Key == "format" && bytes:
		r.c.Format = e
	case e.Key == "schema" && bytes:
		r.c.Schema = e
	case slices.Contains(r.extra, e.Key):
	case sharedKeys[e.Key]:
		r.report(source.Diagnostic{
			Code: "unknown-field", Range: e.KeyRange, Found: "`" + e.Key + "` beside `" + name.Key + "`",
			Expected: "it only beside inputs and outputs that read or write bytes", Fix: "remove `" + e.Key + "`",
		})
	case r.spec != nil && r.c.Body.beside != nil && specField(r.spec.Fields, e.Key):
		r.c.Body.beside.Entries = append(r.c.Body.beside.Entries, e)
	default:
		r.stray(e, name)
	}
}

func specField(fields []FieldSpec, name string) bool {
	return slices.ContainsFunc(fields, func(f FieldSpec) bool { return f.Name == name && !f.Body })
}

// stray reports an entry that cannot stand beside the component's name.
func (r *componentReader) stray(e, name *Node) {
	allowed := append([]string{"label"}, r.extra...)
	if r.spec != nil && r.spec.Bytes {
		allowed = append(allowed, "format", "schema")
	}
	if r.spec != nil && r.c.Body.beside != nil {
		for _, f := range r.spec.Fields {
			if !f.Body {
				allowed = append(allowed, f.Name)
			}
		}
	}
	slices.Sort(allowed)
	d := source.Diagnostic{
		Code: "unknown-field", Range: e.KeyRange, Found: "unknown key `" + clip(e.Key) + "` beside `" + name.Key + "`",
		Expected: "one of: " + list(allowed),
	}
	if len(allowed) == 1 {
		d.Expected = allowed[0]
	}
	if near := source.Suggest(e.Key, allowed); near != "" {
		d.Fix = "write `" + near + "`"
	}
	if r.spec != nil && r.c.Body.beside == nil && specField(r.spec.Fields, e.Key) {
		d.Found, d.Expected = "`"+e.Key+"` beside `"+name.Key+"`", "it under `"+name.Key+"`: it is a field of it"
		d.Fix = "indent it below `" + name.Key + ":`"
		if isTOML(r.n.Range) {
			d.Fix = "move it into the table of `" + name.Key + "`"
		}
		r.c.Body.stray = append(r.c.Body.stray, e.Key)
	}
	r.report(d)
}

// label reads the user's own name for a component, and holds it unique.
func (r *componentReader) label(e *Node) {
	text, ds := r.scope.interpolate(e)
	r.ds = append(r.ds, ds...)
	if ds.HasErrors() {
		return
	}
	if e.Kind != ScalarNode || !namePattern.MatchString(text.text) {
		found := e.describe()
		if e.Kind == ScalarNode {
			found = text.shown()
		}
		r.report(source.Diagnostic{
			Code: "name", Range: e.Range, Found: "the label is " + found,
			Expected: "small letters, digits, `_` and `-`, beginning with a letter or digit, 63 at most", Fix: nameFix(text),
		})
		return
	}
	r.c.Label, r.c.LabelRange = text.text, e.Range
	if r.scope.labels == nil {
		r.scope.labels = map[string]source.Range{}
	}
	if first, taken := r.scope.labels[text.text]; taken && first != e.Range {
		r.report(source.Diagnostic{
			Code: "duplicate-label", Range: e.Range, Found: "the label " + text.shown() + " is taken",
			Expected: fmt.Sprintf("each label once; the first stands in line %d, column %d", first.Position().Line, first.Position().Column),
			Fix:      "choose another one",
		})
		return
	}
	r.scope.labels[text.text] = e.Range
}
