package durable_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker/durable"
)

func TestReplaceLeavesOneFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	for _, text := range []string{"one", "two"} {
		if err := durable.Replace(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != text {
			t.Errorf("read %q, %v; want %q", data, err, text)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%d files are left, %v", len(entries), err)
	}
}

func TestLockKeepsTheSecondOut(t *testing.T) {
	dir := t.TempDir()
	first, err := durable.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := durable.Lock(dir); err == nil || !strings.Contains(err.Error(), dir+" is in use by another broker") {
		t.Errorf("the second lock: %v; want the directory named", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := durable.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}
