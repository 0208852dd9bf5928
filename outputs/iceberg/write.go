package iceberg

import (
	"context"
	"fmt"
	"slices"

	"github.com/iggy-flow/iggy-flow/engine"
	lake "github.com/iggy-flow/iggy-flow/internal/iceberg"
)

// maxOpenFiles bounds the data files under construction: each costs a descriptor and buffers. The one that was written to
// least recently is ended for the next, and its table gets another file in the same commit.
const maxOpenFiles = 256

// Write takes b and adds its rows to the data files of their tables. Rows count as delivered once they are in a file's
// encoder: what keeps a row out of its table is found before.
func (o *output) Write(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	o.batches++
	if err := o.write(ctx, b, out); err != nil {
		return err
	}
	return o.relieve(ctx)
}

func (o *output) write(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	if o.config.Route.IsZero() {
		return o.writeTo(ctx, o.config.Table.Value, b, false, out)
	}
	g, err := o.group(ctx, b)
	if err != nil {
		return err
	}
	if err := out.Reject(ctx, b, g.rejected); err != nil {
		return fmt.Errorf("reject %d rows: %w", len(g.rejected), err)
	}
	if len(g.names) == 0 {
		return nil
	}
	sorted, err := b.Take(ctx, o.env.Mem, g.permutation())
	if err != nil {
		return fmt.Errorf("gather rows by table: %w", err)
	}
	defer sorted.Release()
	from := 0
	for i, name := range g.names {
		to := from + int(g.counts[i])
		part := sorted.Slice(from, to)
		err := o.writeTo(ctx, name, part, len(g.names) > 1, out)
		part.Release()
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// writeTo writes the rows of b to one table. With shared, b is a part of a batch whose other rows go elsewhere. It borrows
// b.
func (o *output) writeTo(ctx context.Context, name string, b *engine.Batch, shared bool, out *engine.Out) error {
	t, rejection, err := o.target(ctx, name, b.Schema)
	if err != nil {
		return err
	}
	if rejection != nil {
		return out.Reject(ctx, b, all(b.Len(), *rejection))
	}
	t.used = o.batches
	fresh, err := o.dropKnown(ctx, t, b, out)
	if err != nil {
		return err
	}
	defer fresh.Release()
	if fresh.Len() == 0 {
		return nil
	}
	plan, err := o.planFor(ctx, t, b.Schema)
	if err != nil {
		return err
	}
	return o.conform(ctx, t, plan, fresh, shared, out)
}

// conform writes the rows of b that fit the table and rejects the others. It borrows b.
func (o *output) conform(ctx context.Context, t *target, plan *lake.Plan, b *engine.Batch, shared bool, out *engine.Out) error {
	r, faults, err := plan.Conform(ctx, o.env.Mem, b.Columns)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		rejected := make([]engine.Rejection, len(faults))
		bad := make([]bool, b.Len())
		for i, f := range faults {
			rejected[i] = engine.Rejection{Row: f.Row, Code: f.Code, Message: f.Message}
			bad[f.Row] = true
		}
		if err := out.Reject(ctx, b, rejected); err != nil {
			return fmt.Errorf("reject %d rows: %w", len(rejected), err)
		}
		good, err := b.Take(ctx, o.env.Mem, unmarked(bad))
		if err != nil {
			return fmt.Errorf("take the rows that fit table %s: %w", t.name, err)
		}
		defer good.Release()
		if good.Len() == 0 {
			return nil
		}
		return o.conform(ctx, t, plan, good, true, out)
	}
	rows := b.Len()
	if err := t.writer.Write(ctx, plan, r, shared); err != nil {
		return err
	}
	out.Count(engine.Delivered, rows)
	o.written.add(t.name, rows)
	t.rows += int64(rows)
	return nil
}

// dropKnown leaves out the rows that an adopted table holds already. It borrows b and returns an owned batch.
func (o *output) dropKnown(ctx context.Context, t *target, b *engine.Batch, out *engine.Out) (*engine.Batch, error) {
	known := t.known
	if o.start.Shared {
		var err error
		if known, err = o.meet(ctx, t, b.Origin); err != nil {
			return nil, err
		}
	}
	if !anyBelow(b.Origin, known) {
		b.Retain()
		return b, nil
	}
	bad := make([]bool, b.Len())
	row, dropped := 0, 0
	for _, run := range b.Origin {
		for i := range run.Rows {
			if known.Below(run.Split, run.Ordinal+int64(i)) {
				bad[row] = true
				dropped++
			}
			row++
		}
	}
	out.Count(engine.Dropped, dropped)
	return b.Take(ctx, o.env.Mem, unmarked(bad))
}

// anyBelow reports whether a row lies below known.
func anyBelow(o engine.Origin, known engine.Positions) bool {
	return len(known) > 0 && slices.ContainsFunc(o, func(r engine.Run) bool { return known.Below(r.Split, r.Ordinal) })
}

// unmarked lists the rows that are not marked.
func unmarked(marked []bool) []int32 {
	rows := make([]int32, 0, len(marked))
	for i, m := range marked {
		if !m {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// all is one rejection of every row.
func all(rows int, r engine.Rejection) []engine.Rejection {
	out := make([]engine.Rejection, rows)
	for i := range out {
		out[i] = r
		out[i].Row = i
	}
	return out
}

// relieve keeps memory and open files within their bounds.
func (o *output) relieve(ctx context.Context) error {
	for {
		var held int64
		var largest, oldest *target
		open := 0
		for _, t := range o.targets {
			h := t.writer.Held()
			held += h
			if largest == nil || h > largest.writer.Held() || h == largest.writer.Held() && t.name < largest.name {
				largest = t
			}
			if t.writer.Open() {
				open++
				if oldest == nil || t.used < oldest.used || t.used == oldest.used && t.name < oldest.name {
					oldest = t
				}
			}
		}
		switch {
		case open > maxOpenFiles:
			if err := oldest.writer.Finish(ctx); err != nil {
				return err
			}
		case held > int64(o.config.Write.MaxBuffer):
			before := largest.writer.Held()
			if err := largest.writer.Shrink(ctx); err != nil {
				return err
			}
			if largest.writer.Held() >= before {
				return nil // what is left is what open files need
			}
		default:
			return nil
		}
	}
}
