package unittest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/engine/unittest"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/internal/golden"
)

// TestGoldenReports: a test file, the documents and fixtures in with/, and all that the user reads.
func TestGoldenReports(t *testing.T) {
	golden.RunArchive(t, "testdata/report", func(a *txtar.Archive, input txtar.File) string {
		dir := t.TempDir()
		for name, data := range golden.Files(a) {
			write(t, filepath.Join(dir, name), string(data))
		}
		path := filepath.Join(dir, input.Name)
		write(t, path, string(input.Data))
		r, err := unittest.Run(context.Background(), []string{path}, registry(), options(t))
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return strings.ReplaceAll(r.Text(true), dir+"/", "")
	})
}

// poison overwrites what is freed, as an allocator that pools memory does sooner or later.
type poison struct{ memory.Allocator }

// Free implements memory.Allocator.
func (p poison) Free(b []byte) {
	all := b[:cap(b)]
	for i := range all {
		all[i] = 0xdd
	}
	p.Allocator.Free(b)
}

// options have a checked allocator and a clock that stands still.
func options(t *testing.T) unittest.Options {
	return unittest.Options{Mem: poison{arrowtest.Allocator(t)}, Clock: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const document = `name: orders
input: {feed: {}, schema: {fields: {id: int64, total: double}}}
processors: [{filter: total > 10}]
output: {sink: {}}
`

// run runs the tests of document that text holds, in a folder of their own, and fails where they are wrong.
func run(t *testing.T, text string, change func(*unittest.Options)) (unittest.Report, string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "orders.yaml"), document)
	write(t, filepath.Join(dir, "orders_test.yaml"), text)
	o := options(t)
	if change != nil {
		change(&o)
	}
	r, err := unittest.Run(context.Background(), []string{filepath.Join(dir, "orders.yaml")}, registry(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Wrong() {
		t.Fatalf("the tests are wrong:\n%s", r.Text(true))
	}
	return r, dir
}

const goldenTests = `cases:
  - name: large orders
    input: {rows: [{id: 1, total: 20}, {id: 2, total: 5}]}
    expect: {file: testdata/large.ndjson}
`

func TestUpdateWritesGoldenFilesThatDiffer(t *testing.T) {
	update := func(o *unittest.Options) { o.Update = true }
	r, dir := run(t, goldenTests, update)
	path := filepath.Join(dir, "testdata/large.ndjson")
	if diff := cmp.Diff("{\"id\":1,\"total\":20}\n", strings.ReplaceAll(read(t, path), "20.0", "20")); diff != "" {
		t.Errorf("golden file (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"testdata/large.ndjson"}, r.Files[0].Cases[0].Updated); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	// The same rows in other words are left as they are.
	other := "{\"total\": 2e1, \"id\": 1}\n"
	write(t, path, other)
	r, err := unittest.Run(context.Background(), []string{dir + "/orders_test.yaml"}, registry(), unittest.Options{Update: true})
	if err != nil || r.Failed() > 0 {
		t.Errorf("run again: %v\n%s", err, r.Text(true))
	}
	if got := read(t, path); got != other {
		t.Errorf("the golden file was rewritten as %s", got)
	}
}

func TestGoldenFileThatDiffersFails(t *testing.T) {
	r, dir := run(t, goldenTests, nil)
	if want := "there is no golden file testdata/large.ndjson; --update writes it"; r.Failed() != 1 || r.Files[0].Cases[0].Failures[0] != want {
		t.Errorf("without the golden file:\n%s", r.Text(true))
	}
	if _, err := os.Stat(filepath.Join(dir, "testdata")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a run without Update made the folder of the golden file: %v", err)
	}
}

func TestUpdateWritesNothingBesideAnUnexpectedDeadLetter(t *testing.T) {
	text := strings.ReplaceAll(goldenTests, "total: 5}", "total: five}")
	r, dir := run(t, text, func(o *unittest.Options) { o.Update = true })
	if r.Failed() != 1 || len(r.Files[0].Cases[0].Updated) != 0 {
		t.Errorf("report:\n%s", r.Text(true))
	}
	if _, err := os.Stat(filepath.Join(dir, "testdata")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the golden file was written: %v", err)
	}
}

const threeCases = `cases:
  - {name: small orders, input: {rows: [{id: 1, total: 1}]}, expect: {count: 0}}
  - {name: large orders, input: {rows: [{id: 1, total: 11}]}, expect: {count: 1}}
  - {name: no orders, input: {rows: []}, expect: {count: 0}}
`

func TestRunSelectsCasesByName(t *testing.T) {
	r, dir := run(t, threeCases, func(o *unittest.Options) { o.Run = regexp.MustCompile("^(large|no) ") })
	var names []string
	for _, c := range r.Files[0].Cases {
		names = append(names, c.Name)
	}
	if diff := cmp.Diff([]string{"large orders", "no orders"}, names); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
	o := options(t)
	o.Run = regexp.MustCompile("nothing")
	_, err := unittest.Run(context.Background(), []string{dir + "/orders_test.yaml"}, registry(), o)
	if err == nil || err.Error() != "no test has a name that matches nothing" {
		t.Errorf("a name that no case has: %v", err)
	}
}

func TestDocumentWithoutTestsIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.yaml")
	write(t, path, document)
	for _, paths := range [][]string{{path}, nil} {
		if r, err := unittest.Run(context.Background(), paths, registry(), options(t)); err == nil {
			t.Errorf("Run(%v) gave no error:\n%s", paths, r.Text(true))
		}
	}
}

func TestReportIsTheSameEachTime(t *testing.T) {
	dir := t.TempDir()
	archive, err := txtar.ParseFile("testdata/report/failing.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		write(t, filepath.Join(dir, strings.TrimPrefix(f.Name, "with/")), string(f.Data))
	}
	first := ""
	for range 20 {
		r, err := unittest.Run(context.Background(), []string{dir + "/orders_test.yaml"}, registry(), options(t))
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = r.Text(true)
		}
		if diff := cmp.Diff(first, r.Text(true)); diff != "" {
			t.Fatalf("two runs of the same tests differ (-first +later):\n%s", diff)
		}
	}
}

func TestContextThatIsDoneEndsTheRun(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "orders.yaml"), document)
	write(t, filepath.Join(dir, "orders_test.yaml"), threeCases)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := unittest.Run(ctx, []string{dir + "/orders_test.yaml"}, registry(), options(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("Run with a context that is done: %v", err)
	}
}
