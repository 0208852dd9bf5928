package engine_test

import (
	"log/slog"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/inputs"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/outputs"
	"github.com/iggy-flow/iggy-flow/processors"
)

// TestSpecsDeclareWhatTheComponentsAre: docs/guarantees.md comes from the specs, and what a plan promises from the
// components themselves.
func TestSpecsDeclareWhatTheComponentsAre(t *testing.T) {
	r := engine.NewRegistry()
	inputs.Register(r)
	processors.Register(r)
	outputs.Register(r)
	for _, kind := range []dsl.Kind{dsl.Input, dsl.Processor, dsl.Output} {
		for _, name := range r.SpecNames(kind) {
			spec, _ := r.Spec(kind, name)
			for _, e := range spec.Examples {
				options := dsl.Options{Specs: r, LookupEnv: func(string) (string, bool) { return "x", true }}
				d, ds := dsl.Parse(source.NewFile("example.yaml", []byte(e.Document)), t.TempDir(), options)
				if ds.HasErrors() {
					t.Fatalf("%s %s: %s", kind, name, ds.Render())
				}
				plan, ds := engine.NewPlan(d, r, engine.PlanOptions{Mem: arrowtest.Allocator(t), Log: slog.New(slog.DiscardHandler)})
				if plan == nil {
					t.Fatalf("%s %s: %s", kind, name, ds.Render())
				}
				for _, n := range plan.Nodes() {
					if says, is := engine.Declared(n); says != is {
						t.Errorf("the spec of %s `%s` declares: %s; the component is: %s", n.Component.Kind, n.Component.Name, says, is)
					}
				}
			}
		}
	}
}
