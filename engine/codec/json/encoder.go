package json

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var _ codec.Encoder = (*encoder)(nil)

// encoder writes one object a line, its members in the order of the schema, nulls as null.
type encoder struct {
	columns []*writer
	perRow  int     // bytes of the last row written, for the room that the next batch needs
	check   decoder // validates the text of json columns
	trouble problem
}

// problem is why a row cannot be written.
type problem struct {
	code   string
	column *writer
	note   string
}

// newEncoder returns an encoder of batches that have the columns of s.
func newEncoder(s *schemas.Schema) (codec.Encoder, error) {
	if err := check(s); err != nil {
		return nil, err
	}
	e := &encoder{columns: newWriters(s.Fields(), nil), check: decoder{newlines: true}}
	e.check.options.MaxDepth = maxLevels
	return e, nil
}

// Begin implements codec.Encoder: nothing stands before the first row.
func (e *encoder) Begin(dst []byte) []byte { return dst }

// Finish implements codec.Encoder: nothing stands behind the last row.
func (e *encoder) Finish(dst []byte) []byte { return dst }

// Encode implements codec.Encoder. Columns of other types than the schema's are a mistake of the program and panic.
func (e *encoder) Encode(dst []byte, r arrow.RecordBatch) (out []byte, failed []codec.RowFailure) {
	for i, w := range e.columns {
		w.bind(r.Column(i).Data(), 0)
	}
	defer e.unbind()
	rows := int(r.NumRows())
	dst = slices.Grow(dst, rows*e.perRow)
	before := len(dst)
	for row := range rows {
		start := len(dst)
		dst = e.object(dst, e.columns, row)
		if e.trouble.code != "" {
			failed = append(failed, e.trouble.failure(row))
			dst, e.trouble = dst[:start], problem{}
			continue
		}
		dst = append(dst, '\n')
	}
	if rows > 0 {
		e.perRow = (len(dst)-before)/rows + 1
	}
	return dst, failed
}

// unbind lets go of the batch.
func (e *encoder) unbind() {
	for _, w := range e.columns {
		w.unbind()
	}
}

// object appends row of the columns as an object.
func (e *encoder) object(b []byte, columns []*writer, row int) []byte {
	if len(columns) == 0 {
		return append(b, "{}"...)
	}
	for _, w := range columns {
		b = e.value(w.appendKey(b), w, row)
	}
	return append(b, '}')
}

// appendKey appends the key: most as two words, whatever they hold behind it.
func (w *writer) appendKey(b []byte) []byte {
	n := len(b)
	if len(w.key) > 16 || n+16 > cap(b) {
		return append(b, w.key...)
	}
	p := pointer(&b[:n+1][n])
	putWord(p, w.words[0])
	putWord(at(p, 8), w.words[1])
	return b[:n+len(w.key)]
}

// fail notes why the row cannot be written; the first reason is kept.
func (e *encoder) fail(code string, w *writer, note string) {
	if e.trouble.code == "" {
		e.trouble = problem{code, w, note}
	}
}

func (p problem) failure(row int) codec.RowFailure {
	return codec.RowFailure{Row: row, Code: p.code, Message: p.column.path() + ": " + p.note}
}
