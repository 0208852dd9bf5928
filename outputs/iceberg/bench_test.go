package iceberg_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var measured = schemas.New(
	schemas.Field{Name: "id", Type: schemas.Of(schemas.Int64)},
	schemas.Field{Name: "region", Type: schemas.Of(schemas.String)},
	schemas.Field{Name: "total", Type: schemas.Of(schemas.Double)},
	schemas.Field{Name: "customer", Type: schemas.Of(schemas.String)},
	schemas.Field{Name: "at", Type: schemas.Of(schemas.Timestamp)},
	schemas.Field{Name: "ok", Type: schemas.Of(schemas.Bool)},
	schemas.Field{Name: "quantity", Type: schemas.Of(schemas.Int64)},
	schemas.Field{Name: "note", Type: schemas.Of(schemas.String)},
)

func measuredBatch(rows, tables int) *engine.Batch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, measured.Arrow())
	defer b.Release()
	for i := range rows {
		mixed := i * 7919 % 100003
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint(mixed % tables))
		b.Field(2).(*array.Float64Builder).Append(float64(mixed) / 100)
		b.Field(3).(*array.StringBuilder).Append(fmt.Sprintf("c%06d", mixed))
		b.Field(4).(*array.TimestampBuilder).Append(1_760_000_000_000_000)
		b.Field(5).(*array.BooleanBuilder).Append(mixed%2 == 0)
		b.Field(6).(*array.Int64Builder).Append(int64(mixed % 20))
		b.Field(7).(*array.StringBuilder).Append(fmt.Sprintf("order number %d", i))
	}
	return engine.NewBatch(measured, b.NewRecordBatch(), nil, engine.Records("a", 0, rows, nil))
}

// BenchmarkWrite writes 64 batches and takes a checkpoint.
func BenchmarkWrite(b *testing.B) {
	const rows, batches = 8192, 64
	for _, tables := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("tables=%d", tables), func(b *testing.B) {
			p := newPipeline(b, b.TempDir(), "r1")
			p.mem, p.schema = memory.DefaultAllocator, measured
			p.route(`"shop.orders_" + region`)
			proc := p.mustOpen()
			defer proc.die()
			batch := measuredBatch(rows, tables)
			defer batch.Release()
			b.SetBytes(batch.Bytes() * batches)
			b.ReportAllocs()
			for b.Loop() {
				for range batches {
					batch.Retain()
					proc.account.Receive(rows)
					if err := proc.out.Write(b.Context(), batch, proc.account); err != nil {
						b.Fatal(err)
					}
				}
				proc.checkpoint()
			}
			b.ReportMetric(float64(b.N*rows*batches)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
