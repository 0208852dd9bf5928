package engine_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	codecjson "github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

// box is a dead letter that keeps what it is given, once its gate is open.
type box struct {
	gate chan struct{}
	rows []map[string]any
}

var _ engine.Output = (*box)(nil)

func (o *box) Bind(engine.Shape) source.Diagnostics     { return nil }
func (o *box) Open(context.Context, engine.Start) error { return nil }
func (o *box) Flush(context.Context, *engine.Out) error { return nil }
func (o *box) Close(context.Context) error              { return nil }
func (o *box) numbers() (out []int64) {
	for _, r := range o.rows {
		out = append(out, int64(r["ordinal"].(float64)))
	}
	return out
}

func (o *box) Write(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	select {
	case <-o.gate:
	case <-ctx.Done():
		return ctx.Err()
	}
	encoder, err := codecjson.Format().NewEncoder(b.Schema)
	if err != nil {
		return err
	}
	text, _ := encoder.Encode(nil, b.Columns)
	for line := range strings.Lines(string(text)) {
		row := map[string]any{}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return err
		}
		o.rows = append(o.rows, row)
	}
	out.Count(engine.Delivered, b.Len())
	return nil
}

// strict is an output that refuses every row, and is careless in what it says.
type (
	strict       struct{ password string }
	strictConfig struct {
		Password dsl.Secret `flow:"password,required" doc:"Of its server."`
	}
)

func (strict) Bind(engine.Shape) source.Diagnostics     { return nil }
func (strict) Open(context.Context, engine.Start) error { return nil }
func (strict) Flush(context.Context, *engine.Out) error { return nil }
func (strict) Close(context.Context) error              { return nil }
func (o strict) Write(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	rows := make([]engine.Rejection, b.Len())
	for i := range rows {
		rows[i] = engine.Rejection{Row: i, Code: "refused", Message: "login as root:" + o.password + ": " + strings.Repeat("é", 5000), Attempts: 3, Since: time.Unix(100, 0)}
	}
	return out.Reject(ctx, b, rows)
}

// turns is the first number that a turning processor rejects, as it does with all behind.
const turns = 200_000

type turning struct{}

func (turning) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) { return in, nil }
func (turning) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	var rejected []engine.Rejection
	for i := range b.Len() {
		if _, n := b.Origin.At(i); n >= turns {
			rejected = append(rejected, engine.Rejection{Row: i, Code: "turned", Message: "another schema"})
		}
	}
	if err := out.Reject(ctx, b, rejected); err != nil {
		b.Release()
		return err
	}
	if len(rejected) == 0 {
		return out.Emit(ctx, b)
	}
	defer b.Release()
	return out.Emit(ctx, b.Slice(0, b.Len()-len(rejected)))
}

// startWithBox starts a document whose dead letter is o.
func startWithBox(t testing.TB, w *world, mem memory.Allocator, document string, o *box) *engine.Runner {
	t.Helper()
	r := w.registry()
	engine.AddOutput(r, engine.OutputSpec[onceOnly]{Name: "box", New: func(onceOnly, engine.Env) (engine.Output, error) { return o, nil }})
	engine.AddOutput(r, engine.OutputSpec[strictConfig]{Name: "strict", New: func(c strictConfig, _ engine.Env) (engine.Output, error) {
		return strict{c.Password.Reveal()}, nil
	}})
	engine.AddProcessor(r, engine.ProcessorSpec[onceOnly]{Name: "turning", New: func(onceOnly, engine.Env) (engine.Processor, error) { return turning{}, nil }})
	d, ds := dsl.Parse(source.NewFile("numbers.yaml", []byte(document)), ".", dsl.Options{Specs: r})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	plan, ds := engine.NewPlan(d, r, engine.PlanOptions{Mem: mem, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	return engine.NewRunner(plan, engine.RunOptions{Store: store{w}})
}

// TestAStalledDeadLetterStopsTheInput: a rejected record waits for its dead letter, and what follows waits behind it; in
// the end all are where they belong.
func TestAStalledDeadLetterStopsTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(20_000)
		o := &box{gate: make(chan struct{})}
		r := startWithBox(t, w, arrowtest.Allocator(t), strings.Replace(numbersDocument, "{table: {name: bad}}", "{box: {}}", 1), o)
		done := make(chan error, 1)
		go func() { done <- r.Run(t.Context()) }()
		synctest.Wait()
		if s := r.Status(); s.Read == 0 || s.Read > 2000 || len(o.rows) > 0 {
			t.Errorf("behind a stalled dead letter %d of 20000 records were read, and %d letters written", s.Read, len(o.rows))
		}
		close(o.gate)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		good, bad := expect(w.log)
		if got := w.target("good").rows; !slices.Equal(got, good) {
			t.Errorf("the output holds %d rows; want %d", len(got), len(good))
		}
		if got := o.numbers(); !slices.Equal(got, bad) {
			t.Errorf("the dead letter holds %d rows; want %d", len(got), len(bad))
		}
	})
}

// TestFault43NoSecretInDeadLetters: whatever a component says of a record, no secret of the document is in its dead
// letter, and no text without end.
func TestFault43NoSecretInDeadLetters(t *testing.T) {
	const canary = "canary-5up3r-s3cr3t"
	w := newWorld(20)
	o := &box{gate: make(chan struct{})}
	close(o.gate)
	document := "name: numbers\ninput: {numbers: {}}\noutput: {strict: {password: " + canary + "}}\ndead_letter: {box: {}}\n"
	if err := startWithBox(t, w, arrowtest.Allocator(t), document, o).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(o.rows) != 20 {
		t.Fatalf("%d letters of 20 records", len(o.rows))
	}
	for _, row := range o.rows {
		text, _ := json.Marshal(row)
		message := row["error"].(string)
		if strings.Contains(string(text), canary) || !strings.HasPrefix(message, "login as root:***: é") || len(message) > 4<<10 || !strings.HasSuffix(message, "é…") {
			t.Fatalf("a letter is %s", text)
		}
		if row["class"] != "target" || row["attempts"] != 3.0 || row["first_time"] != "1970-01-01T00:01:40Z" || row["time"] == row["first_time"] {
			t.Errorf("a letter is %s", text)
		}
	}
	// Without a dead letter, the same text ends the pipeline.
	w = newWorld(20)
	err := startWithBox(t, w, arrowtest.Allocator(t), strings.Replace(document, "dead_letter: {box: {}}\n", "", 1), o).Run(t.Context())
	if err == nil || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "***") {
		t.Errorf("the pipeline ends with %v", err)
	}
}

func TestClassOf(t *testing.T) {
	for _, test := range []struct{ path, code, want string }{
		{"input", "json-syntax", engine.ClassDecode},
		{"input", "json-type", engine.ClassType},
		{"output", "json-range", engine.ClassType},
		{"processors[2].switch[0].processors[0]", "division-by-zero", engine.ClassExpression},
		{"output", "invalid-cast", engine.ClassType},
		{"output", "route-name", engine.ClassRoute},
		{"output", "null-in-required", engine.ClassSchema},
		{"input", "frame-too-long", engine.ClassSize},
		{"input", "a-new-code", engine.ClassDecode},
		{"processors[0]", "a-new-code", engine.ClassExpression},
		{"output", "a-new-code", engine.ClassTarget},
	} {
		got := engine.ClassOf(engine.Site{Path: test.path}, test.code)
		if got != test.want || !slices.Contains(engine.Classes(), got) {
			t.Errorf("%s at %s is of class %s; want %s", test.code, test.path, got, test.want)
		}
	}
}

// TestAWrongSchemaIsNoticedBetweenCheckpoints: a source that could be drained into the dead letter within one interval is
// stopped soon, although it was good for long.
func TestAWrongSchemaIsNoticedBetweenCheckpoints(t *testing.T) {
	w := newWorld(1_000_000)
	o := &box{gate: make(chan struct{})}
	close(o.gate)
	document := "name: numbers\ninput: {numbers: {}}\nprocessors: [{turning: {}}]\noutput: {table: {name: good}}\ndead_letter: {box: {}, max_ratio: 0.1}\ncheckpoint: {interval: 1h, rows: 90000}\n"
	err := startWithBox(t, w, arrowtest.Allocator(t), document, o).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "max_ratio 0.1") {
		t.Fatalf("a source that turns bad gives %v", err)
	}
	read := w.told["log"].Ordinal
	if read < turns+1000 || read > turns+15_000 {
		t.Errorf("%d records were read until it stopped", read)
	}
	if good := len(w.target("good").rows); good != turns || int64(len(o.rows)) != read-turns {
		t.Errorf("%d records were written and %d rejected", good, len(o.rows))
	}
}
