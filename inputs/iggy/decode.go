package iggy

import (
	"bytes"
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// decoder turns messages into batches. It belongs to the engine's goroutine.
type decoder struct {
	env     engine.Env
	options codec.DecodeOptions
	fields  *schemas.Schema // of meta
	frames  codec.FrameDecoder
}

// use sets the columns of what follows.
func (d *decoder) use(s *schemas.Schema) error {
	d.options.Schema = s
	made, err := d.env.Format.NewDecoder(d.options)
	if err != nil {
		return err
	}
	frames, ok := made.(codec.FrameDecoder)
	if !ok {
		return engine.Permanent(fmt.Errorf("the format `%s` cannot take messages one by one", d.env.Format.Name))
	}
	d.frames = frames
	return nil
}

// decode emits the messages of r, in batches that are full or end where offsets are left out. It borrows r.
func (d *decoder) decode(ctx context.Context, r *reply, out *engine.Out) error {
	b := &r.batch
	from := 0
	for i := range b.Len() {
		if i > from && b.Offset[i] != b.Offset[i-1]+1 {
			if err := d.flush(ctx, r, from, i, out); err != nil {
				return err
			}
			from = i
		}
		if r.split.repeats != nil && r.split.repeats.repeated(b.Offset[i], b.Headers(i)) {
			if i > from {
				if err := d.flush(ctx, r, from, i, out); err != nil {
					return err
				}
			}
			out.Count(engine.Taken, 1)
			out.Count(engine.Dropped, 1)
			from = i + 1
			continue
		}
		d.frames.DecodeFrame(b.Data[b.Start[i]:b.End[i]]) // not Payload: what stands behind is needed
		if _, full := d.frames.Held(); full {
			if err := d.flush(ctx, r, from, i+1, out); err != nil {
				return err
			}
			from = i + 1
		}
	}
	if from == b.Len() {
		return nil
	}
	return d.flush(ctx, r, from, b.Len(), out)
}

// flush emits messages [from, to) of r, which are decoded, and rejects those that are no records.
func (d *decoder) flush(ctx context.Context, r *reply, from, to int, out *engine.Out) error {
	rows := d.frames.Flush()
	if rows.Frames != to-from {
		if rows.Record != nil {
			rows.Record.Release()
		}
		return fmt.Errorf("the format `%s` made %d records of %d messages: this is a bug in iggy-flow, please report it", d.env.Format.Name, rows.Frames, to-from)
	}
	out.Count(engine.Taken, rows.Frames)
	if rows.Schema != nil {
		d.options.Schema = rows.Schema
	}
	s, first := r.split, int64(r.batch.Offset[from])
	skip := make([]int, len(rows.Failed))
	letters := make([]engine.RawRejection, len(rows.Failed))
	for i, f := range rows.Failed {
		skip[i] = f.Frame
		letters[i] = engine.RawRejection{Split: s.name, Ordinal: first + int64(f.Frame), Code: f.Code, Message: f.Message}
		if d.env.Keep {
			letters[i].Original = engine.Original{Raw: bytes.Clone(r.batch.Payload(from + f.Frame)), Meta: metaJSON(s.topic, &r.batch, from+f.Frame)}
		}
	}
	var batch *engine.Batch
	if rows.Record != nil {
		batch = engine.NewBatch(rows.Schema, rows.Record, d.meta(r, from, to, skip), engine.Records(s.name, first, rows.Frames, skip))
		if d.env.Keep {
			kept := originals{reply: r, name: s.name, topic: s.topic, first: first, from: from}
			kept.Retain()
			batch.Originals = kept
		}
	}
	if err := out.RejectRaw(ctx, letters); err != nil {
		if batch != nil {
			batch.Release()
		}
		return err
	}
	if batch == nil {
		return nil
	}
	return out.Emit(ctx, batch)
}

// meta builds the fields that the plan reads for messages [from, to) without those in skip; the result is owned.
func (d *decoder) meta(r *reply, from, to int, skip []int) arrow.RecordBatch {
	if d.fields == nil || d.fields.Len() == 0 {
		return nil
	}
	rows := make([]int, 0, to-from)
	for i := range to - from {
		if len(skip) > 0 && skip[0] == i {
			skip = skip[1:]
			continue
		}
		rows = append(rows, from+i)
	}
	return buildMeta(d.env.Mem, d.fields, r.split.topic, &r.batch, rows)
}

// release gives back what an unfinished batch holds.
func (d *decoder) release() {
	if d.frames == nil {
		return
	}
	if rows := d.frames.Flush(); rows.Record != nil {
		rows.Record.Release()
	}
}
