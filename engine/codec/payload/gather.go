package payload

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Bounds on what options may ask for: the column's offsets have 32 bits.
const (
	maxBatchBytes = 1 << 29
	maxFrameBytes = 1 << 30
)

const (
	maxRaw   = 64 << 10 // bytes of a failed frame that are kept
	overhead = 64       // about what a row or failure takes beside its bytes
	firstRow = 256      // rows that a batch makes room for
)

// Gatherer makes a column of frames.
type Gatherer struct {
	Options codec.DecodeOptions // with its defaults, within the bounds of a column

	builder array.Builder        // nil before the first row of a batch
	append  *array.BinaryBuilder // of builder
	rows    int
	bytes   int
	frames  int
	failed  []codec.Failure
}

// NewGatherer returns a gatherer for o, whose schema was checked.
func NewGatherer(o codec.DecodeOptions) Gatherer {
	o = o.Defaults()
	o.MaxBytes, o.MaxFrame = min(o.MaxBytes, maxBatchBytes), min(o.MaxFrame, maxFrameBytes)
	return Gatherer{Options: o}
}

// Add takes frame as a row. Its bytes are copied.
func (g *Gatherer) Add(frame []byte) {
	if g.builder == nil {
		if g.Options.Schema.Field(0).Type.Kind == schemas.String {
			b := array.NewStringBuilder(g.Options.Mem)
			g.builder, g.append = b, b.BinaryBuilder
		} else {
			b := array.NewBinaryBuilder(g.Options.Mem, arrow.BinaryTypes.Binary)
			g.builder, g.append = b, b
		}
		g.builder.Reserve(min(firstRow, g.Options.MaxRows))
	}
	g.append.Append(frame)
	g.rows++
	g.frames++
	g.bytes += len(frame) + overhead
}

// Fail takes frame as a failure.
func (g *Gatherer) Fail(frame []byte, code, message string) {
	raw := append([]byte(nil), frame[:min(len(frame), maxRaw, g.Options.MaxFrame)]...)
	g.failed = append(g.failed, codec.Failure{
		Frame: g.frames, Raw: raw, Cut: len(raw) < len(frame) || len(frame) > g.Options.MaxFrame, Code: code, Message: message,
	})
	g.frames++
	g.bytes += len(raw) + overhead
}

// TooLong takes what frame begins with as a failure.
func (g *Gatherer) TooLong(frame []byte) {
	g.Fail(frame, "frame-too-long", fmt.Sprintf("the record is longer than %d bytes", g.Options.MaxFrame))
	g.failed[len(g.failed)-1].Cut = true // of its end nothing may have come yet
}

// Held implements codec.Decoder.
func (g *Gatherer) Held() (frames int, full bool) { return g.frames, g.Full() }

// Full reports whether the batch has its rows or its bytes.
func (g *Gatherer) Full() bool { return g.rows >= g.Options.MaxRows || g.bytes >= g.Options.MaxBytes }

// Flush implements codec.Decoder. The caller owns the record.
func (g *Gatherer) Flush() codec.Rows {
	out := codec.Rows{Schema: g.Options.Schema, Frames: g.frames, Failed: g.failed}
	if g.builder != nil {
		column := g.builder.NewArray()
		out.Record = array.NewRecordBatch(g.Options.Schema.Arrow(), []arrow.Array{column}, int64(g.rows))
		column.Release()
		g.builder.Release()
	}
	*g = Gatherer{Options: g.Options}
	return out
}
