package letters

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/engine"
)

// sink hands on what the scanner makes of letters, with what the letters say of the records.
type sink struct {
	in  *Input
	out *engine.Out
}

// Emit implements engine.Sink.
func (s *sink) Emit(ctx context.Context, b *engine.Batch) error {
	b.Originals = &originals{first: s.in.head, letters: append([]*Letter(nil), s.in.held...)}
	return s.out.Emit(ctx, b)
}

// Reject implements engine.Sink.
func (s *sink) Reject(context.Context, engine.Site, *engine.Batch, []engine.Rejection) error {
	return errors.New("a scanner rejected rows: this is a bug in iggy-flow, please report it")
}

// RejectRaw implements engine.Sink.
func (s *sink) RejectRaw(ctx context.Context, _ engine.Site, rows []engine.RawRejection) error {
	known := &originals{first: s.in.head, letters: s.in.held}
	for i := range rows {
		if o, ok := known.Original(rows[i].Split, rows[i].Ordinal); ok {
			rows[i].Original = o
		}
	}
	return s.out.RejectRaw(ctx, rows)
}

// originals are the letters that a batch was made of. Nothing in them has to be given back.
type originals struct {
	first   int64
	letters []*Letter
}

var _ engine.Originals = (*originals)(nil)

// Retain implements engine.Originals.
func (o *originals) Retain() {}

// Release implements engine.Originals.
func (o *originals) Release() {}

// Bytes implements engine.Originals.
func (o *originals) Bytes() (n int64) {
	for _, l := range o.letters {
		n += int64(len(l.Meta) + len(l.Record) + len(l.Error))
		for _, text := range []*string{l.Text, l.Base64} {
			if text != nil {
				n += int64(len(*text))
			}
		}
	}
	return n
}

// Original implements engine.Originals: the record is what it was when it was rejected first.
func (o *originals) Original(from string, ordinal int64) (engine.Original, bool) {
	at := ordinal - o.first
	if from != split || at < 0 || at >= int64(len(o.letters)) {
		return engine.Original{}, false
	}
	l := o.letters[at]
	raw, err := l.Raw()
	if err != nil {
		return engine.Original{}, false
	}
	return engine.Original{Raw: raw, Meta: l.Meta, Split: l.Split, Ordinal: l.Ordinal, Attempts: max(l.Attempts, 1), Since: l.FirstTime}, true
}

// meta builds the meta fields that the plan reads from what the letters have of them; what they lack is null.
func (in *Input) meta(origin engine.Origin, rows int) arrow.RecordBatch {
	if in.fields == nil || in.fields.Len() == 0 {
		return nil
	}
	b := array.NewRecordBuilder(in.env.Mem, in.fields.Arrow())
	defer b.Release()
	for row := range rows {
		_, ordinal := origin.At(row)
		values := map[string]json.RawMessage{}
		if m := in.held[ordinal-in.head].Meta; m != nil {
			_ = json.Unmarshal(m, &values) // meta that is no object says nothing
		}
		for i, f := range in.fields.Fields() {
			field := b.Field(i)
			v, ok := values[f.Name]
			if ok {
				_ = field.UnmarshalJSON(slices.Concat([]byte("["), v, []byte("]"))) // a value of another type appends nothing
			}
			if field.Len() == row {
				field.AppendNull()
			}
		}
	}
	return b.NewRecordBatch()
}
