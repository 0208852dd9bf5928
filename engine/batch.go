package engine

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/internal/take"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Batch is a run of records on their way through a pipeline. It is immutable and reference counted, and passed on by
// ownership: the receiver releases it.
type Batch struct {
	Schema  *schemas.Schema   // of Columns: names, order, and the types that Arrow cannot tell apart
	Columns arrow.RecordBatch // the user's columns
	Meta    arrow.RecordBatch // as many rows as Columns; only the meta fields that the plan uses, often none
	Origin  Origin            // as many rows as Columns

	// Originals are the records as they came, for the dead letter; nil in a plan without one. The batch owns a reference.
	Originals Originals
}

// NewBatch joins the parts of a batch. It takes columns and meta; a nil meta is one without fields.
func NewBatch(schema *schemas.Schema, columns, meta arrow.RecordBatch, origin Origin) *Batch {
	if meta == nil {
		meta = array.NewRecordBatch(noFields, nil, columns.NumRows())
	}
	return &Batch{Schema: schema, Columns: columns, Meta: meta, Origin: origin}
}

var noFields = arrow.NewSchema(nil, nil)

// Len is the number of rows.
func (b *Batch) Len() int { return int(b.Columns.NumRows()) }

// Retain adds an owner.
func (b *Batch) Retain() {
	b.Columns.Retain()
	b.Meta.Retain()
	if b.Originals != nil {
		b.Originals.Retain()
	}
}

// Release gives one ownership back.
func (b *Batch) Release() {
	b.Columns.Release()
	b.Meta.Release()
	if b.Originals != nil {
		b.Originals.Release()
	}
}

// Bytes is the memory that b keeps alive: a slice counts as all of its parent, since it pins it, and any batch as all
// records that it was decoded with, where those are kept.
func (b *Batch) Bytes() (n int64) {
	if b.Originals != nil {
		n = b.Originals.Bytes()
	}
	for _, r := range []arrow.RecordBatch{b.Columns, b.Meta} {
		for _, c := range r.Columns() {
			n += dataBytes(c.Data())
		}
	}
	return n
}

func dataBytes(d arrow.ArrayData) (n int64) {
	for _, buf := range d.Buffers() {
		if buf != nil {
			n += int64(buf.Len())
		}
	}
	for _, child := range d.Children() {
		n += dataBytes(child)
	}
	return n
}

// With returns a batch of other columns for the same rows: same meta and origin. It takes columns and borrows b; the
// result is owned by the caller.
func (b *Batch) With(schema *schemas.Schema, columns arrow.RecordBatch) *Batch {
	b.Meta.Retain()
	return b.Derive(schema, columns, b.Meta, b.Origin)
}

// Derive returns a batch of other rows that come from the same records as those of b. It takes columns and meta, which
// may be nil, and borrows b; the result is owned by the caller.
func (b *Batch) Derive(schema *schemas.Schema, columns, meta arrow.RecordBatch, origin Origin) *Batch {
	out := NewBatch(schema, columns, meta, origin)
	if out.Originals = b.Originals; out.Originals != nil {
		out.Originals.Retain()
	}
	return out
}

// Slice returns rows [from, to) without copying; the slice pins b's memory. It borrows b and returns an owned batch.
func (b *Batch) Slice(from, to int) *Batch {
	columns, meta := b.Columns.NewSlice(int64(from), int64(to)), b.Meta.NewSlice(int64(from), int64(to))
	return b.Derive(b.Schema, columns, meta, b.Origin.Slice(from, to))
}

// Take returns the given rows, in their order, which may be any. All rows in order are b itself, retained. It borrows b
// and returns an owned batch.
func (b *Batch) Take(ctx context.Context, mem memory.Allocator, rows []int32) (*Batch, error) {
	if len(rows) == b.Len() && ascending(rows) {
		b.Retain()
		return b, nil
	}
	if n := len(rows); n > 0 && int(rows[n-1])-int(rows[0]) == n-1 && ascending(rows) {
		return b.Slice(int(rows[0]), int(rows[0])+n), nil
	}
	columns, err := take.Record(ctx, mem, b.Columns, rows)
	if err != nil {
		return nil, err
	}
	meta, err := take.Record(ctx, mem, b.Meta, rows)
	if err != nil {
		columns.Release()
		return nil, err
	}
	return b.Derive(b.Schema, columns, meta, b.Origin.Take(rows)), nil
}

func ascending(rows []int32) bool {
	for i := 1; i < len(rows); i++ {
		if rows[i] <= rows[i-1] {
			return false
		}
	}
	return true
}

// Without returns the rows of b but for the given ones (ascending). It borrows b and returns an owned batch.
func (b *Batch) Without(ctx context.Context, mem memory.Allocator, rejected []Rejection) (*Batch, error) {
	rows := make([]int32, 0, b.Len())
	for row := range b.Len() {
		if len(rejected) > 0 && rejected[0].Row == row {
			rejected = rejected[1:]
			continue
		}
		rows = append(rows, int32(row))
	}
	return b.Take(ctx, mem, rows)
}
