package dsl_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/internal/golden"
)

// TestDiagnostics: each archive is a mistake, in YAML and in TOML, and what is said of it. The comment of an archive may
// hold lines `set NAME=VALUE`; with/values.yaml holds values of vars, other files under with/ can be read.
func TestDiagnostics(t *testing.T) {
	golden.RunArchive(t, "testdata/diagnostics", func(a *txtar.Archive, input txtar.File) string {
		o := dsl.Options{Set: map[string]string{}}
		for line := range strings.Lines(string(a.Comment)) {
			if set, ok := strings.CutPrefix(strings.TrimSpace(line), "set "); ok {
				name, value, _ := strings.Cut(set, "=")
				o.Set[name] = value
			}
		}
		files := map[string][]byte{}
		for name, data := range golden.Files(a) {
			files[filepath.Join("/documents", name)] = data
			if strings.HasPrefix(name, "values.") {
				o.Values = source.NewFile(name, data)
			}
		}
		f := source.NewFile(input.Name, input.Data)
		_, ds := diagnose(f, o, files)
		for _, d := range ds {
			if d.Range.File == nil {
				t.Errorf("%s: a finding without a place: %s", input.Name, d.Summary())
			}
		}
		return ds.Render()
	})
}
