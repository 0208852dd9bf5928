package faults

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Test is a test function that shows a fault.
type Test struct {
	Package string // its folder, below the root
	Name    string
}

var declaration = regexp.MustCompile(`(?m)^func (TestFault(\d\d)\w*)\(`)

// Scan finds the tests below root, by the number of their fault, each list sorted. A number without a fault is an error.
func Scan(root string) (map[int][]Test, error) {
	found := map[int][]Test{}
	last := len(Table())
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		for _, m := range declaration.FindAllSubmatch(data, -1) {
			n, err := strconv.Atoi(string(m[2]))
			if err != nil || n < 1 || n > last {
				return fmt.Errorf("%s: %s: the faults are numbered from 01 to %d", name, m[1], last)
			}
			found[n] = append(found[n], Test{Package: filepath.ToSlash(folder), Name: string(m[1])})
		}
		return nil
	})
	for _, tests := range found {
		slices.SortFunc(tests, func(a, b Test) int {
			return strings.Compare(path.Join(a.Package, a.Name), path.Join(b.Package, b.Name))
		})
	}
	return found, err
}

// Render writes docs/faults.md.
func Render(found map[int][]Test) []byte {
	var b bytes.Buffer
	covered := 0
	var rows bytes.Buffer
	for i, f := range Table() {
		shown := "not yet: needs a test"
		if f.Needs != "" {
			shown = "not yet: needs " + f.Needs
		}
		if tests := found[i+1]; len(tests) > 0 {
			covered++
			var names []string
			for _, t := range tests {
				names = append(names, fmt.Sprintf("`%s` %s", t.Package, t.Name))
			}
			shown = strings.Join(names, "<br>")
		}
		fmt.Fprintf(&rows, "| %d | %s | %s | %s |\n", i+1, f.Name, f.Expected, shown)
	}
	b.WriteString("<!-- generated from internal/faults and the names of the tests: make update -->\n# Faults\n\n")
	b.WriteString("What goes wrong around a pipeline, what iggy-flow must do then, and the tests that bring it about: fault 7 is shown by the\n" +
		"functions whose names begin with `TestFault07`. `go test ./... -run TestFault07` runs them.\n\n")
	fmt.Fprintf(&b, "%d of %d are covered.\n\n| # | fault | expected | shown by |\n|---|---|---|---|\n", covered, len(Table()))
	b.Write(rows.Bytes())
	return b.Bytes()
}
