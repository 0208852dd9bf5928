package stdout

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// These tests are inside the package because only here standard output can be another writer.

func schema(names ...string) *schemas.Schema {
	var fields []schemas.Field
	for _, n := range names {
		fields = append(fields, schemas.Field{Name: n, Type: schemas.Of(schemas.Double)})
	}
	return schemas.New(fields...)
}

func jsonEnv(t *testing.T) engine.Env {
	t.Helper()
	f, ok := engine.NewRegistry().Formats.Lookup("json")
	if !ok {
		t.Fatal("there is no format json")
	}
	return engine.Env{Format: f}
}

func bind(t *testing.T, o *output, s *schemas.Schema) {
	t.Helper()
	if ds := o.Bind(engine.Shape{Columns: s}); ds.HasErrors() {
		t.Fatal(ds.Render())
	}
}

func TestEachBatchIsWrittenAtOnce(t *testing.T) {
	var w bytes.Buffer
	o := newOutput(jsonEnv(t), &w)
	bind(t, o, schema("x"))
	out, _ := enginetest.Outbox(t)
	mem := arrowtest.Allocator(t)
	for i, line := range []string{`{"x":1}`, `{"x":2.5}`} {
		if err := o.Write(t.Context(), enginetest.Batch(t, mem, schema("x"), line), out); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(w.String(), "\n"); got != i+1 {
			t.Errorf("behind batch %d standard output holds %q", i+1, w.String())
		}
	}
	if got := out.Account().Count(engine.Delivered); got != 2 {
		t.Errorf("%d rows are counted as delivered, want 2", got)
	}
}

func TestRowThatTheFormatCannotHoldIsRejected(t *testing.T) {
	var w bytes.Buffer
	o := newOutput(jsonEnv(t), &w)
	bind(t, o, schema("x"))
	out, result := enginetest.Outbox(t)
	b := enginetest.Batch(t, arrowtest.Allocator(t), schema("x"), "{\"x\":1}\n{\"x\":\"NaN\"}\n{\"x\":3}\n")
	out.Receive(b.Len())
	if err := o.Write(t.Context(), b, out); err != nil {
		t.Fatal(err)
	}
	if len(result.Rejected) != 1 || result.Rejected[0].Ordinal != 1 || out.Account().Count(engine.Delivered) != 2 || strings.Count(w.String(), "\n") != 2 {
		t.Errorf("rejected are %+v, written is %q, counted %+v", result.Rejected, w.String(), out.Account())
	}
}

func TestReaderThatGoesAwayEndsThePipeline(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	o := newOutput(jsonEnv(t), w)
	bind(t, o, schema("x"))
	out, _ := enginetest.Outbox(t)
	err = o.Write(t.Context(), enginetest.Batch(t, arrowtest.Allocator(t), schema("x"), `{"x":1}`), out)
	if !errors.Is(err, syscall.EPIPE) || !engine.IsPermanent(err) {
		t.Errorf("the error is %v, want a permanent one of the pipe", err)
	}
	if got := out.Account().Count(engine.Delivered); got != 0 {
		t.Errorf("%d rows are counted as delivered", got)
	}
	if err := o.Close(t.Context()); err != nil {
		t.Errorf("close: %v", err)
	}
}

// lines is a format with a head that names the columns, and a foot.
type lines struct{ s *schemas.Schema }

func (l lines) Begin(dst []byte) []byte {
	return append(dst, strings.Join(l.s.Names(), ",")+"\n"...)
}

func (l lines) Encode(dst []byte, r arrow.RecordBatch) ([]byte, []codec.RowFailure) {
	return append(dst, strings.Repeat("row\n", int(r.NumRows()))...), nil
}

func (l lines) Finish(dst []byte) []byte { return append(dst, "end\n"...) }

func linesEnv() engine.Env {
	return engine.Env{Format: &codec.Format{Name: "lines", NewEncoder: func(s *schemas.Schema) (codec.Encoder, error) { return lines{s}, nil }}}
}

func TestHeadIsWrittenOnceAndFootAtTheEnd(t *testing.T) {
	var w bytes.Buffer
	o := newOutput(linesEnv(), &w)
	bind(t, o, schema("x"))
	out, _ := enginetest.Outbox(t)
	mem := arrowtest.Allocator(t)
	for range 2 {
		if err := o.Write(t.Context(), enginetest.Batch(t, mem, schema("x"), `{"x":1}`), out); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := w.String(), "x\nrow\nrow\nend\n"; got != want {
		t.Errorf("written is %q, want %q", got, want)
	}
}

func TestColumnsCannotChangeBehindAHeadThatNamesThem(t *testing.T) {
	var w bytes.Buffer
	o := newOutput(linesEnv(), &w)
	bind(t, o, schema("x"))
	bind(t, o, schema("x", "y")) // nothing is written yet
	out, _ := enginetest.Outbox(t)
	if err := o.Write(t.Context(), enginetest.Batch(t, arrowtest.Allocator(t), schema("x", "y"), `{"x":1}`), out); err != nil {
		t.Fatal(err)
	}
	ds := o.Bind(engine.Shape{Columns: schema("x", "y", "z")})
	if len(ds) != 1 || ds[0].Code != "stdout-columns" {
		t.Errorf("findings are %s", ds.Render())
	}
}

func TestNothingIsWrittenForNoRecords(t *testing.T) {
	var w bytes.Buffer
	o := newOutput(linesEnv(), &w)
	bind(t, o, schema("x"))
	if err := o.Close(t.Context()); err != nil || w.Len() > 0 {
		t.Errorf("close: %v; written is %q", err, w.String())
	}
}
