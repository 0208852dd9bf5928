package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSIGTERMStopsCleanlyAndTheNextStartGoesOn stops a copy in the middle, more than once, and reads nothing again.
func TestSIGTERMStopsCleanlyAndTheNextStartGoesOn(t *testing.T) {
	const records = 400_000
	dir := t.TempDir()
	writeSource(t, filepath.Join(dir, "in.ndjson"), records)
	document := filepath.Join(dir, "copy.yaml")
	writeFile(t, document, "name: copy\ninput:\n  file: in.ndjson"+crashSchema+"\noutput: {file: out.ndjson}\ndead_letter: {file: dead.ndjson}\ncheckpoint: {interval: 1h}\n")
	v := &victim{t: t, dir: dir, document: document}
	stopped := 0
	for range 3 {
		cmd := v.command()
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before, limit := hiddenBytes(dir), time.Now().Add(time.Minute)
		for !holds(dir, cmd.Process.Pid) || hiddenBytes(dir) == before && !exists(filepath.Join(dir, "out.ndjson")) {
			time.Sleep(time.Millisecond) // an event of another process: there is nothing to wait on
			if time.Now().After(limit) {
				t.Fatalf("the pipeline writes nothing\n%s", out.String())
			}
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("a first SIGTERM ends with %v\n%s", err, out.String())
		}
		if strings.Contains(out.String(), "the next start goes on from here") {
			stopped++
		}
	}
	if stopped == 0 {
		t.Error("no start was stopped before its end: the source is too small for this machine")
	}
	v.finish()
	next := 0
	eachLine(t, filepath.Join(dir, "out.ndjson"), func(row map[string]any) {
		if next%1000 == 999 {
			next++
		}
		if int(row["id"].(float64)) != next {
			t.Fatalf("row %v stands where record %d belongs", row, next)
		}
		next++
	})
	if next != records-1 {
		t.Errorf("the output ends before record %d of %d", next, records-1)
	}
}

// hiddenBytes is how much of the output is written and not yet visible.
func hiddenBytes(dir string) (n int64) {
	found, _ := filepath.Glob(filepath.Join(dir, ".out.ndjson*")) // the pattern is right
	for _, path := range found {
		if info, err := os.Stat(path); err == nil {
			n += info.Size()
		}
	}
	return n
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// holds reports whether a process has locked the state, which it does when its document is checked.
func holds(dir string, pid int) bool {
	data, err := os.ReadFile(filepath.Join(dir, "state", "lock"))
	return err == nil && strings.TrimSpace(string(data)) == strconv.Itoa(pid)
}

// TestStandardInputThatIsStoppedKeepsItsRows: what was read from a pipe cannot be read again, so a stop must leave it
// visible, although more could have come.
func TestStandardInputThatIsStoppedKeepsItsRows(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "pipe.yaml"), "name: pipe\ninput: {stdin: {}, schema: {fields: {id: int64}}}\noutput: {file: out.ndjson}\ncheckpoint: {interval: 20ms}\n")
	v := &victim{t: t, dir: dir, document: filepath.Join(dir, "pipe.yaml")}
	cmd := v.command()
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

// stuck starts a pipeline whose output nobody reads, and waits until it has begun to write.
func stuck(t *testing.T, flags ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	writeSource(t, filepath.Join(dir, "in.ndjson"), 100_000)
	writeFile(t, filepath.Join(dir, "stuck.yaml"), "name: stuck\ninput:\n  file: in.ndjson"+crashSchema+"\noutput: {stdout: {}}\ndead_letter: {drop: {}}\n")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "iggy-flow", append([]string{"run", "stuck.yaml", "--state", "st", "-q"}, flags...)...)
	cmd.Dir = dir
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
