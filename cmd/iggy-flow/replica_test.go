package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFault41ReplicaLeavesItsFolder: the one part of an output's path that does not come from the document is a name.
func TestFault41ReplicaLeavesItsFolder(t *testing.T) {
	for _, name := range []string{"../x", "..", ".", "a/b", "/abs", "", "a\nb", strings.Repeat("x", 65)} {
		dir := t.TempDir()
		work := filepath.Join(dir, "work")
		if err := os.Mkdir(work, 0o700); err != nil {
			t.Fatal(err)
		}
		document := filepath.Join(work, "copy.yaml")
		if err := os.WriteFile(document, []byte("name: copy\ninput: {file: in.ndjson}\noutput: {file: \"{replica}/out.ndjson\"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(work, "in.ndjson"), []byte("{\"n\":1}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("iggy-flow", "run", document, "--state", filepath.Join(work, "state"), "--replica", name).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "--replica") {
			t.Errorf("--replica %q: %v\n%s", name, err, out)
		}
		if found, _ := filepath.Glob(filepath.Join(dir, "*")); len(found) != 1 {
			t.Errorf("--replica %q: the folder above holds %v", name, found)
		}
	}
}
