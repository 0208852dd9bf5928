package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Patch changes one place of the program's source before it is built: it is how a test component gets into the program,
// and how a program is sabotaged. The repository is not touched.
type Patch struct {
	File string // below the root of the repository
	Old  string // stands there exactly once
	New  string
}

// root is the root of the repository.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Build builds iggy-flow with its failpoints into dir, patched, and returns the path of the program. A patch whose place
// is not there any more is an error: it must follow the source.
func Build(dir string, patches ...Patch) (program string, err error) {
	program = filepath.Join(dir, "iggy-flow")
	args := []string{"build", "-tags", "failpoint", "-o", program}
	if len(patches) > 0 {
		overlay, err := overlay(dir, patches)
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.Command("go", append(args, "./cmd/iggy-flow")...)
	cmd.Dir = root()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build iggy-flow: %w\n%s", err, out)
	}
	return program, nil
}

func overlay(dir string, patches []Patch) (path string, err error) {
	sources := map[string][]byte{}
	for _, p := range patches {
		name := filepath.Join(root(), filepath.FromSlash(p.File))
		source, patched := sources[name]
		if !patched {
			if source, err = os.ReadFile(name); err != nil {
				return "", fmt.Errorf("patch the program: %w", err)
			}
		}
		if n := bytes.Count(source, []byte(p.Old)); n != 1 {
			return "", fmt.Errorf("patch the program: %s has %d places that read %q; expected one", p.File, n, p.Old)
		}
		sources[name] = bytes.Replace(source, []byte(p.Old), []byte(p.New), 1)
	}
	replace := map[string]string{}
	for name, source := range sources {
		replace[name] = filepath.Join(dir, fmt.Sprintf("patched%d.go", len(replace)))
		if err := os.WriteFile(replace[name], source, 0o644); err != nil {
			return "", fmt.Errorf("patch the program: %w", err)
		}
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("patch the program: %w", err)
	}
	path = filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return "", fmt.Errorf("patch the program: %w", err)
	}
	return path, nil
}
