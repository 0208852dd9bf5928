package engine

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/engine/codec/raw"
	"github.com/iggy-flow/iggy-flow/engine/codec/text"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Registry holds the components and formats of a program. It is filled once, explicitly, and then only read; two engines
// in one process may have different ones.
type Registry struct {
	Formats codec.Registry

	components map[dsl.Kind]map[string]*entry
}

var _ dsl.Specs = (*Registry)(nil)

// entry is a component with its config type erased.
type entry struct {
	spec  *dsl.Spec
	class class
	meta  *schemas.Schema // of an input: what expressions may read as meta.NAME
	// build decodes the config under n and constructs the component. The node gets the result.
	build func(n *Node, body *dsl.Node, scope *dsl.Scope) source.Diagnostics
}

// NewRegistry returns a registry with the formats that are built in and no component.
func NewRegistry() *Registry {
	r := &Registry{components: map[dsl.Kind]map[string]*entry{dsl.Input: {}, dsl.Processor: {}, dsl.Output: {}}}
	r.Formats.Add(json.Format())
	r.Formats.Add(raw.Format())
	r.Formats.Add(text.Format())
	return r
}

// Spec implements dsl.Specs.
func (r *Registry) Spec(kind dsl.Kind, name string) (*dsl.Spec, bool) {
	e, ok := r.components[kind][name]
	if !ok {
		return nil, false
	}
	return e.spec, true
}

// SpecNames implements dsl.Specs: the names in alphabetical order.
func (r *Registry) SpecNames(kind dsl.Kind) []string {
	return slices.Sorted(maps.Keys(r.components[kind]))
}

func (r *Registry) add(e *entry) {
	if _, taken := r.components[e.spec.Kind][e.spec.Name]; taken {
		panic("engine: " + e.spec.Kind.String() + " " + e.spec.Name + " is added twice")
	}
	r.components[e.spec.Kind][e.spec.Name] = e
}

// InputSpec describes an input whose config is a C.
type InputSpec[C any] struct {
	Name        string
	Summary     string // one line
	Description string // Markdown; may be empty
	Since       string // version
	Defaults    C
	Examples    []dsl.Example
	Bytes       bool // it reads bytes: `format` and `schema` may stand beside it
	Replay      Replay
	Splits      Splits          // SharedSplits when a document may have it share them: it is a SharedInput then
	Conditions  []string        // what its promise depends on: Markdown, a sentence each
	Bounded     bool            // it ends
	Meta        []schemas.Field // what expressions may read as meta.NAME
	New         func(C, Env) (Input, error)
}

// ProcessorSpec describes a processor whose config is a C.
type ProcessorSpec[C any] struct {
	Name        string
	Summary     string
	Description string
	Since       string
	Defaults    C
	Examples    []dsl.Example
	Stateful    bool // it is a Stateful
	Varies      bool // it may make something else of a record that it is given again, whatever its expressions say
	New         func(C, Env) (Processor, error)
}

// OutputSpec describes an output whose config is a C.
type OutputSpec[C any] struct {
	Name        string
	Summary     string
	Description string
	Since       string
	Defaults    C
	Examples    []dsl.Example
	Bytes       bool
	Guarantee   Guarantee
	Positioned  bool     // its targets keep the positions of their rows, so that replicas may share splits: it is a Positioned
	Conditions  []string // what its promise depends on: Markdown, a sentence each
	New         func(C, Env) (Output, error)
}

// AddInput adds an input to r. A name that is taken panics.
func AddInput[C any](r *Registry, s InputSpec[C]) {
	r.add(&entry{
		spec: &dsl.Spec{
			Kind: dsl.Input, Name: s.Name, Summary: s.Summary, Description: s.Description, Since: s.Since,
			Fields: dsl.FieldsOf(s.Defaults), Short: dsl.ShortField(s.Defaults), Bytes: s.Bytes, Examples: s.Examples,
		},
		class: class{replay: s.Replay, splits: s.Splits, bounded: s.Bounded, conditions: s.Conditions},
		meta:  schemas.New(s.Meta...),
		build: func(n *Node, body *dsl.Node, scope *dsl.Scope) source.Diagnostics {
			c, ds := decode(r, n, body, scope, s.Defaults)
			if !ds.HasErrors() {
				input, err := s.New(c, n.env)
				n.Input, ds = input, append(ds, constructed(n, err)...)
			}
			return ds
		},
	})
}

// CombinerSpec describes a combiner of inputs whose config is a C.
type CombinerSpec[C any] struct {
	Name        string
	Summary     string
	Description string
	Since       string
	Defaults    C
	Examples    []dsl.Example
	New         func(C, Env) (Combiner, error)
}

// AddCombiner adds a combiner to r, which stands where an input does. A name that is taken panics.
func AddCombiner[C any](r *Registry, s CombinerSpec[C]) {
	r.add(&entry{
		spec: &dsl.Spec{
			Kind: dsl.Input, Name: s.Name, Summary: s.Summary, Description: s.Description, Since: s.Since,
			Fields: dsl.FieldsOf(s.Defaults), Short: dsl.ShortField(s.Defaults), Examples: s.Examples,
		},
		class: class{combines: true},
		meta:  schemas.New(),
		build: func(n *Node, body *dsl.Node, scope *dsl.Scope) source.Diagnostics {
			c, ds := decode(r, n, body, scope, s.Defaults)
			if !ds.HasErrors() {
				combiner, err := s.New(c, n.env)
				n.Combiner, ds = combiner, append(ds, constructed(n, err)...)
			}
			return ds
		},
	})
}

// AddProcessor adds a processor to r. A name that is taken panics.
func AddProcessor[C any](r *Registry, s ProcessorSpec[C]) {
	r.add(&entry{
		spec: &dsl.Spec{
			Kind: dsl.Processor, Name: s.Name, Summary: s.Summary, Description: s.Description, Since: s.Since,
			Fields: dsl.FieldsOf(s.Defaults), Short: dsl.ShortField(s.Defaults), Examples: s.Examples,
		},
		class: class{stateful: s.Stateful, varies: s.Varies},
		build: func(n *Node, body *dsl.Node, scope *dsl.Scope) source.Diagnostics {
			c, ds := decode(r, n, body, scope, s.Defaults)
			if !ds.HasErrors() {
				processor, err := s.New(c, n.env)
				n.Processor, ds = processor, append(ds, constructed(n, err)...)
			}
			return ds
		},
	})
}

// AddOutput adds an output to r. A name that is taken panics.
func AddOutput[C any](r *Registry, s OutputSpec[C]) {
	r.add(&entry{
		spec: &dsl.Spec{
			Kind: dsl.Output, Name: s.Name, Summary: s.Summary, Description: s.Description, Since: s.Since,
			Fields: dsl.FieldsOf(s.Defaults), Short: dsl.ShortField(s.Defaults), Bytes: s.Bytes, Examples: s.Examples,
		},
		class: class{guarantee: s.Guarantee, positioned: s.Positioned, conditions: s.Conditions},
		build: func(n *Node, body *dsl.Node, scope *dsl.Scope) source.Diagnostics {
			c, ds := decode(r, n, body, scope, s.Defaults)
			if !ds.HasErrors() {
				output, err := s.New(c, n.env)
				n.Output, ds = output, append(ds, constructed(n, err)...)
			}
			return ds
		},
	})
}

// PathHolder is the config of a byte component that names a file: its ending says the format where the document does not.
type PathHolder interface{ FormatPath() string }

// decode reads a component's config over its defaults, and finds the format of a byte component that names none.
func decode[C any](r *Registry, n *Node, body *dsl.Node, scope *dsl.Scope, defaults C) (C, source.Diagnostics) {
	c := defaults
	ds := dsl.Decode(body, &c, scope)
	n.Config = c
	if n.Spec.Bytes && n.env.Format == nil {
		n.env.Format, _ = r.Formats.Lookup("json")
		if h, ok := any(c).(PathHolder); ok {
			if f, ok := r.Formats.ForPath(h.FormatPath()); ok {
				n.env.Format = f
			} else if other := otherFormat(h.FormatPath()); other != "" {
				ds = append(ds, source.Diagnostic{
					Code: "unknown-format", Range: n.Component.Node.Range, Found: "the file's ending says " + other + ", which is no format here",
					Expected: "one of: " + list(r.Formats.Names()), Fix: "name the format beside `" + n.Component.Name + "`, such as `format: json`, or another ending",
				})
			}
		}
	}
	if n.Spec.Bytes && n.Spec.Kind == dsl.Input && n.env.Format.Columns != nil {
		ds = append(ds, n.fixed(n.env.Format)...)
	}
	return c, ds
}

// fixed gives an input the columns that its format has, and reports a schema that says otherwise.
func (n *Node) fixed(f *codec.Format) source.Diagnostics {
	d := n.env.Declared
	if d == nil {
		n.env.Declared = &dsl.DeclaredSchema{Schema: f.Columns, Unknown: "ignore"}
		return nil
	}
	if s := d.Schema; s.Len() != f.Columns.Len() || s.Field(0).Name != f.Columns.Field(0).Name || !s.Field(0).Type.Equal(f.Columns.Field(0).Type) {
		return source.Diagnostics{{
			Code: "format-schema", Range: n.Component.Schema.Range, Found: "a schema of " + s.String() + " beside the format " + f.Name,
			Expected: "the columns that the format has: " + f.Columns.String(), Fix: "remove `schema`, or read another format",
		}}
	}
	return nil
}

// otherFormat names the format that a path's ending means elsewhere: JSON must not be read from a file, or written to
// one, that says it is something else.
func otherFormat(path string) string {
	path = strings.ToLower(path)
	for _, packed := range []string{".gz", ".zst"} {
		path = strings.TrimSuffix(path, packed)
	}
	switch ending := strings.TrimPrefix(filepath.Ext(path), "."); ending {
	case "csv", "tsv", "parquet", "avro", "orc", "arrow", "xml", "yaml", "yml", "toml", "xlsx":
		return ending
	default:
		return ""
	}
}

// meta is what expressions may read of the records of an input.
func (r *Registry) meta(input *Node) *schemas.Schema {
	return r.components[dsl.Input][input.Component.Name].meta
}

// Meta lists the meta fields of an input; nil when there is no such input.
func (r *Registry) Meta(input string) []schemas.Field {
	if e, ok := r.components[dsl.Input][input]; ok {
		return e.meta.Fields()
	}
	return nil
}

// constructed turns a constructor's error into findings: its own where it has some, else one at the component.
func constructed(n *Node, err error) source.Diagnostics {
	if err == nil {
		return nil
	}
	if found, ok := err.(DiagnosticsError); ok {
		return found.Diagnostics
	}
	return source.Diagnostics{{Code: "component", Range: n.Component.NameRange, Found: "`" + n.Component.Name + "`: " + err.Error()}}
}

// Reference writes a component's documentation: its spec's, and for an input the fields of meta.
func (r *Registry) Reference(s *dsl.Spec) string {
	text := s.Reference()
	if s.Kind != dsl.Input || len(r.Meta(s.Name)) == 0 {
		return text
	}
	text += "\n## Meta\n\n"
	for _, f := range r.Meta(s.Name) {
		text += "- `meta." + f.Name + "`: " + f.Type.String() + ". " + f.Doc + "\n"
	}
	return text
}
