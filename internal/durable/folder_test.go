package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/durable"
	"github.com/iggy-flow/iggy-flow/internal/lazyfs"
)

func TestMain(m *testing.M) {
	lazyfs.Main()
	os.Exit(m.Run())
}

func disk(t *testing.T) *lazyfs.Machine {
	t.Helper()
	lazyfs.Need(t)
	m, err := lazyfs.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestFoldersSurviveALossOfPower(t *testing.T) {
	for name, before := range map[string]string{"all missing": "", "one that was never synced": "a/b", "all there, never synced": "a/b/c"} {
		m := disk(t)
		if err := os.MkdirAll(filepath.Join(m.Dir, before), 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(m.Dir, "a", "b", "c")
		if err := durable.MakeFolders(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := m.CutAll(); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
}

func TestASyncedFolderKeepsItsNames(t *testing.T) {
	m := disk(t)
	if err := os.WriteFile(filepath.Join(m.Dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := durable.SyncFolder(m.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err := m.CutAll(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(m.Dir, "file")); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := durable.MakeFolders(filepath.Join(file, "a"), 0o700); err == nil {
		t.Error("a folder below a file was made")
	}
	if err := durable.SyncFolder(filepath.Join(file+"s", "a")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is missing: %v", err)
	}
}
