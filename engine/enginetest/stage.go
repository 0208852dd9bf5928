package enginetest

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TB is what the harness needs of a test: *testing.T, *testing.B and *rapid.T have it.
type TB interface {
	arrowtest.TB
	Fatalf(format string, args ...any)
}

// allocator is the checked one, but in a benchmark, which it would dominate.
func allocator(t TB) memory.Allocator {
	if _, bench := t.(*testing.B); bench {
		return memory.NewGoAllocator()
	}
	return arrowtest.Allocator(t)
}

// Stage is one processor that batches are run through.
type Stage struct {
	Node    *engine.Node
	Mem     memory.Allocator
	In, Out engine.Shape // as bound last

	out       *engine.Out
	collector *collector
	processor engine.Processor
}

// Processor builds the processor that line describes, such as `filter: total > 1`, for batches of schema s; nil stands
// for [OrdersSchema]. Register adds it, and whatever is nested in it, to a registry. Findings that are errors fail t.
func Processor(t TB, register func(*engine.Registry), line string, s *schemas.Schema) *Stage {
	t.Helper()
	if s == nil {
		s = OrdersSchema()
	}
	mem := allocator(t)
	item := "  - " + strings.ReplaceAll(strings.TrimSpace(line), "\n", "\n    ")
	text := "name: test\ninput: {test: {}}\nprocessors:\n" + item + "\noutput: {test: {}}\n"
	plan, ds := plan(register, mem, source.NewFile("test.yaml", []byte(text)))
	if ds.HasErrors() {
		t.Fatalf("the processor cannot be built:\n%s", ds.Render())
	}
	if ds := plan.BindRecords(s); ds.HasErrors() {
		t.Fatalf("the processor cannot be bound:\n%s", ds.Render())
	}
	node := plan.Chain.Nodes()[0]
	stage := &Stage{Node: node, Mem: mem, In: node.In, Out: node.Out, processor: node.Processor}
	_, bench := t.(*testing.B)
	stage.collector = &collector{t: t, stage: stage, discard: bench}
	stage.out = engine.NewOut(node.Site, stage.collector)
	return stage
}

// plan reads a document and builds its components with a registry of their own.
func plan(register func(*engine.Registry), mem memory.Allocator, f *source.File) (*engine.Plan, source.Diagnostics) {
	r := engine.NewRegistry()
	if register != nil {
		register(r)
	}
	fakes(r)
	document, ds := dsl.Parse(f, ".", dsl.Options{Specs: r})
	if ds.HasErrors() {
		return nil, ds
	}
	p, found := engine.NewPlan(document, r, engine.PlanOptions{Mem: mem, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	return p, append(ds, found...)
}

// Bind binds the processor to s, as the engine does when an inferred schema has got new columns.
func (s *Stage) Bind(t TB, schema *schemas.Schema) {
	t.Helper()
	in := engine.Shape{Columns: schema, Meta: s.In.Meta}
	out, ds := s.processor.Bind(in)
	if ds.HasErrors() {
		t.Fatalf("bind to %s:\n%s", schema, ds.Render())
	}
	s.In, s.Out = in, out
}

// Batch is [Batch] with the schema and the allocator of the stage.
func (s *Stage) Batch(t TB, ndjson string) *engine.Batch {
	t.Helper()
	return Batch(t, s.Mem, s.In.Columns, ndjson)
}

// Result is what became of one batch.
type Result struct {
	Batches  []*engine.Batch // what was emitted; they belong to the stage, until its test ends
	Rejected []Rejected
	Account  engine.Account // of this batch alone
}

// Rejected is a row that was rejected: by whom, why, and which record it came from.
type Rejected struct {
	Path    string // of the component
	Ordinal int64
	Code    string
	Message string
	At      string // file:line:column, empty where there is none
}

// Text is what was emitted, as [Text] writes it.
func (r *Result) Text() string {
	var w strings.Builder
	for _, b := range r.Batches {
		w.WriteString(Text(b))
	}
	return w.String()
}

// Process runs b through the processor and checks what every processor owes: each row has one fate, and what is emitted
// has the schema that was promised and as many rows of meta and origin as of columns. It takes b.
func (s *Stage) Process(t TB, b *engine.Batch) *Result {
	c := s.collector
	if c.discard {
		s.out.Receive(b.Len())
		if err := s.processor.Process(context.Background(), b, s.out); err != nil {
			t.Fatalf("process: %v", err)
		}
		return nil
	}
	t.Helper()
	c.result = &Result{}
	before := s.out.Account()
	rows := b.Len()
	s.out.Receive(rows)
	if err := s.processor.Process(context.Background(), b, s.out); err != nil {
		t.Fatalf("process: %v", err)
	}
	result := c.result
	c.result = nil
	t.Cleanup(func() {
		for _, b := range result.Batches {
			b.Release()
		}
	})
	result.Account = since(before, s.out.Account())
	s.balance(t, rows, result)
	return result
}

func (s *Stage) balance(t TB, rows int, r *Result) {
	t.Helper()
	a := r.Account
	in := a.In + a.Count(engine.Created)
	out := a.Emitted + a.Rejected + a.Count(engine.Filtered) + a.Count(engine.Dropped) + a.Count(engine.Consumed)
	if stateful, ok := s.processor.(engine.Stateful); ok {
		all := s.out.Account()
		in = all.In + all.Count(engine.Created)
		out = all.Emitted + all.Rejected + all.Count(engine.Filtered) + all.Count(engine.Dropped) + all.Count(engine.Consumed) + stateful.Held()
	}
	if in != out {
		t.Errorf("the rows do not add up: %d came in and %d have a fate: %+v", in, out, a)
	}
	if a.In != int64(rows) {
		t.Errorf("%d rows were given and %d counted", rows, a.In)
	}
	emitted := 0
	for _, b := range r.Batches {
		emitted += b.Len()
	}
	if int64(emitted) != a.Emitted || int64(len(r.Rejected)) != a.Rejected {
		t.Errorf("%d rows were emitted and %d rejected; counted are %d and %d", emitted, len(r.Rejected), a.Emitted, a.Rejected)
	}
}

// since is what was counted between two states of an account.
func since(before, after engine.Account) engine.Account {
	after.In -= before.In
	after.Emitted -= before.Emitted
	after.Rejected -= before.Rejected
	for i := range after.Fate {
		after.Fate[i] -= before.Fate[i]
	}
	return after
}
