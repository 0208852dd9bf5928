package enginetest

import (
	"context"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Diagnose renders what a document is told by the components that register adds: the findings of parsing, building and
// binding it, as lint has them. It is what golden diagnostics of components run. The inputs stdin and file and the output
// stdout are there without being registered.
func Diagnose(t TB, register func(*engine.Registry), document txtar.File) string {
	t.Helper()
	return diagnose(t, register, source.NewFile(document.Name, document.Data)).Render()
}

func diagnose(t TB, register func(*engine.Registry), f *source.File) source.Diagnostics {
	t.Helper()
	p, ds := plan(register, allocator(t), f)
	if p == nil || ds.HasErrors() {
		return ds
	}
	schema, err := p.Sample(context.Background(), true)
	if err != nil {
		t.Fatalf("sample %s: %v", f.Name, err)
	}
	ds = append(ds, p.Bind(schema)...)
	ds.Sort()
	return ds
}

// Examples checks every example of the components that register adds: it is a whole document of which nothing bad is to
// be said.
func Examples(t *testing.T, register func(*engine.Registry)) {
	t.Helper()
	r := engine.NewRegistry()
	register(r)
	for _, kind := range []dsl.Kind{dsl.Input, dsl.Processor, dsl.Output} {
		for _, name := range r.SpecNames(kind) {
			spec, _ := r.Spec(kind, name)
			if len(spec.Examples) == 0 {
				t.Errorf("%s %s has no example", kind, name)
			}
			for _, e := range spec.Examples {
				t.Run(name+"/"+e.Title, func(t *testing.T) {
					if ds := diagnose(t, register, source.NewFile(name+".yaml", []byte(e.Document))); ds.Count(source.Error)+ds.Count(source.Warning) > 0 {
						t.Errorf("%s", ds.Render())
					}
				})
			}
		}
	}
}
