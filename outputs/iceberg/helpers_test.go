package iceberg_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/iceberg-go/catalog"
	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
	"github.com/iggy-flow/iggy-flow/outputs/iceberg"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var orders = schemas.New(
	schemas.Field{Name: "id", Type: schemas.Of(schemas.Int64)},
	schemas.Field{Name: "region", Type: schemas.Of(schemas.String)},
)

// pipeline is one state directory's run of a document with one output; processes of it come and go.
type pipeline struct {
	t      testing.TB
	dir    string
	mem    memory.Allocator
	config iceberg.Config
	start  engine.Start
	schema *schemas.Schema

	wrap func(catalog.Catalog) catalog.Catalog

	stored []engine.Committable // of the checkpoint that was stored last
	at     map[string]int64     // the next ordinal of each split, as the input has it
}

func newPipeline(t testing.TB, dir, run string) *pipeline {
	config := iceberg.Defaults
	config.Catalog = iceberg.Catalog{Type: text("sql"), URI: text("sqlite:catalog.db"), Warehouse: text("warehouse")}
	config.Table = text("shop.orders")
	return &pipeline{
		t: t, dir: dir, mem: arrowtest.Allocator(t), config: config, schema: orders, at: map[string]int64{},
		start: engine.Start{Identity: engine.Identity{Pipeline: "orders", Run: run, Generation: 1}, Replica: "0"},
	}
}

func text(s string) dsl.Text { return dsl.Text{Value: s} }

func (p *pipeline) route(expression string) {
	p.config.Table, p.config.Route = dsl.Text{}, dsl.NewExpression("route", expression)
}

// process is one life of the pipeline's process.
type process struct {
	*pipeline
	out      engine.TransactionalOutput
	account  *engine.Out
	rejected []string
}

// Emit implements engine.Sink.
func (p *process) Emit(_ context.Context, b *engine.Batch) error {
	b.Release()
	p.t.Error("an output emitted a batch")
	return nil
}

// Reject implements engine.Sink.
func (p *process) Reject(_ context.Context, _ engine.Site, b *engine.Batch, rows []engine.Rejection) error {
	for _, r := range rows {
		split, ordinal := b.Origin.At(r.Row)
		p.rejected = append(p.rejected, fmt.Sprintf("%s/%d %s", split, ordinal, r.Code))
	}
	return nil
}

// RejectRaw implements engine.Sink.
func (p *process) RejectRaw(context.Context, engine.Site, []engine.RawRejection) error { return nil }

// build makes an output that is neither bound nor open.
func (p *pipeline) build() engine.TransactionalOutput {
	p.t.Helper()
	out, err := iceberg.New(p.config, engine.Env{Pipeline: "orders", Path: "output", Dir: p.dir, Mem: p.mem, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		p.t.Fatal(err)
	}
	iceberg.Wrap(out, p.wrap)
	return out.(engine.TransactionalOutput)
}

// open starts a process; the error is that of Open.
func (p *pipeline) open() (*process, error) {
	p.t.Helper()
	out := p.build()
	proc := &process{pipeline: p, out: out}
	proc.account = engine.NewOut(engine.Site{Path: "output", Name: "iceberg"}, proc)
	if ds := out.Bind(engine.Shape{Columns: p.schema}); ds.HasErrors() {
		p.t.Fatal(ds.Render())
	}
	if err := out.Open(p.t.Context(), p.start); err != nil {
		_ = out.Close(context.WithoutCancel(p.t.Context()))
		return nil, err
	}
	return proc, nil
}

func (p *pipeline) mustOpen() *process {
	p.t.Helper()
	proc, err := p.open()
	if err != nil {
		p.t.Fatal(err)
	}
	return proc
}

// recovered is a process that has committed what the stored checkpoint lists, as the engine does at a start.
func (p *pipeline) recovered() *process {
	p.t.Helper()
	proc := p.mustOpen()
	for _, c := range p.stored {
		if state, err := proc.out.Inspect(p.t.Context(), c); err != nil || state == engine.Missing {
			p.t.Fatalf("inspect %s: %v, %v", c.ID, state, err)
		}
	}
	proc.commit()
	return proc
}

// die ends a process without a checkpoint.
func (p *process) die() {
	p.t.Helper()
	if err := p.out.Close(context.WithoutCancel(p.t.Context())); err != nil {
		p.t.Error(err)
	}
}

// write hands rows of a split to the output and returns its error. The next rows of the split follow these.
func (p *process) write(split string, rows ...string) error {
	p.t.Helper()
	err := p.writeAt(split, p.at[split], rows...)
	p.at[split] += int64(len(rows))
	return err
}

func (p *process) writeAt(split string, ordinal int64, rows ...string) error {
	p.t.Helper()
	r, _, err := array.RecordFromJSON(p.mem, p.schema.Arrow(), strings.NewReader("["+strings.Join(rows, ",")+"]"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.account.Receive(len(rows))
	b := engine.NewBatch(p.schema, r, nil, engine.Records(split, ordinal, len(rows), nil))
	return p.out.Write(p.t.Context(), b, p.account)
}

func (p *process) mustWrite(split string, rows ...string) {
	p.t.Helper()
	if err := p.write(split, rows...); err != nil {
		p.t.Fatal(err)
	}
}

// prepare takes a barrier; the checkpoint is not stored yet.
func (p *process) prepare() engine.Prepared {
	p.t.Helper()
	at := engine.Positions{}
	for split, ordinal := range p.at {
		at[split] = engine.Position{Ordinal: ordinal}
	}
	prepared, err := p.out.Prepare(p.t.Context(), engine.Barrier{Epoch: p.start.Epoch + 1, Positions: at}, p.account)
	if err != nil {
		p.t.Fatal(err)
	}
	a := p.account.Account()
	if a.In != a.Count(engine.Delivered)+a.Count(engine.Dropped)+a.Rejected {
		p.t.Errorf("%d rows came in; %d are delivered, %d dropped and %d rejected", a.In, a.Count(engine.Delivered), a.Count(engine.Dropped), a.Rejected)
	}
	return prepared
}

// store is the moment from which a process that follows finds the checkpoint.
func (p *pipeline) store(prepared engine.Prepared) {
	p.start.Epoch++
	p.start.State = prepared.State
	p.stored = append(slices.Clone(p.stored), prepared.Committables...)
}

// commit commits what is stored, table by table.
func (p *process) commit() {
	p.t.Helper()
	if err := p.tryCommit(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) tryCommit() error {
	byTable := map[string][]engine.Committable{}
	for _, c := range p.stored {
		byTable[c.Target] = append(byTable[c.Target], c)
	}
	for _, cs := range byTable {
		if err := p.out.Commit(p.t.Context(), cs, nil); err != nil {
			return err
		}
	}
	p.stored = nil
	return nil
}

// checkpoint takes a whole one.
func (p *process) checkpoint() {
	p.t.Helper()
	p.store(p.prepare())
	p.commit()
}

func (p *pipeline) want(table string, rows ...string) {
	p.t.Helper()
	if diff := cmp.Diff(rows, icetest.Read(p.t, p.dir, table).Rows(p.t)); diff != "" {
		p.t.Errorf("rows of %s (-want +got):\n%s", table, diff)
	}
}

func (p *process) wantRejected(rows ...string) {
	p.t.Helper()
	if diff := cmp.Diff(rows, p.rejected); diff != "" {
		p.t.Errorf("rejected (-want +got):\n%s", diff)
	}
}

func row(id int) string { return fmt.Sprintf(`{"id":%d}`, id) }
