package iceberg_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/internal/iceberg"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// measured has the eight columns that the notes on iceberg-go were measured with.
var measured = schemas.New(
	schemas.Field{Name: "id", Type: schemas.Of(schemas.String)},
	schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)},
	schemas.Field{Name: "x", Type: schemas.Of(schemas.Double)},
	schemas.Field{Name: "ok", Type: schemas.Of(schemas.Bool)},
	schemas.Field{Name: "at", Type: schemas.Of(schemas.Timestamp)},
	schemas.Field{Name: "meta", Type: schemas.StructOf(
		schemas.Field{Name: "host", Type: schemas.Of(schemas.String)}, schemas.Field{Name: "status", Type: schemas.Of(schemas.Int32)})},
	schemas.Field{Name: "tags", Type: schemas.ListOf(schemas.Of(schemas.String))},
	schemas.Field{Name: "region", Type: schemas.Of(schemas.String)},
)

func measuredRows(rows int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, measured.Arrow())
	defer b.Release()
	r := rand.New(rand.NewPCG(1, 2))
	regions := []string{"eu", "us", "asia", "africa", "oceania"}
	for range rows {
		b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("%017x", r.Uint64()))
		b.Field(1).(*array.Int64Builder).Append(r.Int64N(1 << 40))
		b.Field(2).(*array.Float64Builder).Append(r.Float64() * 1000)
		b.Field(3).(*array.BooleanBuilder).Append(r.IntN(2) == 0)
		b.Field(4).(*array.TimestampBuilder).Append(arrow.Timestamp(1_760_000_000_000_000 + r.Int64N(7*86_400_000_000)))
		meta := b.Field(5).(*array.StructBuilder)
		meta.Append(true)
		meta.FieldBuilder(0).(*array.StringBuilder).Append(fmt.Sprintf("host-%03d", r.IntN(200)))
		meta.FieldBuilder(1).(*array.Int32Builder).Append(int32(200 + r.IntN(300)))
		tags := b.Field(6).(*array.ListBuilder)
		tags.Append(true)
		for range r.IntN(4) {
			tags.ValueBuilder().(*array.StringBuilder).Append(fmt.Sprintf("tag%d", r.IntN(30)))
		}
		b.Field(7).(*array.StringBuilder).Append(regions[r.IntN(len(regions))])
	}
	return b.NewRecordBatch()
}

func BenchmarkWriter(b *testing.B) {
	const rows = 1 << 19
	for _, size := range []int{1024, 8192, 65536} {
		b.Run(fmt.Sprintf("rows=%d", size), func(b *testing.B) {
			p := plan(b, measured, create(b, lake(b, b.TempDir()), "ns.events", measured))
			all := measuredRows(rows)
			defer all.Release()
			var bytes int64
			for _, c := range all.Columns() {
				bytes += int64(c.Data().SizeInBytes())
			}
			b.SetBytes(bytes)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				w := iceberg.NewWriter(memory.DefaultAllocator, settings, func(int) string { n++; return fmt.Sprintf("%d.parquet", n) })
				for from := 0; from < rows; from += size {
					part := all.NewSlice(int64(from), int64(from+size))
					conformed, _, err := p.Conform(b.Context(), memory.DefaultAllocator, part)
					part.Release()
					if err != nil {
						b.Fatal(err)
					}
					if err := w.Write(b.Context(), p, conformed, false); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := w.Files(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	cat := lake(b, b.TempDir())
	table := create(b, cat, "shop.orders", orders)
	var batches []iceberg.Batch
	for range 50 {
		batches = append(batches, batch(b, table, `{"id":1}`))
	}
	n := 0
	for b.Loop() {
		if n == len(batches) {
			b.StopTimer()
			batches = append(batches, batch(b, table, `{"id":1}`))
			b.StartTimer()
		}
		mustAppend(b, cat, appendOf(table, batches[n]))
		n++
	}
}
