package switching_test

import (
	"fmt"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
)

func BenchmarkSwitch(b *testing.B) {
	for _, c := range []struct{ name, line string }{
		{"cases=3", `switch:
  - when: status == "paid"
    processors:
      - set: {total: total * 2}
  - when: total > 100
    processors:
      - set: {total: total * 3}
  - processors:
      - set: {total: total * 4}`},
		{"cases=1of2", `switch:
  - when: id > -1000
    processors:
      - set: {total: total * 2}
  - processors:
      - set: {total: total * 4}`},
	} {
		for _, rows := range []int{64, 1024, 8192} {
			b.Run(fmt.Sprintf("%s/rows=%d", c.name, rows), func(b *testing.B) {
				batch := enginetest.Orders(b, rows)
				defer batch.Release()
				stage := enginetest.Processor(b, register, c.line, nil)
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
