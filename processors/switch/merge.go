package switching

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/take"
)

// piece is a batch that came out of a branch.
type piece struct {
	*engine.Batch
	from []int   // of each joined column: its index in Columns, or -1
	rows []int32 // where each row stood
}

// merge joins what the branches gave into one batch with the columns of all, each row where it stood in b. Rows that were
// made of one stay together. It borrows all and returns an owned batch, or nil when there are no rows.
func (p *processor) merge(ctx context.Context, b *engine.Batch) (*engine.Batch, error) {
	pieces := p.pieces()
	if len(pieces) == 0 {
		return nil, nil
	}
	order, rows := arrange(pieces, b.Len())
	columns, err := p.columns(ctx, pieces, order)
	if err != nil {
		return nil, err
	}
	// Meta and origin are the old ones: no processor changes them, and the row numbers ascend.
	if unmoved(rows, b.Len()) {
		return b.With(p.schema, columns), nil
	}
	meta, err := take.Record(ctx, p.env.Mem, b.Meta, rows)
	if err != nil {
		columns.Release()
		return nil, fmt.Errorf("take the meta of %d rows: %w", len(rows), err)
	}
	return b.Derive(p.schema, columns, meta, b.Origin.Take(rows)), nil
}

// unmoved reports whether rows are all of n rows, each once: they ascend.
func unmoved(rows []int32, n int) bool {
	for i, row := range rows {
		if int(row) != i {
			return false
		}
	}
	return len(rows) == n
}

func (p *processor) pieces() (out []piece) {
	for _, branch := range p.branches {
		for _, b := range branch.gathered.batches {
			numbers := b.Meta.Column(int(b.Meta.NumCols()) - 1).(*array.Int32)
			out = append(out, piece{Batch: b, from: branch.mapping(p, b), rows: numbers.Int32Values()})
		}
	}
	return out
}

// mapping finds the joined columns in what the branch emits.
func (br *branch) mapping(p *processor, b *engine.Batch) []int {
	if br.emitted == b.Schema {
		return br.from
	}
	br.emitted, br.from = b.Schema, make([]int, p.schema.Len())
	for i, f := range p.schema.Fields() {
		_, at, ok := b.Schema.Lookup(f.Name)
		if !ok {
			at = -1
		}
		br.from[i] = at
	}
	return br.from
}

// arrange finds the order of the rows of all pieces, one behind the other, that puts them where they stood among n rows:
// a counting sort. The order is nil when they stand there already. The second result is where each of them stood.
func arrange(pieces []piece, n int) (order, rows []int32) {
	total, sorted, last := 0, true, int32(-1)
	for _, p := range pieces {
		total += len(p.rows)
		for _, row := range p.rows {
			sorted = sorted && row >= last
			last = row
		}
	}
	rows = make([]int32, 0, total)
	if sorted {
		for _, p := range pieces {
			rows = append(rows, p.rows...)
		}
		return nil, rows
	}
	next := make([]int32, n+1)
	for _, p := range pieces {
		for _, row := range p.rows {
			next[row+1]++
		}
	}
	for i := range n {
		next[i+1] += next[i]
	}
	order, rows = make([]int32, total), rows[:total]
	at := int32(0)
	for _, p := range pieces {
		for _, row := range p.rows {
			order[next[row]], rows[next[row]] = at, row
			next[row]++
			at++
		}
	}
	return order, rows
}

// columns joins the columns of the pieces and brings the rows into order, nil being the one they have.
func (p *processor) columns(ctx context.Context, pieces []piece, order []int32) (arrow.RecordBatch, error) {
	total := 0
	for _, piece := range pieces {
		total += piece.Len()
	}
	joined := make([]arrow.Array, 0, p.schema.Len())
	defer func() { release(joined) }()
	for i := range p.schema.Len() {
		c, err := p.column(pieces, i)
		if err != nil {
			return nil, err
		}
		joined = append(joined, c)
	}
	record := array.NewRecordBatch(p.arrow, joined, int64(total))
	if order == nil {
		return record, nil
	}
	defer record.Release()
	return take.Record(ctx, p.env.Mem, record, order)
}

// column joins column i of the pieces. The result is owned.
func (p *processor) column(pieces []piece, i int) (arrow.Array, error) {
	t := p.arrow.Field(i).Type
	parts := make([]arrow.Array, 0, len(pieces))
	defer func() { release(parts) }()
	for _, piece := range pieces {
		if at := piece.from[i]; at >= 0 {
			c := piece.Columns.Column(at)
			c.Retain()
			parts = append(parts, c)
			continue
		}
		parts = append(parts, array.MakeArrayOfNull(p.env.Mem, t, piece.Len()))
	}
	if len(parts) == 1 {
		parts[0].Retain()
		return parts[0], nil
	}
	c, err := array.Concatenate(parts, p.env.Mem)
	if err != nil {
		return nil, fmt.Errorf("join column %q of %d branches: %w", p.schema.Field(i).Name, len(parts), err)
	}
	return c, nil
}

func release(arrays []arrow.Array) {
	for _, a := range arrays {
		a.Release()
	}
}
