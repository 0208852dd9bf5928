package checkpoint_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

func TestALockNamesTheProcessThatHoldsIt(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	defer d.Close()
	_, err := checkpoint.OpenDirectory(dir)
	if want := fmt.Sprintf("(process %d)", os.Getpid()); !errors.Is(err, checkpoint.ErrLocked) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v; want an ErrLocked that says %s", err, want)
	}
}

func TestOnlyADirectoryCanBeLookedAt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{file: "is no directory", file + ".missing": "no such file"} {
		if d, err := checkpoint.ViewDirectory(path); d != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v; want an error that says %q", path, err, want)
		}
	}
}

func TestWhatIsLookedAtIsNotWritten(t *testing.T) {
	dir := t.TempDir()
	d, err := checkpoint.ViewDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Save(t.Context(), []byte("one")); err == nil {
		t.Error("a directory that is only looked at was written")
	}
	if data, err := d.Load(t.Context()); data != nil || err != nil {
		t.Errorf("it holds %q, %v", data, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestAPreviousCheckpointThatCannotBeKeptStopsTheSave: the last one is not replaced before it has another name, and no
// waiting helps.
func TestAPreviousCheckpointThatCannotBeKeptStopsTheSave(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	defer d.Close()
	save(t, d, "one")
	if err := os.MkdirAll(filepath.Join(dir, "checkpoint.previous", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := d.Save(t.Context(), []byte("two")); err == nil || errors.Is(err, checkpoint.ErrUnavailable) {
		t.Errorf("got %v; want an error that is not waited out", err)
	}
	if data, err := d.Load(t.Context()); string(data) != "one" || err != nil {
		t.Errorf("it holds %q, %v; want the checkpoint before", data, err)
	}
}

func TestABoundOfNoCommitsIsABoundOfOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paced{began: time.Now()}
		p.Coordinator = checkpoint.NewCoordinator(checkpoint.Config{
			Store: checkpoint.None{}, Pipeline: p, Interval: time.Second, Stages: 1, Inputs: 1,
		})
		p.Stop()
		if err := p.Run(t.Context()); err != nil || len(p.barriers) != 1 {
			t.Errorf("got %v after %d barriers; want the last checkpoint", err, len(p.barriers))
		}
	})
}
