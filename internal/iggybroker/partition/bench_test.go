package partition_test

import (
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

func BenchmarkAppend(b *testing.B) {
	const messages = 1000
	l := open(b, b.TempDir(), partition.Options{SegmentBytes: 64 << 20})
	batch := make([]message, messages)
	for i := range batch {
		batch[i] = message{payload: strings.Repeat("x", 256), id: uint64(i + 1)}
	}
	buf, start := frame(batch...)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Append(buf, start, messages, 1); err != nil {
			b.Fatal(err)
		}
		if _, err := l.DeleteSegments(1); err != nil { // the disk is not what is measured
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*messages/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkRead(b *testing.B) {
	const messages = 1000
	l := open(b, b.TempDir(), partition.Options{SegmentBytes: 64 << 20})
	batch := make([]message, messages)
	for i := range batch {
		batch[i] = message{payload: strings.Repeat("x", 256), id: uint64(i + 1)}
	}
	for range 100 {
		appendTo(b, l, 1, batch...)
	}
	var view partition.View
	b.ReportAllocs()
	for b.Loop() {
		l.Read(&view, 50*messages+messages/2, messages) // in the middle of two batches: the worst case
		if err := view.Release(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*messages/b.Elapsed().Seconds(), "messages/s")
}
