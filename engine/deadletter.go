package engine

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// DeadLetterSchema is the shape of what reaches a dead letter: one row for each rejected record.
func DeadLetterSchema() *schemas.Schema { return deadLetterSchema }

var deadLetterSchema = schemas.New(
	schemas.Field{Name: "pipeline", Type: schemas.Of(schemas.String), Required: true, Doc: "the document's name"},
	schemas.Field{Name: "document", Type: schemas.Of(schemas.String), Required: true, Doc: "version of the document: a hash of its text, without secrets, and of the values of its vars"},
	schemas.Field{Name: "component", Type: schemas.Of(schemas.String), Required: true, Doc: "path of the component that rejected the record"},
	schemas.Field{Name: "class", Type: schemas.Of(schemas.String), Required: true, Doc: "kind of the reason: " + strings.Join(Classes(), ", ")},
	schemas.Field{Name: "code", Type: schemas.Of(schemas.String), Required: true, Doc: "stable name of the reason"},
	schemas.Field{Name: "error", Type: schemas.Of(schemas.String), Required: true, Doc: "the reason, for people"},
	schemas.Field{Name: "at", Type: schemas.Of(schemas.String), Doc: "file:line:column of the expression or field"},
	schemas.Field{Name: "split", Type: schemas.Of(schemas.String), Required: true, Doc: "part of the input that the record came from"},
	schemas.Field{Name: "ordinal", Type: schemas.Of(schemas.Int64), Required: true, Doc: "number of the record in its split, from 0"},
	schemas.Field{Name: "attempts", Type: schemas.Of(schemas.Int64), Required: true, Doc: "how often it was tried, replays included"},
	schemas.Field{Name: "first_time", Type: schemas.Of(schemas.Timestamp), Required: true, Doc: "when it was tried first"},
	schemas.Field{Name: "time", Type: schemas.Of(schemas.Timestamp), Required: true, Doc: "when it was rejected"},
	schemas.Field{Name: "meta", Type: schemas.Of(schemas.JSON), Doc: "what the input knows of the record"},
	schemas.Field{Name: "record", Type: schemas.Of(schemas.JSON), Doc: "the record as it entered the component"},
	schemas.Field{Name: "raw", Type: schemas.Of(schemas.String), Doc: "the record's bytes as the input read them, when they are text"},
	schemas.Field{Name: "raw_base64", Type: schemas.Of(schemas.String), Doc: "the same when they are not"},
	schemas.Field{Name: "raw_cut", Type: schemas.Of(schemas.Bool), Doc: "true where these are only its first bytes: the record is larger than the input takes"},
)

// The limits of a dead letter. What a component says of a record is bounded, and so is a batch of letters, whose bytes
// may be those of many large records.
const (
	maxMessage  = 4 << 10
	letterBytes = 512 << 10
)

// letter is one row of the dead letter.
type letter struct {
	code, message, at, split string
	ordinal                  int64
	attempts                 int
	since                    time.Time
	record                   []byte
	original                 Original
}

// letterWriter gathers letters of one component into batches of about letterBytes.
type letterWriter struct {
	*rejector
	site    Site
	now     time.Time
	builder *array.RecordBuilder
	origin  Origin
	bytes   int
}

func (w *letterWriter) release() { w.builder.Release() }

// add appends l, and sends what was gathered when that is enough.
func (w *letterWriter) add(ctx context.Context, l letter) error {
	o := l.original
	split, ordinal, since := l.split, l.ordinal, l.since
	if o.Split != "" {
		split, ordinal = o.Split, o.Ordinal
	}
	if !o.Since.IsZero() {
		since = o.Since
	}
	if since.IsZero() {
		since = w.now
	}
	rawText := o.Raw != nil && utf8.Valid(o.Raw) && bytes.IndexByte(o.Raw, 0) < 0 // not every target takes NUL in a text
	row := rowBuilder{builder: w.builder}
	row.text(w.pipeline)
	row.text(w.document)
	row.text(w.site.Path)
	row.text(ClassOf(w.site, l.code))
	row.text(l.code)
	row.text(clipMessage(w.redact(l.message)))
	row.optional(l.at, l.at != "")
	row.text(split)
	row.number(ordinal)
	row.number(int64(max(l.attempts, 1) + o.Attempts))
	row.time(since)
	row.time(w.now)
	row.optional(string(o.Meta), o.Meta != nil)
	row.optional(string(l.record), l.record != nil)
	row.optional(string(o.Raw), rawText)
	row.optional(base64.StdEncoding.EncodeToString(o.Raw), o.Raw != nil && !rawText)
	row.flag(o.Cut)
	w.origin = w.origin.push(l.split, l.ordinal, 1)
	if w.bytes += len(o.Raw) + len(l.record) + len(o.Meta) + maxMessage/4; w.bytes < letterBytes {
		return nil
	}
	return w.flush(ctx)
}

// flush sends what was gathered. It waits while the dead letter is slow or down: nothing overtakes a rejected record.
func (w *letterWriter) flush(ctx context.Context) error {
	if w.bytes == 0 {
		return nil
	}
	b := NewBatch(deadLetterSchema, w.builder.NewRecordBatch(), nil, w.origin)
	w.origin, w.bytes = nil, 0
	return w.edge.send(ctx, b)
}

// clipMessage bounds a message and makes it valid text.
func clipMessage(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= maxMessage {
		return s
	}
	const dots = "…"
	s = s[:maxMessage-len(dots)]
	return strings.ToValidUTF8(s, "") + dots
}

// rowBuilder appends the fields of a row, in their order.
type rowBuilder struct {
	builder *array.RecordBuilder
	at      int
}

func (r *rowBuilder) next() array.Builder {
	r.at++
	return r.builder.Field(r.at - 1)
}

func (r *rowBuilder) text(s string) {
	r.next().(*array.StringBuilder).Append(strings.ToValidUTF8(s, "\ufffd"))
}
func (r *rowBuilder) number(n int64) { r.next().(*array.Int64Builder).Append(n) }
func (r *rowBuilder) time(t time.Time) {
	r.next().(*array.TimestampBuilder).AppendTime(t.UTC().Truncate(time.Microsecond))
}

// flag appends true, or nothing.
func (r *rowBuilder) flag(on bool) {
	b := r.next().(*array.BooleanBuilder)
	if on {
		b.Append(true)
	} else {
		b.AppendNull()
	}
}

func (r *rowBuilder) optional(s string, valid bool) {
	b := r.next().(*array.StringBuilder)
	if valid {
		b.Append(s)
	} else {
		b.AppendNull()
	}
}
