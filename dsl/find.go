package dsl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Find returns the documents that the arguments of a command stand for: a file is itself; a folder is its *.yaml, *.yml
// and *.toml files that have an `output` key; DIR/... takes subfolders too. Tests (*_test.*) are left out, hidden folders
// and testdata are not entered. The result is sorted per argument; a folder without a document is an error.
func Find(args []string) ([]string, error) {
	return find(args, func(path string) bool { return !IsTest(path) && isPipeline(path) }, "document (a *.yaml, *.yml or *.toml file with an `output` key)")
}

// FindTests is Find for test files: NAME_test.yaml, NAME_test.yml, NAME_test.toml. A document stands for its tests.
func FindTests(args []string) ([]string, error) {
	return find(args, IsTest, "test (a *_test.yaml, *_test.yml or *_test.toml file)")
}

// IsTest reports whether path is named as a test file is.
func IsTest(path string) bool {
	ending := filepath.Ext(path)
	return isDocument(path) && strings.HasSuffix(strings.TrimSuffix(path, ending), "_test")
}

func isDocument(path string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".toml"}, strings.ToLower(filepath.Ext(path)))
}

// isPipeline reports whether the file has an `output` key, or cannot be parsed: then the user wants to know.
func isPipeline(path string) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		return true
	}
	root, ds := ParseTree(source.NewFile(path, data))
	return ds.HasErrors() || root.Has("output")
}

func find(args []string, wanted func(string) bool, what string) ([]string, error) {
	var out []string
	for _, arg := range args {
		dir, deep := strings.CutSuffix(arg, "...")
		dir = filepath.Clean(dir)
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("there is no file or folder %s", dir)
		case err != nil:
			return nil, fmt.Errorf("look at %s: %w", dir, err)
		case !info.IsDir():
			out = append(out, arg)
			continue
		}
		found, err := walk(dir, deep, wanted)
		if err != nil {
			return nil, fmt.Errorf("look through %s: %w", dir, err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s holds no %s", arg, what)
		}
		out = append(out, found...)
	}
	return out, nil
}

func walk(dir string, deep bool, wanted func(string) bool) (found []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && (!deep || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case !d.IsDir() && isDocument(path) && wanted(path):
			found = append(found, path)
		}
		return nil
	})
	return found, err
}
