package lint_test

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/inputs"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	"github.com/iggy-flow/iggy-flow/lint"
	"github.com/iggy-flow/iggy-flow/outputs"
	"github.com/iggy-flow/iggy-flow/processors"
)

func registry() *engine.Registry {
	r := engine.NewRegistry()
	inputs.Register(r)
	processors.Register(r)
	outputs.Register(r)
	return r
}

// TestMistakes: one mistake each, in both formats: the right line and column, what was found and expected, what to do.
func TestMistakes(t *testing.T) {
	r := registry()
	goldens, err := filepath.Abs("testdata/mistakes")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	golden.Run(t, goldens, func(f txtar.File) string {
		write(t, f.Name, f.Data)
		return lint.Check(t.Context(), f.Name, r, dsl.Options{Specs: r}, lint.Options{}).Render()
	})
}

// TestRules: what is valid but unwise.
func TestRules(t *testing.T) {
	r := registry()
	goldens, err := filepath.Abs("testdata/rules")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	golden.Run(t, goldens, func(f txtar.File) string {
		write(t, f.Name, f.Data)
		return lint.Check(t.Context(), f.Name, r, dsl.Options{Specs: r}, lint.Options{Explain: true}).Render()
	})
}
