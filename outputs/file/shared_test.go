package file_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/outputs/file"
)

// openShared starts a replica that appends to the file of its name in dir.
func openShared(t *testing.T, dir, replica string) (engine.TransactionalOutput, *engine.Out) {
	t.Helper()
	f := source.NewFile("test.yaml", []byte("name: test\ninput: {test: {}}\noutput: {file: \""+dir+"/out-{replica}.ndjson\"}\n"))
	o := enginetest.Output(t, file.Register, f).(engine.TransactionalOutput)
	if ds := o.Bind(engine.Shape{Columns: schema}); ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	if err := o.Open(context.Background(), engine.Start{Shared: true, Replica: replica}); err != nil {
		t.Fatal(err)
	}
	out, _ := enginetest.Outbox(t)
	return o, out
}

// TestAReplicaAppendsBehindItsLastBarrier: what a killed replica wrote behind its last barrier, half a line included, is
// read again, and so cut off first.
func TestAReplicaAppendsBehindItsLastBarrier(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, "out-a.ndjson")
	const one, two = `{"n":1,"x":0.5}` + "\n", `{"n":2,"x":0.5}` + "\n"
	for _, row := range []string{one, two} {
		o, out := openShared(t, dir, "a")
		if err := o.Write(ctx, enginetest.Batch(t, arrowtest.Allocator(t), schema, row), out); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Prepare(ctx, engine.Barrier{Epoch: 1}, out); err != nil {
			t.Fatal(err)
		}
		if err := o.Close(ctx); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString(`{"n":`)
		_ = f.Close() // the process died here
	}
	if got := read(t, path); got != one+two+`{"n":` {
		t.Errorf("the file holds %q", got)
	}
}

func TestAFileOfAnotherReplicaIsRefused(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	first, out := openShared(t, dir, "a")
	if _, err := first.Prepare(ctx, engine.Barrier{Epoch: 1}, out); err != nil {
		t.Fatal(err)
	}
	second, out := openShared(t, dir, "a")
	_, err := second.Prepare(ctx, engine.Barrier{Epoch: 1}, out)
	if err == nil || !strings.Contains(err.Error(), "{replica}") || !engine.IsPermanent(err) {
		t.Errorf("two replicas with one file give %v", err)
	}
	for _, o := range []engine.Output{first, second} {
		if err := o.Close(ctx); err != nil {
			t.Error(err)
		}
	}
}
