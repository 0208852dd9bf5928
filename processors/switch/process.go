package switching

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/engine"
)

// What a row is taken by before a branch is found for it, and when its condition failed.
const (
	undecided = -1
	failing   = -2
)

// Process sends each row of b through the first case whose condition is true and emits what becomes of all of them as one
// batch, in the old order. A row on which a condition fails is rejected, unless a case before has taken it.
//
// It takes b. The emitted batch belongs to the next stage.
func (p *processor) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	failed, err := p.choose(ctx, b)
	if err != nil {
		return err
	}
	if err := out.Reject(ctx, b, failed); err != nil {
		return fmt.Errorf("reject %d rows: %w", len(failed), err)
	}
	defer p.clear()
	for i, branch := range p.branches {
		if err := p.run(ctx, b, branch, p.rows[i], out); err != nil {
			return err
		}
	}
	joined, err := p.merge(ctx, b)
	if err != nil || joined == nil {
		return err
	}
	return out.Emit(ctx, joined)
}

// choose finds the branch of each row. It borrows b.
func (p *processor) choose(ctx context.Context, b *engine.Batch) (failed []engine.Rejection, err error) {
	p.chosen = slices.Grow(p.chosen[:0], b.Len())[:b.Len()]
	for i := range p.chosen {
		p.chosen[i] = undecided
	}
	left := b.Len()
	for k, branch := range p.branches {
		p.rows[k] = p.rows[k][:0]
		if branch.condition == nil || left == 0 {
			continue
		}
		rows, faults, err := branch.condition.Select(ctx, b)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if p.chosen[row] == undecided {
				p.chosen[row] = int32(k)
				p.rows[k] = append(p.rows[k], row)
				left--
			}
		}
		for _, f := range faults {
			if p.chosen[f.Row] == undecided {
				p.chosen[f.Row] = failing
				failed = append(failed, engine.Rejection{Row: f.Row, Code: f.Code, Message: f.Message, Range: f.Range})
				left--
			}
		}
	}
	if left > 0 {
		rest := len(p.branches) - 1
		for row, k := range p.chosen {
			if k == undecided {
				p.rows[rest] = append(p.rows[rest], int32(row))
			}
		}
	}
	slices.SortFunc(failed, func(x, y engine.Rejection) int { return x.Row - y.Row })
	return failed, nil
}

// run sends the given rows of b, which it borrows, through a branch and gathers what comes out.
func (p *processor) run(ctx context.Context, b *engine.Batch, branch *branch, rows []int32, out *engine.Out) error {
	if len(rows) == 0 {
		return nil
	}
	taken, err := b.Take(ctx, p.env.Mem, rows)
	if err != nil {
		return fmt.Errorf("take %d of %d rows: %w", len(rows), b.Len(), err)
	}
	numbered := p.number(taken, rows)
	if branch.chain == nil {
		branch.gathered.batches = append(branch.gathered.batches, numbered)
		return nil
	}
	branch.gathered.to = out
	before := branch.out.Account()
	err = branch.chain.Process(ctx, numbered, branch.out)
	after := branch.out.Account()
	for _, f := range []engine.Fate{engine.Filtered, engine.Dropped, engine.Created, engine.Consumed} {
		out.Count(f, int(after.Count(f)-before.Count(f)))
	}
	return err
}

// rowNumber is the meta column that remembers where a row stood. No expression can name it, and a switch within a switch
// adds one of its own behind the other's: only the last one counts.
const rowNumber = "$row"

// number returns b with the row numbers as its last meta column. It takes b and returns an owned batch.
func (p *processor) number(b *engine.Batch, rows []int32) *engine.Batch {
	builder := array.NewInt32Builder(p.env.Mem)
	defer builder.Release()
	builder.AppendValues(rows, nil)
	numbers := builder.NewArray()
	defer numbers.Release()
	fields := append(slices.Clone(b.Meta.Schema().Fields()), arrow.Field{Name: rowNumber, Type: arrow.PrimitiveTypes.Int32})
	columns := append(slices.Clone(b.Meta.Columns()), numbers)
	meta := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(len(rows)))
	defer b.Release()
	b.Columns.Retain()
	return b.Derive(b.Schema, b.Columns, meta, b.Origin)
}

// gatherer is the Sink behind a branch.
type gatherer struct {
	batches []*engine.Batch
	to      *engine.Out // where rejections go
}

var _ engine.Sink = (*gatherer)(nil)

// Emit implements engine.Sink.
func (g *gatherer) Emit(_ context.Context, b *engine.Batch) error {
	g.batches = append(g.batches, b)
	return nil
}

// Reject implements engine.Sink: it is the nested processor that rejects.
func (g *gatherer) Reject(ctx context.Context, at engine.Site, b *engine.Batch, rows []engine.Rejection) error {
	return g.to.RejectAs(ctx, at, b, rows)
}

// RejectRaw implements engine.Sink. No processor decodes.
func (g *gatherer) RejectRaw(ctx context.Context, _ engine.Site, rows []engine.RawRejection) error {
	return g.to.RejectRaw(ctx, rows)
}

// clear releases what the branches gave.
func (p *processor) clear() {
	for _, branch := range p.branches {
		for _, b := range branch.gathered.batches {
			b.Release()
		}
		branch.gathered.batches = branch.gathered.batches[:0]
	}
}
