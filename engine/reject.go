package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	jsoncodec "github.com/iggy-flow/iggy-flow/engine/codec/json"
)

// rejector turns rejections into rows of the dead letter, or, without one, into the error that ends the pipeline.
type rejector struct {
	pipeline string
	document string // its version
	mem      memory.Allocator
	edge     *edge // to the dead letter; nil without one
	now      func() time.Time
	redact   func(string) string
	ratio    *ratioWatch
}

// Reject implements the rejecting half of Sink.
func (r *rejector) Reject(ctx context.Context, site Site, b *Batch, rows []Rejection) error {
	if r.edge == nil {
		first := rows[0]
		split, ordinal := b.Origin.At(first.Row)
		return r.refuse(site, first.Code, first.Message, first.Range.String(), split, ordinal, len(rows))
	}
	w := r.writer(site)
	defer w.release()
	records, _ := jsoncodec.Format().NewEncoder(b.Schema)
	for _, row := range rows {
		l := letter{code: row.Code, message: row.Message, at: row.Range.String(), attempts: row.Attempts, since: row.Since}
		l.split, l.ordinal = b.Origin.At(row.Row)
		l.record = rowText(records, b.Columns, row.Row)
		if b.Originals != nil {
			if o, ok := b.Originals.Original(l.split, l.ordinal); ok {
				l.original = o
			}
		}
		if l.original.Meta == nil {
			l.original.Meta = metaText(b.Meta, row.Row)
		}
		if err := w.add(ctx, l); err != nil {
			return err
		}
	}
	r.ratio.add(len(rows))
	return w.flush(ctx)
}

// RejectRaw implements the rejecting half of Sink.
func (r *rejector) RejectRaw(ctx context.Context, site Site, rows []RawRejection) error {
	if r.edge == nil {
		first := rows[0]
		return r.refuse(site, first.Code, first.Message, "", first.Split, first.Ordinal, len(rows))
	}
	w := r.writer(site)
	defer w.release()
	for _, row := range rows {
		l := letter{code: row.Code, message: row.Message, split: row.Split, ordinal: row.Ordinal, original: row.Original}
		if err := w.add(ctx, l); err != nil {
			return err
		}
	}
	r.ratio.add(len(rows))
	return w.flush(ctx)
}

func (r *rejector) writer(site Site) *letterWriter {
	return &letterWriter{rejector: r, site: site, now: r.now().UTC(), builder: array.NewRecordBuilder(r.mem, deadLetterSchema.Arrow())}
}

// rowText is a row as JSON, nil where it has a value that JSON lacks, or a nil encoder says that its columns have.
func rowText(encoder codec.Encoder, columns arrow.RecordBatch, row int) []byte {
	if encoder == nil {
		return nil
	}
	one := columns.NewSlice(int64(row), int64(row)+1)
	defer one.Release()
	text, failed := encoder.Encode(nil, one)
	if len(failed) > 0 {
		return nil
	}
	return bytes.TrimRight(text, "\n")
}

// metaText is a row of the meta that a batch has, as JSON; nil where it has none. Fields of components' own begin with $.
func metaText(meta arrow.RecordBatch, row int) []byte {
	values := map[string]any{}
	for i, f := range meta.Schema().Fields() {
		if !strings.HasPrefix(f.Name, "$") {
			values[f.Name] = meta.Column(i).GetOneForMarshal(row)
		}
	}
	if len(values) == 0 {
		return nil
	}
	text, err := json.Marshal(values)
	if err != nil {
		return nil
	}
	return text
}

// RejectedError ends a pipeline that has no dead letter at its first bad record.
type RejectedError struct {
	Site    Site
	Code    string
	Message string
	At      string // file:line:column in the document; may be empty
	Split   string
	Ordinal int64
	More    int // further records of the same batch
}

// Error names the record by its origin and says what would have let the pipeline go on.
func (e *RejectedError) Error() string {
	var b strings.Builder
	if e.At != "" {
		b.WriteString(e.At + ": ")
	}
	fmt.Fprintf(&b, "%s rejected record %d of %s: %s [%s]", e.Site.Path, e.Ordinal+1, e.Split, e.Message, e.Code)
	if e.More > 0 {
		fmt.Fprintf(&b, "; %d more in its batch", e.More)
	}
	b.WriteString("; without a `dead_letter` the pipeline stops at the first bad record: mend it, or add one such as `dead_letter: {file: dead.ndjson}`")
	return b.String()
}

func (r *rejector) refuse(site Site, code, message, at, split string, ordinal int64, rows int) error {
	return Permanent(&RejectedError{Site: site, Code: code, Message: r.redact(message), At: at, Split: split, Ordinal: ordinal, More: rows - 1})
}
