package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// subject is a file whose decisions are checked, and the tests that should notice, the quickest first.
type subject struct {
	file  string
	tests []suite
}

// suite is tests of one package.
type suite struct {
	pkg       string
	run, skip string // of `go test`; all tests when both are empty
}

// outcome is what became of a mutant.
type outcome int

const (
	killed outcome = iota
	survived
	broken // it does not compile, so nobody can make this mistake
)

// checker runs mutants in the module at root.
type checker struct {
	root string
	temp string // a directory for changed files
}

// try runs the tests of s with m in place.
func (c checker) try(ctx context.Context, s subject, source []byte, m mutant) (outcome, error) {
	return c.test(ctx, s, m.apply(source))
}

// test runs the tests of s with source in place of its file.
func (c checker) test(ctx context.Context, s subject, source []byte) (outcome, error) {
	changed := filepath.Join(c.temp, "changed.go")
	if err := os.WriteFile(changed, source, 0o600); err != nil {
		return 0, err
	}
	original, err := filepath.Abs(filepath.Join(c.root, s.file))
	if err != nil {
		return 0, err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		return 0, err
	}
	path := filepath.Join(c.temp, "overlay.json")
	if err := os.WriteFile(path, overlay, 0o600); err != nil {
		return 0, err
	}
	for _, t := range s.tests {
		if o, err := c.suite(ctx, path, t); err != nil || o != survived {
			return o, err
		}
	}
	return survived, nil
}

// suite runs t with the overlay at path.
func (c checker) suite(ctx context.Context, path string, t suite) (outcome, error) {
	args := []string{"test", "-overlay", path, "-short", "-failfast", "-count=1", "-vet=off", "-timeout=60s", "-run", t.run, "-skip", t.skip, t.pkg}
	rapid, err := c.usesRapid(ctx, t.pkg)
	if err != nil {
		return 0, err
	}
	if rapid {
		// Else a mutant's failure stays in testdata and is tried on the next mutant, or on the unchanged file.
		args = append(args, "-rapid.nofailfile")
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = c.root
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return survived, nil
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case !errors.As(err, &exit):
		return 0, fmt.Errorf("run go test: %w", err)
	case bytes.Contains(out, []byte("[build failed]")):
		return broken, nil
	default:
		return killed, nil
	}
}

// usesRapid reports whether the tests of pkg know rapid's flags.
func (c checker) usesRapid(ctx context.Context, pkg string) (bool, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-f", "{{.TestImports}} {{.XTestImports}}", pkg)
	cmd.Dir = c.root
	out, err := cmd.Output()
	if err != nil {
		return false, fmt.Errorf("list the imports of %s: %w", pkg, err)
	}
	return bytes.Contains(out, []byte("pgregory.net/rapid")), nil
}
