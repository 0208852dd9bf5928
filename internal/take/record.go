package take

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Record returns the given rows of r in their order, which may be any and may repeat rows. It borrows r and returns an
// owned record.
func Record(ctx context.Context, mem memory.Allocator, r arrow.RecordBatch, rows []int32) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, 0, r.NumCols())
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for _, c := range r.Columns() {
		taken, err := Array(ctx, mem, c, rows)
		if err != nil {
			return nil, err
		}
		columns = append(columns, taken)
	}
	return array.NewRecordBatch(r.Schema(), columns, int64(len(rows))), nil
}
