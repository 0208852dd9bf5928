package payload

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/engine/codec"
)

// Writer writes the payloads of rows.
type Writer struct {
	Format string // in the codes and messages of failures

	// Refuse says why a payload cannot stand in a file; nil takes all.
	Refuse func(payload []byte) string
	End    string // behind each payload in a file
}

var _ codec.FrameEncoder = (*Writer)(nil)

// Begin implements codec.Encoder: nothing stands before the first row.
func (w *Writer) Begin(dst []byte) []byte { return dst }

// Finish implements codec.Encoder: nothing stands behind the last row.
func (w *Writer) Finish(dst []byte) []byte { return dst }

// Encode implements codec.Encoder.
func (w *Writer) Encode(dst []byte, r arrow.RecordBatch) (out []byte, failed []codec.RowFailure) {
	values := r.Column(0).(array.BinaryLike)
	for row := range int(r.NumRows()) {
		if values.IsNull(row) {
			failed = append(failed, w.null(row))
			continue
		}
		before := len(dst)
		dst = append(dst, bytesOf(values, row)...)
		if w.Refuse != nil {
			if why := w.Refuse(dst[before:]); why != "" {
				dst = dst[:before]
				failed = append(failed, codec.RowFailure{Row: row, Code: w.Format + "-line", Message: Name + ": " + why})
				continue
			}
		}
		dst = append(dst, w.End...)
	}
	return dst, failed
}

// EncodeFrames implements codec.FrameEncoder: a frame holds whatever a payload does.
func (w *Writer) EncodeFrames(dst []byte, ends []int, r arrow.RecordBatch) ([]byte, []int, []codec.RowFailure) {
	values := r.Column(0).(array.BinaryLike)
	var failed []codec.RowFailure
	for row := range int(r.NumRows()) {
		if values.IsNull(row) {
			failed = append(failed, w.null(row))
		} else {
			dst = append(dst, bytesOf(values, row)...)
		}
		ends = append(ends, len(dst))
	}
	return dst, ends, failed
}

func (w *Writer) null(row int) codec.RowFailure {
	return codec.RowFailure{Row: row, Code: w.Format + "-null", Message: Name + ": null; the format " + w.Format + " has no null"}
}

// bytesOf is the value of a row; it is shared.
func bytesOf(values array.BinaryLike, row int) []byte {
	return values.ValueBytes()[values.ValueOffset64(row)-values.ValueOffset64(0):][:values.ValueLen(row)]
}
