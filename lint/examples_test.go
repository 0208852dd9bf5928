package lint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	"github.com/iggy-flow/iggy-flow/lint"
)

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

var kinds = []dsl.Kind{dsl.Input, dsl.Processor, dsl.Output}

// TestExamples: every component has an example, and every example lints without an error or warning.
func TestExamples(t *testing.T) {
	r := registry()
	t.Chdir(t.TempDir())
	for _, kind := range kinds {
		for _, name := range r.SpecNames(kind) {
			spec, _ := r.Spec(kind, name)
			if len(spec.Examples) == 0 {
				t.Errorf("%s %s has no example", kind, name)
			}
			for _, e := range spec.Examples {
				write(t, "example.yaml", []byte(e.Document))
				ds := lint.Check(t.Context(), "example.yaml", r, dsl.Options{Specs: r, LookupEnv: func(string) (string, bool) { return "x", true }}, lint.Options{})
				if ds.Count(source.Error)+ds.Count(source.Warning) > 0 {
					t.Errorf("%s %s, example %q:\n%s%s", kind, name, e.Title, e.Document, ds.Render())
				}
			}
		}
	}
}

// TestSpecsAreWhole: every component and field is described, and what looks like a secret is one.
func TestSpecsAreWhole(t *testing.T) {
	r := registry()
	for _, kind := range kinds {
		for _, name := range r.SpecNames(kind) {
			spec, _ := r.Spec(kind, name)
			if spec.Summary == "" || spec.Since == "" || !strings.HasSuffix(spec.Summary, ".") {
				t.Errorf("%s %s needs a summary that is a sentence, and since", kind, name)
			}
			checkFields(t, kind.String()+" "+name, spec.Fields)
		}
	}
}

func checkFields(t *testing.T, where string, fields []dsl.FieldSpec) {
	t.Helper()
	for _, f := range fields {
		if f.Doc == "" || !strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%s: the field %s needs a doc that is a sentence", where, f.Name)
		}
		for _, word := range []string{"password", "token", "secret"} {
			if strings.Contains(f.Name, word) && !strings.HasSuffix(f.Name, "_file") && !f.Secret { // a path is none
				t.Errorf("%s: the field %s looks like a secret and is none", where, f.Name)
			}
		}
		checkFields(t, where+"."+f.Name, f.Fields)
	}
}

// TestReference: docs/reference is what the specs say; -update writes it.
func TestReference(t *testing.T) {
	const dir = "../docs/reference"
	r := registry()
	want := map[string]string{}
	index := "<!-- generated from the component specs: go test ./lint -run TestReference -update -->\n# Components\n"
	for _, kind := range kinds {
		index += "\n## " + strings.ToUpper(kind.String()[:1]) + kind.String()[1:] + "s\n\n"
		for _, name := range r.SpecNames(kind) {
			spec, _ := r.Spec(kind, name)
			file := kind.String() + "-" + name + ".md"
			want[file] = "<!-- generated from the component's spec: go test ./lint -run TestReference -update -->\n" + r.Reference(spec)
			index += "- [" + name + "](" + file + "): " + spec.Summary + "\n"
		}
	}
	want["README.md"] = index
	if *golden.Update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range want {
			write(t, filepath.Join(dir, name), []byte(text))
		}
	}
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if _, ok := want[f.Name()]; !ok {
			t.Errorf("docs/reference/%s belongs to no component", f.Name())
		}
	}
	for name, text := range want {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(data) != text {
			t.Errorf("docs/reference/%s is stale: run go test ./lint -run TestReference -update", name)
		}
	}
}
