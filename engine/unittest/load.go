package unittest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// endings are those of documents and of test files, in the order in which they are looked for.
var endings = []string{".yaml", ".yml", ".toml"}

// testFiles replaces every document among paths by the test files beside it, and drops what is named twice.
func testFiles(paths []string) (out []string, err error) {
	for _, path := range paths {
		found := []string{path}
		if !dsl.IsTest(path) {
			base := strings.TrimSuffix(path, filepath.Ext(path)) + "_test"
			if found = beside(base, filepath.Ext(path)); len(found) == 0 {
				return nil, fmt.Errorf("%s has no tests; expected them in %s", path, base+filepath.Ext(path))
			}
		}
		for _, f := range found {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// beside lists the files base+ending that exist, the one with the first ending first.
func beside(base, first string) (out []string) {
	for _, ending := range append([]string{first}, endings...) {
		if info, err := os.Stat(base + ending); err == nil && info.Mode().IsRegular() && !slices.Contains(out, base+ending) {
			out = append(out, base+ending)
		}
	}
	return out
}

// loaded is a test file that was read, and the document it is about.
type loaded struct {
	testFile
	document string // path, as it is shown
	scope    *dsl.Scope
}

// load reads a test file. What is loaded is nil exactly when there are errors.
func load(path string, specs dsl.Specs) (*loaded, source.Diagnostics) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, source.Diagnostics{{Code: "missing-file", Found: "cannot read the test file: " + err.Error()}}
	}
	root, ds := dsl.ParseTree(source.NewFile(path, data))
	if root == nil {
		return nil, ds
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, source.Diagnostics{{Code: "missing-file", Found: "the folder of " + path + " cannot be found: " + err.Error()}}
	}
	l := &loaded{scope: &dsl.Scope{Dir: dir, Specs: specs}}
	if ds = append(ds, dsl.Decode(root, &l.testFile, l.scope)...); ds.HasErrors() {
		ds.Sort()
		return nil, ds
	}
	if l.document, ds = l.find(path, root); ds.HasErrors() {
		return nil, ds
	}
	return l, nil
}

// find returns the path of the document: the one that is named, else the one beside the test file.
func (l *loaded) find(path string, root *dsl.Node) (string, source.Diagnostics) {
	dir := filepath.Dir(path)
	if named := l.Document.Value; named != "" {
		full := named
		if !filepath.IsAbs(full) {
			full = filepath.Join(dir, named)
		}
		if _, err := os.Stat(full); err != nil {
			return "", source.Diagnostics{finding("missing-file", l.Document.Range, "there is no document "+quote(named), "a path, relative to this file", "")}
		}
		return full, nil
	}
	ending := filepath.Ext(path)
	base := strings.TrimSuffix(strings.TrimSuffix(path, ending), "_test")
	if found := beside(base, ending); len(found) > 0 {
		return found[0], nil
	}
	return "", source.Diagnostics{finding("missing-file", source.Range{File: root.Range.File}, "there is no document "+base+ending,
		"the document that is tested beside its tests", "write `document: PATH`")}
}

// options are what the document is loaded with for a case: nothing of the process's own environment. They come with the
// nodes of the vars that are given, and a key that is the same for the same values.
func (l *loaded) options(c testCase, specs dsl.Specs) (o dsl.Options, given map[string]*dsl.Node, key string) {
	env := map[string]string{}
	for _, list := range []dsl.Map[string]{l.Env, c.Env} {
		for _, e := range list {
			env[e.Key] = e.Value
		}
	}
	o = dsl.Options{Specs: specs, Set: map[string]string{}}
	o.LookupEnv = func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
	given = map[string]*dsl.Node{}
	for _, list := range []dsl.Map[*dsl.Node]{l.Vars, c.Vars} {
		for _, e := range list {
			given[e.Key], o.Set[e.Key] = e.Value, setText(e.Value)
			if e.Value.IsNull() {
				delete(given, e.Key) // the default
				delete(o.Set, e.Key)
			}
		}
	}
	return o, given, fmt.Sprintf("%q %q", o.Set, env) // fmt prints maps in order
}

// setText writes the value of a var as --set takes it.
func setText(n *dsl.Node) string {
	if n.Kind != dsl.ListNode {
		return n.Text
	}
	items := make([]string, len(n.Items))
	for i, item := range n.Items {
		items[i] = item.Text
	}
	return "[" + join(items) + "]"
}

// relocate moves findings about vars and variables to the test file, which gives them, and says what to do there.
func relocate(ds source.Diagnostics, given map[string]*dsl.Node, test string) {
	for i := range ds {
		d := &ds[i]
		switch d.Code {
		case "missing-var":
			d.Fix = "give it a value under `vars` in " + test
		case "missing-variable":
			d.Fix = "give it a value under `env` in " + test + ": tests do not see the environment of the process"
		case "unknown-var", "var-value":
			for name, n := range given {
				if rest, ok := strings.CutPrefix(d.Found, "`--set "+name+"="); ok {
					d.Found, d.Range = "`vars."+name+" = "+rest, place(n)
					d.Found = strings.Replace(d.Found, " = ...`", "`", 1)
					d.Fix = strings.Replace(d.Fix, "--set ", "", 1)
					d.Fix = strings.Replace(d.Fix, "=...`", ": ...`", 1)
				}
			}
		}
	}
}

// unseen returns the findings of ds that are not in known yet, and adds them.
func unseen(ds source.Diagnostics, known map[string]bool) (out source.Diagnostics) {
	for _, d := range ds {
		if key := d.Summary() + d.Code; !known[key] {
			known[key] = true
			out = append(out, d)
		}
	}
	return out
}

func join(texts []string) string { return strings.Join(texts, ", ") }
