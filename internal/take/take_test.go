package take_test

import (
	"context"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/compute"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/internal/take"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestOracle: rows of every layout, of slices too, are those that compute.Take gives.
func TestOracle(t *testing.T) {
	var fields []schemas.Field
	for _, typ := range []string{
		"bool", "int8", "uint16", "float", "double", "decimal(10,2)", "string", "binary", "fixed(3)", "uuid", "date", "timestamp", "json",
		"list<string>", "map<string,list<int64>>", "struct{a: bool, b: list<double>, c: struct{d: string}}",
	} {
		parsed, err := schemas.ParseType(typ)
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, schemas.Field{Name: "x" + typ, Type: parsed})
	}
	schema := schemas.New(fields...)
	rapid.Check(t, func(t *rapid.T) {
		mem := arrowtest.Allocator(t)
		whole := enginetest.Random(t, mem, schema)
		defer whole.Release()
		from := rapid.IntRange(0, whole.Len()).Draw(t, "from")
		b := whole.Slice(from, rapid.IntRange(from, whole.Len()).Draw(t, "to"))
		defer b.Release()
		var rows []int32
		if b.Len() > 0 {
			rows = rapid.SliceOf(rapid.Int32Range(0, int32(b.Len())-1)).Draw(t, "rows")
		}
		want, err := oracle(mem, b.Columns, rows)
		if err != nil {
			t.Fatal(err)
		}
		defer want.Release()
		got, err := take.Record(context.Background(), mem, b.Columns, rows)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Release()
		// NaN is no NaN's equal: compare what is written.
		a := engine.NewBatch(schema, want, nil, nil)
		c := engine.NewBatch(schema, got, nil, nil)
		if wanted, gotten := enginetest.Text(a), enginetest.Text(c); wanted != gotten {
			t.Errorf("rows %v of %d: got\n%s, want\n%s", rows, b.Len(), gotten, wanted)
		}
		a.Meta.Release()
		c.Meta.Release()
		for i, column := range got.Columns() {
			if column.NullN() != want.Column(i).NullN() {
				t.Errorf("column %s: %d nulls, want %d", got.ColumnName(i), column.NullN(), want.Column(i).NullN())
			}
		}
	})
}

// oracle takes rows with arrow-go's own kernel.
func oracle(mem memory.Allocator, r arrow.RecordBatch, rows []int32) (arrow.RecordBatch, error) {
	indexes := array.NewInt32Builder(memory.NewGoAllocator())
	defer indexes.Release()
	indexes.AppendValues(rows, nil)
	at := indexes.NewArray()
	defer at.Release()
	var columns []arrow.Array
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for _, c := range r.Columns() {
		taken, err := compute.TakeArray(compute.WithAllocator(context.Background(), mem), c, at)
		if err != nil {
			return nil, err
		}
		columns = append(columns, taken)
	}
	return array.NewRecordBatch(r.Schema(), columns, int64(len(rows))), nil
}

func TestNoRowsOfNoColumns(t *testing.T) {
	mem := arrowtest.Allocator(t)
	r := array.NewRecordBatch(schemas.New().Arrow(), nil, 5)
	defer r.Release()
	got, err := take.Record(t.Context(), mem, r, []int32{1, 3})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	if got.NumRows() != 2 {
		t.Errorf("%d rows, want 2", got.NumRows())
	}
}
