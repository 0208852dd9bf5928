package faults_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/faults"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestATestIsFoundByItsNumberAndRendered(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b", "x_test.go"), "package b\n\nfunc TestFault07PowerLoss(t *testing.T) {\n}\n")
	write(t, filepath.Join(dir, "a", "x_test.go"), "package a\n\nfunc TestFault07(t *testing.T) {}\nfunc TestOther(t *testing.T) {}\n")
	write(t, filepath.Join(dir, "a", "x.go"), "package a\n\nfunc TestFault08(t *testing.T) {}\n")
	write(t, filepath.Join(dir, "a", "testdata", "x_test.go"), "func TestFault09(t *testing.T) {}\n")
	got, err := faults.Scan(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[int][]faults.Test{7: {{Package: "a", Name: "TestFault07"}, {Package: "b", Name: "TestFault07PowerLoss"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	text := string(faults.Render(got))
	for _, part := range []string{"1 of 50 are covered", "| `a` TestFault07<br>`b` TestFault07PowerLoss |\n", "| not yet: needs templates |\n", "| not yet: needs a test |\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}

func TestANumberWithoutAFaultIsRefused(t *testing.T) {
	for _, number := range []string{"00", "51"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "x_test.go"), "package a\n\nfunc TestFault"+number+"(t *testing.T) {}\n")
		if _, err := faults.Scan(dir); err == nil || !strings.Contains(err.Error(), "TestFault"+number) {
			t.Errorf("TestFault%s: %v", number, err)
		}
	}
}
