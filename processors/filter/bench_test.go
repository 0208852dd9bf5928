package filter_test

import (
	"fmt"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/processors/filter"
)

func BenchmarkFilter(b *testing.B) {
	for _, rows := range []int{64, 1024, 8192} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			batch := enginetest.Orders(b, rows)
			defer batch.Release()
			stage := enginetest.Processor(b, filter.Register, `filter: status == "paid" && total >= 100`, nil)
			b.SetBytes(batch.Bytes())
			b.ReportAllocs()
			for b.Loop() {
				batch.Retain() // Process takes its batch
				stage.Process(b, batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
		})
	}
}
