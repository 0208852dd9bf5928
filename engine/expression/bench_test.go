package expression_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/arrowpool"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var eventSchema = schemas.New(
	schemas.Field{Name: "ts", Type: schemas.Of(schemas.Timestamp)},
	schemas.Field{Name: "event", Type: schemas.Of(schemas.String)},
	schemas.Field{Name: "region", Type: schemas.Of(schemas.String)},
	schemas.Field{Name: "status", Type: schemas.Of(schemas.Int32)},
	schemas.Field{Name: "latency_ms", Type: schemas.Of(schemas.Double)},
	schemas.Field{Name: "bytes", Type: schemas.Of(schemas.Int64)},
	schemas.Field{Name: "device", Type: schemas.StructOf(
		schemas.Field{Name: "os", Type: schemas.Of(schemas.String)}, schemas.Field{Name: "version", Type: schemas.Of(schemas.String)},
	)},
)

// events are rows as a web shop's servers log them: some values are null, and one status in twelve is an error.
func events(mem memory.Allocator, rows int) arrow.RecordBatch {
	b := array.NewRecordBuilder(mem, eventSchema.Arrow())
	defer b.Release()
	random := uint32(42)
	next := func(n int) int {
		random = random*1664525 + 1013904223
		return int(random>>16) % n
	}
	for i := range rows {
		b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(1_767_225_600_000_000 + int64(i)*37_000_123))
		b.Field(1).(*array.StringBuilder).Append([]string{"page_view", "click", "purchase", "sign_up", "search"}[next(5)])
		b.Field(2).(*array.StringBuilder).Append([]string{"eu", "us", "ap", "sa", "af"}[next(5)])
		b.Field(3).(*array.Int32Builder).Append(int32([]int{200, 200, 200, 201, 204, 301, 304, 400, 401, 404, 429, 500}[next(12)]))
		if next(50) == 0 {
			b.Field(4).AppendNull()
		} else {
			b.Field(4).(*array.Float64Builder).Append(float64(next(40000)) / 100)
		}
		b.Field(5).(*array.Int64Builder).Append(int64(next(60000)))
		device := b.Field(6).(*array.StructBuilder)
		if next(20) == 0 {
			device.AppendNull()
			continue
		}
		device.Append(true)
		device.FieldBuilder(0).(*array.StringBuilder).Append([]string{"android", "ios", "linux", "windows"}[next(4)])
		device.FieldBuilder(1).(*array.StringBuilder).Append(fmt.Sprint(next(20)))
	}
	return b.NewRecordBatch()
}

const filterF1 = `status >= 500 && latency_ms * 1.5 > 200.0 && region in ["eu","us"]`

var mappingM6 = []string{
	`latency_ms * 1.5 + bytes / 1024.0`,
	`region + "/" + event`,
	`upper(event)`,
	`status >= 500 ? "error" : status >= 400 ? "client" : "ok"`,
	`device.os ?? "unknown"`,
	`ts.Format("2006-01-02T15:00:00Z")`,
}

var sizes = []int{64, 1024, 8192}

func BenchmarkFilter(b *testing.B) {
	for _, rows := range sizes {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			in, ev := prepare(b, rows, filterF1)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := ev.Select(context.Background(), in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
		})
	}
}

func BenchmarkMapping(b *testing.B) {
	for _, rows := range sizes {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) { benchmarkEval(b, rows, mappingM6...) })
	}
	for i, name := range []string{"cost", "route", "upper", "class", "os", "hour"} {
		b.Run(name, func(b *testing.B) { benchmarkEval(b, 8192, mappingM6[i]) })
	}
}

// BenchmarkFallback is what a part without a kernel costs.
func BenchmarkFallback(b *testing.B) {
	for name, text := range map[string]string{"split": `split(event, "_")`, "any": `any([status, 7], # > 400)`} {
		b.Run(name, func(b *testing.B) { benchmarkEval(b, 8192, text) })
	}
}

func benchmarkEval(b *testing.B, rows int, texts ...string) {
	in, ev := prepare(b, rows, texts...)
	b.ReportAllocs()
	for b.Loop() {
		out, _, err := ev.Eval(context.Background(), in)
		if err != nil {
			b.Fatal(err)
		}
		for _, a := range out {
			a.Release()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}

func prepare(b *testing.B, rows int, texts ...string) (expression.Rows, *expression.Evaluator) {
	b.Helper()
	mem := arrowpool.New() // what pipelines run with
	exprs := make([]dsl.Expression, len(texts))
	for i, text := range texts {
		exprs[i] = dsl.NewExpression(fmt.Sprint("expression ", i), text)
	}
	p, ds := expression.Compile(expression.Scope{Columns: eventSchema}, exprs...)
	if p == nil {
		b.Fatal(ds.Render())
	}
	record := events(mem, rows)
	b.Cleanup(record.Release)
	return expression.Rows{Columns: record}, p.NewEvaluator(mem)
}
