package codec

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// Padding is how many bytes behind the end of a decoder's data must be readable, whatever they hold: decoders load words.
const Padding = 64

// Unknown says what a decoder does with a field that its schema lacks.
type Unknown uint8

// The policies for unknown fields.
const (
	IgnoreUnknown Unknown = iota // skipped and counted
	RejectUnknown                // the record fails
	KeepUnknown                  // a new column is inferred and added: what follows carries it
)

// DecodeOptions say what a decoder makes of its frames.
type DecodeOptions struct {
	Mem      memory.Allocator
	Schema   *schemas.Schema // closed; the decoder's columns, in this order
	Unknown  Unknown
	MaxRows  int // rows of a batch; Decode stops there
	MaxBytes int // decoded bytes of a batch, about; Decode stops there
	MaxFrame int // bytes of one frame; a longer one fails and is skipped
	MaxDepth int // nesting; a deeper frame fails
}

// Defaults fills in the limits that are zero: 8,192 rows, 2 MiB, frames of 16 MiB, 100 levels.
func (o DecodeOptions) Defaults() DecodeOptions {
	set := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	set(&o.MaxRows, 8192)
	set(&o.MaxBytes, 2<<20)
	set(&o.MaxFrame, 16<<20)
	set(&o.MaxDepth, 100)
	return o
}

// Failure is a frame that is no record of the schema.
type Failure struct {
	Frame   int    // index among the frames of its Rows
	Raw     []byte // the frame's bytes, copied; cut at 64 KiB
	Cut     bool   // Raw is not all of them
	Code    string // stable, kebab-case: "json-syntax", "json-type", "null-in-required", ...
	Message string // what was found and expected, with the column's name where there is one
}

// Rows is what a decoder gathered between two calls of Flush.
type Rows struct {
	Record  arrow.RecordBatch // owned by the caller; nil when no frame became a row
	Schema  *schemas.Schema   // of Record: the options' schema, or one with columns added behind it
	Frames  int               // frames taken: rows and failures
	Failed  []Failure         // ascending by Frame
	Unknown int64             // fields that the schema lacks and that were skipped
}

// Decoder turns the bytes of one split into rows. It is not safe for concurrent use.
type Decoder interface {
	// Decode takes whole frames from data until the batch is full or data holds no further whole frame, and returns how
	// many bytes it took; those it did not take stand at the front of the next call's data. With last, no byte follows
	// data, and a frame may end there; what is wrong with the end itself is said by the call that takes the last byte, or
	// by one without any. Padding bytes behind data are
	// readable; data is not kept after Flush. A frame that is no record becomes a Failure. The error is for bytes that
	// cannot be split into frames any more, such as a JSON array without its comma: nothing behind them can be read.
	Decode(data []byte, last bool) (n int, err error)

	// Held is the number of frames taken since the last Flush, and whether the batch is full.
	Held() (frames int, full bool)

	// Flush returns what was gathered and begins a new batch.
	Flush() Rows

	// State is the framing state behind the last frame taken: what Restore needs to go on from that very byte. It is
	// small, and empty at the beginning of a split.
	State() []byte

	// Restore puts a fresh decoder into a state that State returned. A state it cannot read is an error.
	Restore(state []byte) error
}

// RowFailure is a row that an encoder cannot write.
type RowFailure struct {
	Row     int
	Code    string
	Message string
}

// Encoder writes rows as bytes. It is not safe for concurrent use.
type Encoder interface {
	// Begin appends what stands before the first row of a file.
	Begin(dst []byte) []byte

	// Encode appends the rows of r, which it borrows, but for those in failed (ascending), which leave no bytes.
	Encode(dst []byte, r arrow.RecordBatch) (out []byte, failed []RowFailure)

	// Finish appends what stands behind the last row of a file.
	Finish(dst []byte) []byte
}

// SampleLimits bound the bytes and rows that inference looks at.
type SampleLimits struct {
	Bytes int // 8 MiB by default
	Rows  int // 50,000 by default
}

// FrameDecoder is a decoder that takes frames whose bounds the source knows, such as the messages of a broker.
type FrameDecoder interface {
	Decoder

	// DecodeFrame takes the bytes of frame as exactly one frame, whatever they hold. Padding bytes behind it are readable;
	// the first of them is overwritten for the time of the call. It is not mixed with Decode, and not called while the
	// batch is full.
	DecodeFrame(frame []byte)
}

// FrameEncoder is an encoder that writes rows as frames whose bounds the target keeps, such as the messages of a broker:
// what would part two rows in a file may stand in them.
type FrameEncoder interface {
	Encoder

	// EncodeFrames appends the bytes of the rows of r, which it borrows, to dst, and to ends where in out each row's bytes
	// end. Rows in failed (ascending) leave no bytes, but have an end.
	EncodeFrames(dst []byte, ends []int, r arrow.RecordBatch) (out []byte, allEnds []int, failed []RowFailure)
}
