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

// subject is a file whose decisions are checked, and the tests that should notice.
type subject struct {
	file     string
	packages []string
	run      string // of `go test -run`; all tests when empty
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
	args := []string{"test", "-overlay", path, "-short", "-failfast", "-count=1", "-vet=off", "-timeout=60s", "-run", s.run}
	cmd := exec.CommandContext(ctx, "go", append(args, s.packages...)...)
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
