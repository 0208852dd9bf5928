package columns

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Like returns a schema of fields that is open when in is.
func Like(in *schemas.Schema, fields []schemas.Field) *schemas.Schema {
	if in.Open() {
		return schemas.NewOpen(fields...)
	}
	return schemas.New(fields...)
}

// Subset is a choice of columns that some schema has, in a new order and perhaps under new names.
type Subset struct {
	Schema *schemas.Schema
	from   []int
	arrow  *arrow.Schema
}

// Choose returns the subset with the columns of s, of which column i is column from[i] of the batches. An open s, or one
// with more columns than from, can be bound to and not be used.
func Choose(s *schemas.Schema, from []int) *Subset {
	return &Subset{Schema: s, from: from, arrow: s.Arrow()}
}

// Of returns the columns of b that s has. It takes b and returns an owned batch; no value is copied.
func (s *Subset) Of(b *engine.Batch) *engine.Batch {
	defer b.Release()
	columns := make([]arrow.Array, len(s.from))
	for i, c := range s.from {
		columns[i] = b.Columns.Column(c)
	}
	return b.With(s.Schema, array.NewRecordBatch(s.arrow, columns, b.Columns.NumRows()))
}
