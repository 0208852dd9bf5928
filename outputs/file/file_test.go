package file_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/outputs/file"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// readBack returns column n of every visible file, the files in the order of their names.
func readBack(t enginetest.TB, dir string) (n []int64) {
	names, err := filepath.Glob(filepath.Join(dir, "out*"))
	if err != nil {
		t.Fatalf("read back: %v", err)
	}
	slices.Sort(names)
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatalf("read back: %v", err)
		}
		var r io.Reader = f
		info, err := f.Stat()
		if err != nil {
			t.Fatalf("read back: %v", err)
		}
		switch {
		case info.Size() == 0:
		case strings.HasSuffix(name, ".gz"):
			if r, err = gzip.NewReader(f); err != nil {
				t.Fatalf("read back: %v", err)
			}
		case strings.HasSuffix(name, ".zst"):
			z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
			if err != nil {
				t.Fatalf("read back: %v", err)
			}
			defer z.Close()
			r = z
		}
		for s := bufio.NewScanner(r); s.Scan(); {
			var row struct{ N int64 }
			if err := json.Unmarshal(s.Bytes(), &row); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			n = append(n, row.N)
		}
		_ = f.Close() // only read
	}
	return n
}

func TestConformance(t *testing.T) {
	for name, c := range map[string]enginetest.TransactionalCase{
		"renamed":  {Output: `  file: {path: "%s/out.ndjson"}`, Bounded: true},
		"packed":   {Output: `  file: {path: "%s/out.ndjson.gz"}`, Bounded: true},
		"in place": {Output: `  file: {path: "%s/out.ndjson.zst"}`},
		"appended": {Output: `  file: {path: "%s/out.ndjson", if_exists: append}`, Bounded: true},
		"pattern":  {Output: `  file: {path: "%s/out-{epoch}.ndjson"}`},
		"parts":    {Output: `  file: {path: "%s/out-{replica}-{part}.ndjson.gz"}`, Bounded: true},
	} {
		c.Register, c.ReadBack = file.Register, readBack
		t.Run(name, func(t *testing.T) { enginetest.TransactionalConformance(t, c) })
	}
}

var schema = schemas.New(schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)}, schemas.Field{Name: "x", Type: schemas.Of(schemas.Double)})

// write runs one whole run of an output: rows, a final barrier, its commits. It returns the state for the run behind it.
func write(t *testing.T, config string, start engine.Start, ndjson string) ([]byte, *enginetest.Result, error) {
	t.Helper()
	ctx := context.Background()
	f := source.NewFile("test.yaml", []byte("name: test\ninput: {test: {}}\noutput:\n  file: "+config+"\n"))
	o := enginetest.Output(t, file.Register, f).(engine.TransactionalOutput)
	defer func() {
		if err := o.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	if ds := o.Bind(engine.Shape{Columns: schema}); ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	start.Pipeline, start.Run, start.Bounded = "test", "run", true
	if err := o.Open(ctx, start); err != nil {
		return nil, nil, err
	}
	out, result := enginetest.Outbox(t)
	if ndjson != "" {
		if err := o.Write(ctx, enginetest.Batch(t, arrowtest.Allocator(t), schema, ndjson), out); err != nil {
			return nil, result, err
		}
	}
	p, err := o.Prepare(ctx, engine.Barrier{Epoch: 1, Final: true}, out)
	if err != nil {
		return nil, result, err
	}
	return p.State, result, o.Commit(ctx, p.Committables, nil)
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestANewRunFollowsIfExists(t *testing.T) {
	const one, two = `{"n":1,"x":0.5}` + "\n", `{"n":2,"x":0.5}` + "\n"
	for ifExists, want := range map[string]string{"replace": two, "append": one + two, "fail": one} {
		dir := t.TempDir()
		path := filepath.Join(dir, "out.ndjson")
		config := `{path: "` + path + `", if_exists: ` + ifExists + `}`
		state, _, err := write(t, config, engine.Start{Identity: engine.Identity{Generation: 1}}, one)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = write(t, config, engine.Start{Identity: engine.Identity{Generation: 2}, Previous: state}, two)
		if refused := err != nil; refused != (ifExists == "fail") {
			t.Errorf("if_exists %s: %v", ifExists, err)
		}
		if got := read(t, path); got != want {
			t.Errorf("if_exists %s leaves %q, want %q", ifExists, got, want)
		}
	}
}

func TestAPatternsNewRunReplacesTheFilesOfTheLast(t *testing.T) {
	dir := t.TempDir()
	config := `{path: "` + dir + `/out-{epoch}.ndjson"}`
	state, _, err := write(t, config, engine.Start{Identity: engine.Identity{Generation: 1}}, `{"n":1}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "out-000001.ndjson"), filepath.Join(dir, "out-000009.ndjson")); err != nil {
		t.Fatal(err)
	}
	state = []byte(strings.ReplaceAll(string(state), "000001", "000009"))
	other := filepath.Join(dir, "out-of-somebody-else.ndjson")
	if err := os.WriteFile(other, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := write(t, config, engine.Start{Identity: engine.Identity{Generation: 2}, Previous: state}, `{"n":2}`); err != nil {
		t.Fatal(err)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	if want := []string{filepath.Join(dir, "out-000001.ndjson"), other}; !slices.Equal(names, want) {
		t.Errorf("the folder holds %v, want %v", names, want)
	}
}

// TestACommitThatIsRepeatedKeepsTheNewFiles: the files of the new run have the names of those that its first commit
// removes, and a process that dies behind the commits makes them all again.
func TestACommitThatIsRepeatedKeepsTheNewFiles(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	var files []string
	for _, name := range []string{"out-000001.ndjson", "out-000002.ndjson", "out-000003.ndjson"} {
		files = append(files, filepath.Join(dir, name))
		if err := os.WriteFile(files[len(files)-1], []byte("old\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	previous, err := json.Marshal(map[string]any{"files": files})
	if err != nil {
		t.Fatal(err)
	}
	f := source.NewFile("test.yaml", []byte("name: test\ninput: {test: {}}\noutput: {file: \""+dir+"/out-{epoch}.ndjson\"}\n"))
	start := engine.Start{Identity: engine.Identity{Run: "run", Generation: 2}, Bounded: true, Previous: previous}
	var all []engine.Committable
	for life := range 2 { // the first one dies at once: what it was to replace is in its initial state
		o := enginetest.Output(t, file.Register, f).(engine.TransactionalOutput)
		if ds := o.Bind(engine.Shape{Columns: schema}); ds.HasErrors() {
			t.Fatal(ds.Render())
		}
		if err := o.Open(ctx, start); err != nil {
			t.Fatal(err)
		}
		start.State, start.Previous = o.(engine.Initial).Initial(), nil
		out, _ := enginetest.Outbox(t)
		for epoch := engine.Epoch(1); life == 1 && epoch <= 2; epoch++ {
			if err := o.Write(ctx, enginetest.Batch(t, arrowtest.Allocator(t), schema, `{"n":1}`), out); err != nil {
				t.Fatal(err)
			}
			p, err := o.Prepare(ctx, engine.Barrier{Epoch: epoch}, out)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p.Committables...)
		}
		if err := o.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
	again := enginetest.Output(t, file.Register, f).(engine.TransactionalOutput)
	for range 2 {
		if err := again.Commit(ctx, all, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := readBack(t, dir); !slices.Equal(got, []int64{1, 1}) {
		t.Errorf("the visible rows are %v, want those of the new run's two files", got)
	}
}

func TestWhatJSONCannotSayIsRejected(t *testing.T) {
	dir := t.TempDir()
	_, result, err := write(t, `{path: "`+dir+`/out.ndjson"}`, engine.Start{Identity: engine.Identity{Generation: 1}}, `{"n":1,"x":1.5}`+"\n"+`{"n":2,"x":"NaN"}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Rejected) != 1 || !strings.Contains(result.Rejected[0].Message, "x") {
		t.Errorf("rejected: %+v", result.Rejected)
	}
	if got := read(t, filepath.Join(dir, "out.ndjson")); got != `{"n":1,"x":1.5}`+"\n" {
		t.Errorf("written: %q", got)
	}
}

func TestAFileThatLostBytesIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.ndjson")
	config := `{path: "` + path + `", if_exists: append}`
	state, _, err := write(t, config, engine.Start{Identity: engine.Identity{Generation: 1}}, `{"n":1}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 3); err != nil {
		t.Fatal(err)
	}
	_, _, err = write(t, config, engine.Start{Identity: engine.Identity{Generation: 1}, Epoch: 1, State: state}, "")
	if err == nil || !strings.Contains(err.Error(), "changed by someone else") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoRegularFileIsAppendOnly(t *testing.T) {
	f := source.NewFile("test.yaml", []byte("name: test\ninput: {test: {}}\noutput: {file: /dev/null}\n"))
	o := enginetest.Output(t, file.Register, f)
	if got := o.(engine.Guaranteed).Guarantee(); got != engine.AppendOnly {
		t.Errorf("/dev/null is %v", got)
	}
	if _, _, err := write(t, `{path: /dev/null}`, engine.Start{Identity: engine.Identity{Generation: 1}}, `{"n":1}`); err != nil {
		t.Error(err)
	}
}
