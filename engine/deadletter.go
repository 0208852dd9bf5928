package engine

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// DeadLetterSchema is the shape of what reaches a dead letter: one row for each rejected record.
func DeadLetterSchema() *schemas.Schema { return deadLetterSchema }

var deadLetterSchema = schemas.New(
	schemas.Field{Name: "pipeline", Type: schemas.Of(schemas.String), Required: true, Doc: "the document's name"},
	schemas.Field{Name: "component", Type: schemas.Of(schemas.String), Required: true, Doc: "path of the component that rejected the record"},
	schemas.Field{Name: "code", Type: schemas.Of(schemas.String), Required: true, Doc: "stable name of the reason"},
	schemas.Field{Name: "error", Type: schemas.Of(schemas.String), Required: true, Doc: "the reason, for people"},
	schemas.Field{Name: "at", Type: schemas.Of(schemas.String), Doc: "file:line:column of the expression or field"},
	schemas.Field{Name: "split", Type: schemas.Of(schemas.String), Required: true, Doc: "part of the input that the record came from"},
	schemas.Field{Name: "ordinal", Type: schemas.Of(schemas.Int64), Required: true, Doc: "number of the record in its split, from 0"},
	schemas.Field{Name: "time", Type: schemas.Of(schemas.Timestamp), Required: true, Doc: "when it was rejected"},
	schemas.Field{Name: "record", Type: schemas.Of(schemas.JSON), Doc: "the record as it entered the component"},
	schemas.Field{Name: "raw", Type: schemas.Of(schemas.String), Doc: "the bytes that could not be decoded, when they are text"},
	schemas.Field{Name: "raw_base64", Type: schemas.Of(schemas.String), Doc: "the same when they are not"},
)

// rejector turns rejections into rows of the dead letter, or, without one, into the error that ends the pipeline.
type rejector struct {
	pipeline string
	mem      memory.Allocator
	edge     *edge // to the dead letter; nil without one
	now      func() time.Time
}

// letter is one row of the dead letter.
type letter struct {
	site                     Site
	code, message, at, split string
	ordinal                  int64
	record, raw              []byte
}

// Reject implements the rejecting half of Sink.
func (r *rejector) Reject(ctx context.Context, site Site, b *Batch, rows []Rejection) error {
	if r.edge == nil {
		first := rows[0]
		split, ordinal := b.Origin.At(first.Row)
		return r.refuse(site, first.Code, first.Message, first.Range.String(), split, ordinal, len(rows))
	}
	letters := make([]letter, len(rows))
	for i, row := range rows {
		split, ordinal := b.Origin.At(row.Row)
		letters[i] = letter{site: site, code: row.Code, message: row.Message, at: row.Range.String(), split: split, ordinal: ordinal, record: recordText(b, row.Row)}
	}
	return r.send(ctx, letters)
}

// RejectRaw implements the rejecting half of Sink.
func (r *rejector) RejectRaw(ctx context.Context, site Site, rows []RawRejection) error {
	if r.edge == nil {
		first := rows[0]
		return r.refuse(site, first.Code, first.Message, "", first.Split, first.Ordinal, len(rows))
	}
	letters := make([]letter, len(rows))
	for i, row := range rows {
		letters[i] = letter{site: site, code: row.Code, message: row.Message, split: row.Split, ordinal: row.Ordinal, raw: row.Raw}
	}
	return r.send(ctx, letters)
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
	return Permanent(&RejectedError{Site: site, Code: code, Message: message, At: at, Split: split, Ordinal: ordinal, More: rows - 1})
}

// recordText is the row as JSON, nil where it has a value that JSON lacks.
func recordText(b *Batch, row int) []byte {
	encoder, err := json.Format().NewEncoder(b.Schema)
	if err != nil {
		return nil
	}
	one := b.Columns.NewSlice(int64(row), int64(row)+1)
	defer one.Release()
	text, failed := encoder.Encode(nil, one)
	if len(failed) > 0 {
		return nil
	}
	return []byte(strings.TrimRight(string(text), "\n"))
}

func (r *rejector) send(ctx context.Context, letters []letter) error {
	fields := deadLetterSchema.Arrow()
	builder := array.NewRecordBuilder(r.mem, fields)
	defer builder.Release()
	now := r.now().UnixMicro()
	origin := make(Origin, 0, len(letters))
	for _, l := range letters {
		texts := []string{0: r.pipeline, 1: l.site.Path, 2: l.code, 3: l.message}
		for i, t := range texts {
			builder.Field(i).(*array.StringBuilder).Append(strings.ToValidUTF8(t, "\ufffd"))
		}
		optional(builder.Field(4), l.at, l.at != "")
		builder.Field(5).(*array.StringBuilder).Append(l.split)
		builder.Field(6).(*array.Int64Builder).Append(l.ordinal)
		builder.Field(7).(*array.TimestampBuilder).AppendTime(time.UnixMicro(now).UTC())
		optional(builder.Field(8), string(l.record), l.record != nil)
		text := utf8.Valid(l.raw)
		optional(builder.Field(9), string(l.raw), l.raw != nil && text)
		optional(builder.Field(10), base64.StdEncoding.EncodeToString(l.raw), l.raw != nil && !text)
		origin = origin.push(l.split, l.ordinal, 1)
	}
	return r.edge.send(ctx, NewBatch(deadLetterSchema, builder.NewRecordBatch(), nil, origin))
}

func optional(b array.Builder, text string, valid bool) {
	if valid {
		b.(*array.StringBuilder).Append(text)
	} else {
		b.AppendNull()
	}
}
