package file_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/inputs/file"
)

const document = `name: test
input:
  file: %s
  schema: {fields: {n: int64, text: string}}
output: {test: {}}
`

func open(t *testing.T, dir, paths string) engine.Input {
	t.Helper()
	return enginetest.Input(t, file.Register, dir, fmt.Sprintf(document, paths))
}

// lines are records from first on, wide enough that a file is several batches, with a broken one now and then.
func lines(first, n int) []byte {
	var b bytes.Buffer
	for i := first; i < first+n; i++ {
		if i%5000 == 4999 {
			b.WriteString("not json\n")
			continue
		}
		fmt.Fprintf(&b, "{\"n\":%d,\"text\":%q}\n", i, strings.Repeat("é", i%40))
	}
	return b.Bytes()
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	var packed bytes.Buffer
	switch filepath.Ext(path) {
	case ".gz":
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(data) // into memory
		_ = w.Close()
		data = packed.Bytes()
	case ".zst":
		w, err := zstd.NewWriter(&packed)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(data) // into memory
		_ = w.Close()
		data = packed.Bytes()
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// folder holds three files in three packings, 30,000 records in all, and two empty ones.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "logs", "a.ndjson"), lines(0, 18_000))
	write(t, filepath.Join(dir, "logs", "b.ndjson.gz"), lines(18_000, 9_000))
	write(t, filepath.Join(dir, "logs", "c.ndjson"), nil)
	if err := os.WriteFile(filepath.Join(dir, "logs", "c2.ndjson.gz"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "logs", "d.ndjson.zst"), lines(27_000, 3_000))
	return dir
}

func TestFilesAreReadInOrder(t *testing.T) {
	dir := folder(t)
	in := open(t, dir, "logs/*")
	got, at := enginetest.ReadInput(t, in, nil, -1)
	if err := in.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 30_000-6 || len(got.Rejected) != 6 || at["file"].Ordinal != 30_000 {
		t.Fatalf("%d rows, %d rejected, at %d", len(got.Rows), len(got.Rejected), at["file"].Ordinal)
	}
	for i, r := range got.Rows {
		if want := fmt.Sprintf(`{"n":%d,`, r.Ordinal); !strings.HasPrefix(r.Text, want) {
			t.Fatalf("row %d, ordinal %d, is %s", i, r.Ordinal, r.Text)
		}
	}
	if string(got.Rejected[0].Original.Raw) != "not json" || got.Rejected[0].Ordinal != 4999 {
		t.Errorf("the first rejected record is %+v", got.Rejected[0])
	}
}

// TestItGoesOnFromEveryPosition stops behind each batch and lets another process go on.
func TestItGoesOnFromEveryPosition(t *testing.T) {
	dir := folder(t)
	whole, _ := enginetest.ReadInput(t, open(t, dir, "logs/*"), nil, -1)
	for reads := 0; ; reads++ {
		first := open(t, dir, "logs/*")
		before, at := enginetest.ReadInput(t, first, nil, reads)
		second := open(t, dir, "logs/*")
		behind, _ := enginetest.ReadInput(t, second, at, -1)
		for _, in := range []engine.Input{first, second} {
			if err := in.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(whole.Rows, slices.Concat(before.Rows, behind.Rows)); diff != "" {
			t.Fatalf("stopped after %d reads (-whole +in two parts):\n%.2000s", reads, diff)
		}
		if len(behind.Rows) == 0 {
			break
		}
	}
}

func TestAReplacedFileIsNotSkippedOver(t *testing.T) {
	same := lines(0, 18_000)
	for name, change := range map[string]func(dir string){
		"another file of that name": func(dir string) { write(t, filepath.Join(dir, "logs", "a.ndjson"), lines(7, 18_000)) },
		"a shorter file":            func(dir string) { write(t, filepath.Join(dir, "logs", "a.ndjson"), same[:2000]) },
		"other bytes before the position": func(dir string) {
			changed := bytes.Clone(same)
			copy(changed[2000:], bytes.Repeat([]byte(" "), len(changed)-2000))
			write(t, filepath.Join(dir, "logs", "a.ndjson"), changed)
		},
		"a file that is gone":            func(dir string) { _ = os.Remove(filepath.Join(dir, "logs", "a.ndjson")) },
		"a file that appeared before it": func(dir string) { write(t, filepath.Join(dir, "logs", "Z.ndjson"), same) },
	} {
		dir := folder(t)
		in := open(t, dir, "logs/*")
		_, at := enginetest.ReadInput(t, in, nil, 2)
		if err := in.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		change(dir)
		again := open(t, dir, "logs/*")
		err := again.Open(t.Context(), at)
		if err == nil || !engine.IsPermanent(err) || !strings.Contains(err.Error(), "--fresh") {
			t.Errorf("%s: Open gives %v", name, err)
		}
		_ = again.Close(t.Context()) // after a failed Open
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	dir := folder(t)
	for paths, want := range map[string]string{
		"missing.ndjson":                 "there is no file",
		"none/*.ndjson":                  "no file matches",
		"logs":                           "no regular file",
		"[logs/a.ndjson, logs/a.ndjson]": "named twice",
	} {
		in := enginetest.Input(t, file.Register, dir, fmt.Sprintf(document, paths))
		err := in.Open(t.Context(), nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "test.yaml:3:") {
			t.Errorf("%s: %v; want %q at its place", paths, err, want)
		}
		_ = in.Close(t.Context()) // after a failed Open
	}
}
