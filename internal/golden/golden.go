package golden

import (
	"flag"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// Update is the flag -update: golden files are rewritten instead of compared.
var Update = flag.Bool("update", false, "rewrite golden files")

// Run compares, for every input of every archive in dir, what say returns with the archive's `want`. A folder without
// archives fails, and so does an archive without inputs.
//
// An archive with one input calls what is wanted `want`; one with several, such as the same mistake in pipeline.yaml and
// pipeline.toml, calls it pipeline.yaml/want. Files whose names begin with `with/` are no inputs: say may look for them
// with [Files].
func Run(t *testing.T, dir string, say func(txtar.File) string) {
	t.Helper()
	RunArchive(t, dir, func(_ *txtar.Archive, input txtar.File) string { return say(input) })
}

// RunArchive is Run for a say that looks at other files of the archive too.
func RunArchive(t *testing.T, dir string, say func(*txtar.Archive, txtar.File) string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		t.Fatalf("look for golden files: %v", err)
	}
	if len(names) == 0 {
		t.Fatalf("%s holds no golden file", dir)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { run(t, name, say) })
	}
}

func run(t *testing.T, name string, say func(*txtar.Archive, txtar.File) string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var inputs []txtar.File
	wants := map[string]string{}
	var rest []txtar.File
	for _, f := range archive.Files {
		switch {
		case f.Name == "want":
			wants[""] = string(f.Data)
		case path.Base(f.Name) == "want":
			wants[path.Dir(f.Name)] = string(f.Data)
		case strings.HasPrefix(f.Name, "with/"):
			rest = append(rest, f)
		default:
			inputs = append(inputs, f)
		}
	}
	if len(inputs) == 0 {
		t.Fatalf("%s has no input", name)
	}
	updated := &txtar.Archive{Comment: archive.Comment, Files: rest}
	for _, input := range inputs {
		key, file := input.Name, input.Name+"/want"
		if len(inputs) == 1 {
			key, file = "", "want"
		}
		got := say(archive, input)
		updated.Files = append(updated.Files, input, txtar.File{Name: file, Data: []byte(got)})
		want, ok := wants[key]
		switch {
		case *Update:
		case !ok:
			t.Errorf("%s lacks %s; run with -update", name, file)
		default:
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", input.Name, name, diff)
			}
		}
	}
	if !*Update {
		return
	}
	if data := txtar.Format(updated); string(data) != string(txtar.Format(archive)) {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Files returns the files of an archive whose names begin with `with/`, by the rest of their names.
func Files(a *txtar.Archive) map[string][]byte {
	out := map[string][]byte{}
	for _, f := range a.Files {
		if name, ok := strings.CutPrefix(f.Name, "with/"); ok {
			out[name] = f.Data
		}
	}
	return out
}
