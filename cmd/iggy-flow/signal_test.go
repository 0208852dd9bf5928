package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStandardInputThatIsStoppedKeepsItsRows: what was read from a pipe cannot be read again, so a stop must leave it
// visible, although more could have come.
func TestStandardInputThatIsStoppedKeepsItsRows(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "pipe.yaml"), "name: pipe\ninput: {stdin: {}, schema: {fields: {id: int64}}}\noutput: {file: out.ndjson}\ncheckpoint: {interval: 20ms}\n")
	cmd := command(t, dir, "run", "pipe.yaml", "--state", "state")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write([]byte("{\"id\":1}\n{\"id\":2}\n")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "out.ndjson")
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			break
		}
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "{\"id\":1}\n{\"id\":2}\n" {
		t.Errorf("a stopped pipe left %q, %v", data, err)
	}
}

// command is iggy-flow in a process of its own, in dir.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // a hang fails the test
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "iggy-flow", args...)
	cmd.Dir = dir
	return cmd
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// stuck starts a pipeline whose output nobody reads, and waits until it has begun to write.
func stuck(t *testing.T, flags ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "in.ndjson"), strings.Repeat("{\"id\":1,\"note\":\"more of these than a pipe holds\"}\n", 100_000))
	writeFile(t, filepath.Join(dir, "stuck.yaml"), "name: stuck\ninput: {file: in.ndjson, schema: {fields: {id: int64, note: string}}}\noutput: {stdout: {}}\n")
	cmd := command(t, dir, append([]string{"run", "stuck.yaml", "--state", "st", "-q"}, flags...)...)
	unread, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := unread.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	cmd := stuck(t)
	for range 2 {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond) // two signals at once are one
	}
	_ = cmd.Wait() // the code tells
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("the exit code is %d, want 130", code)
	}
}

func TestADeadlineThatPassesIsAFailure(t *testing.T) {
	cmd := stuck(t, "--shutdown-deadline", "200ms")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the code tells
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("the exit code is %d, want 1", code)
	}
}
