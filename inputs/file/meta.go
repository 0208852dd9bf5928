package file

import (
	"encoding/json"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// meta builds the meta fields that the plan reads.
type meta struct {
	mem    memory.Allocator
	fields *schemas.Schema // nil or empty: none
	path   string
}

// build returns the fields of rows records, owned by the caller; nil when none is read.
func (m *meta) build(origin engine.Origin, rows int) arrow.RecordBatch {
	if m.fields == nil || m.fields.Len() == 0 {
		return nil
	}
	b := array.NewRecordBuilder(m.mem, m.fields.Arrow())
	defer b.Release()
	for i := range m.fields.Len() {
		switch f := b.Field(i).(type) {
		case *array.StringBuilder: // path
			f.Reserve(rows)
			f.ReserveData(rows * len(m.path))
			for range rows {
				f.Append(m.path)
			}
		case *array.Int64Builder: // record
			f.Reserve(rows)
			for _, run := range origin {
				for k := range run.Rows {
					f.UnsafeAppend(run.Ordinal + int64(k))
				}
			}
		}
	}
	return b.NewRecordBatch()
}

// describe gives all meta of records of the file at path, for the dead letter.
func describe(path string) func(string, int64) []byte {
	quoted, err := json.Marshal(path)
	if err != nil {
		return nil
	}
	return func(_ string, ordinal int64) []byte {
		return fmt.Appendf(nil, `{"path":%s,"record":%d}`, quoted, ordinal)
	}
}
