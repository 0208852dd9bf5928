package dsl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Component is one input, processor or output of a document, its config not yet decoded.
type Component struct {
	Kind       Kind
	Name       string
	NameRange  source.Range
	Node       *Node // the whole map
	Body       *Node // what stands under the name; an empty one is an empty map
	Label      string
	LabelRange source.Range
	Format     *Node  // nil where the document has none
	Schema     *Node  // nil where the document has none
	Path       string // "input", "processors[1]", "processors[1].switch[0].processors[0]", "output", "dead_letter"
}

// sharedKeys may stand beside a component's name: label always, the others for components that read or write bytes.
var sharedKeys = map[string]bool{"label": true, "format": true, "schema": true}

// component reads the map of one component. extra are the keys that may stand beside its name at this place.
func (s *Scope) component(n *Node, kind Kind, path string, extra []string) (Component, source.Diagnostics) {
	c := &componentReader{scope: s, n: n, extra: extra, c: Component{Kind: kind, Node: n, Path: path}}
	c.read()
	return c.c, c.ds
}

type componentReader struct {
	scope *Scope
	n     *Node
	extra []string
	c     Component
	spec  *Spec
	ds    source.Diagnostics
}

func (r *componentReader) report(d source.Diagnostic) { r.ds = append(r.ds, d) }

func (r *componentReader) read() {
	if r.n.Kind != MapNode {
		r.noMap()
		return
	}
	name := r.name()
	if name == nil {
		return
	}
	r.c.Name, r.c.NameRange = name.Key, name.KeyRange
	if r.scope.Specs != nil {
		r.spec, _ = r.scope.Specs.Spec(r.c.Kind, name.Key)
	}
	r.body(name)
	for _, e := range r.n.Entries {
		if e != name {
			r.beside(e, name)
		}
	}
}

// noMap reports a component that is no map of one entry.
func (r *componentReader) noMap() {
	kind := r.c.Kind.String()
	d := source.Diagnostic{Code: "wrong-type", Range: r.n.Range, Found: fmt.Sprintf("%s %s is %s", anA(kind), kind, r.n.describe()), Expected: "a map of the component's name and its fields"}
	if r.n.Kind != ScalarNode {
		d.Range = oneLine(at(d.Range.File, d.Range.Start, d.Range.Start+1))
	}
	switch {
	case r.n.IsNull():
		r.none()
		return
	case r.n.Kind == ScalarNode && r.scope.known(r.c.Kind, r.n.Text):
		d.Fix = "write `{" + assignment(r.n.Range, r.n.Text, r.scope.emptyConfig(r.c.Kind, r.n.Text)) + "}`"
	}
	r.report(d)
}

// emptyConfig is the least that a component's config can be, as far as that can be said.
func (s *Scope) emptyConfig(kind Kind, name string) string {
	if s.Specs != nil {
		if spec, ok := s.Specs.Spec(kind, name); ok && slices.ContainsFunc(spec.Fields, func(f FieldSpec) bool { return f.Required }) {
			return "..."
		}
	}
	return "{}"
}

func anA(kind string) string {
	if kind == "processor" {
		return "a"
	}
	return "an"
}

func (s *Scope) known(kind Kind, name string) bool {
	if s.Specs == nil {
		return true
	}
	_, ok := s.Specs.Spec(kind, name)
	return ok
}

// name finds the entry that names the component.
func (r *componentReader) name() *Node {
	var known, others []*Node
	for _, e := range r.n.Entries {
		switch {
		case r.scope.Specs != nil && r.scope.known(r.c.Kind, e.Key):
			known = append(known, e)
		case !sharedKeys[e.Key] && !slices.Contains(r.extra, e.Key):
			others = append(others, e)
		}
	}
	if r.scope.Specs == nil {
		known, others = others, nil
	}
	switch {
	case len(known) == 1:
		return known[0]
	case len(known) > 1:
		r.two(known[0], known[1])
		return nil
	case len(others) > 0:
		r.unknown(others[0])
		return nil
	default:
		r.none()
		return nil
	}
}

func (r *componentReader) two(a, b *Node) {
	kind := r.c.Kind.String()
	d := source.Diagnostic{
		Code: "two-components", Range: b.KeyRange, Found: fmt.Sprintf("`%s` beside `%s`: two %ss in one place", b.Key, a.Key, kind),
		Expected: "exactly one " + kind, Fix: "remove one of them",
	}
	if strings.HasSuffix(r.c.Path, "]") {
		d.Fix = "begin a new item: `- " + b.Key + ": ...`"
		if isTOML(b.Range) {
			d.Fix = "begin a new item for it"
		}
	}
	r.report(d)
}

func (r *componentReader) unknown(e *Node) {
	kind := r.c.Kind.String()
	d := source.Diagnostic{
		Code: "unknown-component", Range: e.KeyRange, Found: fmt.Sprintf("unknown %s `%s`", kind, clip(e.Key)),
		Expected: fmt.Sprintf("%s %s; `iggy-flow list %ss` names them", anA(kind), kind, kind),
	}
	near := source.Suggest(e.Key, r.scope.Specs.SpecNames(r.c.Kind))
	for _, other := range []Kind{Input, Processor, Output} {
		if other != r.c.Kind && r.scope.known(other, e.Key) {
			d.Found = fmt.Sprintf("`%s` is %s %s and no %s", e.Key, anA(other.String()), other, kind)
			near = ""
		}
	}
	if near != "" {
		d.Fix = "write `" + near + "`"
	}
	r.report(d)
}

func (r *componentReader) none() {
	kind := r.c.Kind.String()
	r.report(source.Diagnostic{
		Code: "missing-component", Range: r.n.place(), Found: fmt.Sprintf("no %s is named here", kind),
		Expected: fmt.Sprintf("exactly one %s; `iggy-flow list %ss` names them", kind, kind),
	})
}

// body copies the entry's value: it knows its path and the options that stand beside it.
func (r *componentReader) body(name *Node) {
	body := *name
	if body.IsNull() {
		body = Node{Kind: MapNode, Range: name.KeyRange, Key: name.Key, KeyRange: name.KeyRange, null: true}
	}
	body.path = r.c.Path + "." + name.Key
	r.c.Body = &body
	if r.spec == nil {
		return
	}
	hideFields(&body, r.spec.Fields)
	if slices.ContainsFunc(r.spec.Fields, func(f FieldSpec) bool { return f.Body }) {
		body.beside = &Node{Kind: MapNode, Range: r.n.Range, Key: name.Key, KeyRange: name.KeyRange}
		hideFields(r.n, r.spec.Fields)
	}
}
