package lint_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	"github.com/iggy-flow/iggy-flow/lint"
)

// group is an input whose replicas share its splits; lake an output whose targets keep positions, search one whose target
// drops repeats; lookup a processor that may find something else the next time. None of them is ever run.
type (
	group  struct{ engine.SharedInput }
	lake   struct{ engine.Positioned }
	search struct{ engine.Output }
	lookup struct{ engine.Processor }

	nothing struct{}
)

func (group) Shared() bool                                             { return true }
func (lake) Bind(engine.Shape) source.Diagnostics                      { return nil }
func (search) Bind(engine.Shape) source.Diagnostics                    { return nil }
func (lookup) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) { return in, nil }

// classes is registry with a component of each class that is not built in.
func classes() *engine.Registry {
	r := registry()
	engine.AddInput(r, engine.InputSpec[nothing]{
		Name: "group", Bytes: true, Replay: engine.Replayable, Splits: engine.SharedSplits,
		New: func(nothing, engine.Env) (engine.Input, error) { return group{}, nil },
	})
	engine.AddProcessor(r, engine.ProcessorSpec[nothing]{
		Name: "lookup_fake", Varies: true, New: func(nothing, engine.Env) (engine.Processor, error) { return lookup{}, nil },
	})
	engine.AddOutput(r, engine.OutputSpec[nothing]{
		Name: "lake", Guarantee: engine.Transactional, Positioned: true, New: func(nothing, engine.Env) (engine.Output, error) { return lake{}, nil },
	})
	engine.AddOutput(r, engine.OutputSpec[nothing]{
		Name: "search_fake", Guarantee: engine.Idempotent, New: func(nothing, engine.Env) (engine.Output, error) { return search{}, nil },
	})
	return r
}

// TestGuarantees: what documents promise, which component is the weakest and how to raise it, and what is refused.
func TestGuarantees(t *testing.T) {
	r := classes()
	goldens, err := filepath.Abs("testdata/guarantees")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	golden.Run(t, goldens, func(f txtar.File) string {
		write(t, f.Name, f.Data)
		return lint.Check(t.Context(), f.Name, r, dsl.Options{Specs: r}, lint.Options{Explain: true}).Render()
	})
}

// TestReferenceOfGuarantees: docs/guarantees.md is what the specs declare; -update writes it.
func TestReferenceOfGuarantees(t *testing.T) {
	const name = "../docs/guarantees.md"
	want := "<!-- generated from the component specs: go test ./lint -run TestReference -update -->\n" + registry().Guarantees()
	if *golden.Update {
		write(t, name, []byte(want))
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./lint -run TestReference -update", name)
	}
}
