package house_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/iggy-flow/iggy-flow"

// root is the repository.
const root = "../.."

// layer says which of our packages a part of the house may import, by prefixes of their paths below the module. The first
// layer whose prefix matches a package holds for it. `self` stands for the matched prefix.
type layer struct {
	prefix string
	may    []string
}

var layers = []layer{
	{"dsl/source", nil},
	{"schemas", []string{"dsl/source", "internal"}},
	{"dsl", []string{"dsl/source", "schemas", "internal"}},
	{"engine/expression", []string{"dsl", "schemas", "internal"}},
	{"engine/codec/", []string{"engine/codec$", "engine/codec/json", "engine/codec/payload", "dsl", "schemas", "internal"}},
	{"engine/codec", []string{"dsl", "schemas", "internal"}},
	{"engine/checkpoint/", []string{"engine/checkpoint", "engine/retry", "internal"}}, // what other places need than a directory
	{"engine/checkpoint", []string{"engine/retry", "internal"}},
	{"engine/retry", []string{"dsl"}}, // below engine, which repeats commits with it, and below internal's clients
	{"engine/", []string{"engine", "dsl", "schemas", "internal"}},
	{"engine", []string{"engine/expression", "engine/codec", "engine/checkpoint", "engine/retry", "dsl", "schemas", "internal"}},
	{"inputs/", []string{"self", "engine", "dsl", "schemas", "internal"}},
	{"processors/", []string{"self", "processors/internal", "engine", "dsl", "schemas", "internal"}},
	{"outputs/", []string{"self", "engine", "dsl", "schemas", "internal"}},
	{"inputs", []string{"inputs", "engine"}},
	{"processors", []string{"processors", "engine"}},
	{"outputs", []string{"outputs", "engine"}},
	{"internal", []string{"internal", "engine", "dsl", "schemas"}},
	{"lint", []string{"dsl", "schemas", "engine", "internal"}},
	{"cmd", []string{""}},
}

type pkg struct {
	ImportPath, Dir string
	Imports         []string
}

func packages(t *testing.T) (out []pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports", "./...")
	cmd.Dir = root
	data, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	for d.More() {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// component is the folder that owns a component's package: inputs/file of inputs/file/parts.
func component(path string) string {
	parts := strings.SplitN(path, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func allowed(l layer, from, to string) bool {
	for _, p := range l.may {
		if p == "self" {
			p = component(from)
		}
		if exact, ok := strings.CutSuffix(p, "$"); ok {
			if to == exact {
				return true
			}
			continue
		}
		if p == "" || to == p || strings.HasPrefix(to, p+"/") {
			return true
		}
	}
	return strings.HasPrefix(to, from+"/") && !strings.HasPrefix(from, "engine") // a package and its own parts
}

func TestImportsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		from, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours {
			continue
		}
		i := slices.IndexFunc(layers, func(l layer) bool {
			return from == l.prefix || strings.HasPrefix(from, strings.TrimSuffix(l.prefix, "/")+"/")
		})
		if i < 0 {
			t.Errorf("%s is in no layer of the house: DESIGN's top level is fixed", from)
			continue
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if ours && !allowed(layers[i], from, to) {
				t.Errorf("%s imports %s; it may import %v", from, to, layers[i].may)
			}
		}
	}
}

func TestNoPackageThatNobodyOwns(t *testing.T) {
	for _, p := range packages(t) {
		switch name := filepath.Base(p.ImportPath); name {
		case "util", "utils", "common", "helpers", "misc":
			t.Errorf("%s: a package is named after what it holds, not %q", p.ImportPath, name)
		}
	}
}

// sources calls f for every Go file of the repository that is no test.
func sources(t *testing.T, f func(path string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		f(path, file, fset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoInit(t *testing.T) {
	sources(t, func(path string, file *ast.File, _ *token.FileSet) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function: components are registered by name, in one list", path)
			}
		}
	})
}

// maxLines is where a file is split. Kernel tables repeat one loop for each type and read well at any length.
const maxLines = 400

func TestFilesAreShort(t *testing.T) {
	sources(t, func(path string, _ *ast.File, _ *token.FileSet) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, []byte("\n")); n > maxLines && !strings.Contains(path, "engine/expression/k_") && !strings.Contains(path, "engine/expression/ops_") {
			t.Errorf("%s has %d lines; a file of more than %d has more than one subject", path, n, maxLines)
		}
	})
}

func TestExportedNamesAreDocumented(t *testing.T) {
	sources(t, func(path string, file *ast.File, fset *token.FileSet) {
		if strings.Contains(path, "/cmd/") {
			return
		}
		report := func(pos token.Pos, name string) {
			t.Errorf("%s: %s has no doc comment", fset.Position(pos), name)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
					report(d.Pos(), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
						report(s.Pos(), s.Name.Name)
					}
				}
			}
		}
	})
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	name, ok := t.(*ast.Ident)
	return ok && name.IsExported()
}

func TestTheRepositorySpeaksOfTheProjectAlone(t *testing.T) {
	out, err := exec.Command("git", "-C", root, "ls-files").Output()
	if err != nil {
		t.Skip("not in a git checkout")
	}
	for _, name := range strings.Fields(string(out)) {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || strings.HasSuffix(name, "house_test.go") {
			continue
		}
		for _, word := range []string{"../sha" + "red", "/work/" + "main", "farm" + "-bench"} {
			if bytes.Contains(data, []byte(word)) {
				t.Errorf("%s mentions %s", name, word)
			}
		}
	}
}
