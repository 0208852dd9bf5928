package cast_test

import (
	"fmt"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/processors/cast"
)

func BenchmarkCast(b *testing.B) {
	for _, line := range []string{`cast: {quantity: int64}`, `cast: {total: "decimal(12,2)"}`, `cast: {price: double}`, `cast: {ts: string}`, `cast: {total: string}`} {
		for _, rows := range []int{64, 8192} {
			b.Run(fmt.Sprintf("%s/rows=%d", line[len("cast: "):], rows), func(b *testing.B) {
				batch := enginetest.Orders(b, rows)
				defer batch.Release()
				stage := enginetest.Processor(b, cast.Register, line, nil)
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
}
