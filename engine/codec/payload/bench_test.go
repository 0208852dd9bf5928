package payload_test

import (
	"bytes"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine/codec"
)

// BenchmarkDecode reads lines and messages of 256 bytes.
func BenchmarkDecode(b *testing.B) {
	const rows = 8192
	line := append(bytes.Repeat([]byte{'x'}, 255), '\n')
	data := bytes.Repeat(line, rows)
	for name, run := range map[string]func(codec.FrameDecoder){
		"text/lines":    func(d codec.FrameDecoder) { _, _ = d.Decode(data[:len(data)-codec.Padding], false) },
		"text/messages": func(d codec.FrameDecoder) { messages(d, line) },
		"raw/messages":  func(d codec.FrameDecoder) { messages(d, line) },
	} {
		b.Run(name, func(b *testing.B) {
			f := formats[name[:bytes.IndexByte([]byte(name), '/')]]
			d, err := f.NewDecoder(codec.DecodeOptions{Mem: memory.NewGoAllocator(), Schema: f.Columns, MaxBytes: 1 << 28})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				run(d.(codec.FrameDecoder))
				d.Flush().Record.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
		})
	}
}

func messages(d codec.FrameDecoder, line []byte) {
	for range 8192 {
		d.DecodeFrame(line[:255])
	}
}
