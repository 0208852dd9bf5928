package iggy

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// rows are the results of the expressions for one batch.
type rows struct {
	stream, topic, key *array.String // nil without the expression
	partition          *array.Int64
	headers            []arrow.Array
	all                []arrow.Array
	failed             []expression.RowError // ascending by row
}

func (r *rows) release() {
	for _, a := range r.all {
		a.Release()
	}
}

// evaluate runs the expressions over b, which it borrows. The caller releases the result.
func (o *output) evaluate(ctx context.Context, b *engine.Batch) (*rows, error) {
	r := &rows{}
	if o.eval == nil {
		return r, nil
	}
	var err error
	if r.all, r.failed, err = o.eval.Eval(ctx, expression.Rows{Columns: b.Columns, Meta: b.Meta, Now: time.Time{}}); err != nil {
		return nil, fmt.Errorf("evaluate the expressions: %w", err)
	}
	text := func(at int) *array.String {
		if at < 0 {
			return nil
		}
		return r.all[at].(*array.String)
	}
	r.stream, r.topic, r.key = text(o.at.stream), text(o.at.topic), text(o.at.key)
	if o.at.partition >= 0 {
		r.partition = r.all[o.at.partition].(*array.Int64)
	}
	r.headers = r.all[o.at.headers:]
	return r, nil
}

// Write implements engine.Output: it adds the rows of b to their lanes, and waits only where a lane is full. A row counts
// as delivered from then on: Flush waits for it, and what cannot be sent ends the pipeline. It takes b.
func (o *output) Write(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	r, err := o.evaluate(ctx, b)
	if err != nil {
		return err
	}
	defer r.release()
	w := &writing{output: o, rows: r}
	if err := w.encode(b); err != nil {
		return err
	}
	if err := w.place(ctx, b); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, o.wake)()
	if err := w.append(ctx, b); err != nil {
		return err
	}
	out.Count(engine.Delivered, b.Len()-len(w.rejected))
	return out.Reject(ctx, b, w.rejected)
}

// writing is one batch on its way to the lanes.
type writing struct {
	*output
	rows     *rows
	payloads [][]byte // of each row; nil for one that is rejected
	topics   []*topic // of each row
	rejected []engine.Rejection
}

// encode writes the payloads: the frames of the format, or its lines without their ends.
func (w *writing) encode(b *engine.Batch) error {
	w.payloads = make([][]byte, b.Len())
	if frames, ok := w.encoder.(codec.FrameEncoder); ok {
		w.frames(frames, b)
		return nil
	}
	buf, failed := w.encoder.Encode(w.buf[:0], b.Columns)
	w.buf = buf
	for row := range b.Len() {
		if len(failed) > 0 && failed[0].Row == row {
			w.reject(engine.Rejection{Row: row, Code: failed[0].Code, Message: failed[0].Message})
			failed = failed[1:]
			continue
		}
		end := bytes.IndexByte(buf, '\n')
		if end < 0 {
			return fmt.Errorf("the format `%s` wrote no line for row %d: this is a bug in iggy-flow", w.env.Format.Name, row)
		}
		w.payloads[row], buf = buf[:end:end], buf[end+1:]
	}
	return nil
}

// frames writes payloads of a format that knows where each row's ends.
func (w *writing) frames(encoder codec.FrameEncoder, b *engine.Batch) {
	buf, ends, failed := encoder.EncodeFrames(w.buf[:0], w.ends[:0], b.Columns)
	w.buf, w.ends = buf, ends
	for _, f := range failed {
		w.reject(engine.Rejection{Row: f.Row, Code: f.Code, Message: f.Message})
	}
	from := 0
	for row, end := range ends {
		w.payloads[row], from = buf[from:end:end], end
	}
}

func (w *writing) reject(r engine.Rejection) { w.rejected = append(w.rejected, r) }

// place finds the topic of each row, and rejects rows that have none, or that the server would refuse.
func (w *writing) place(ctx context.Context, b *engine.Batch) error {
	w.topics = make([]*topic, b.Len())
	encoded := w.rejected // ascending, as are those found here
	w.rejected = nil
	failed := w.rows.failed
	var last *topic
	for row := range b.Len() {
		switch {
		case len(encoded) > 0 && encoded[0].Row == row:
			w.reject(encoded[0])
			encoded = encoded[1:]
			for len(failed) > 0 && failed[0].Row == row {
				failed = failed[1:]
			}
			continue
		case len(failed) > 0 && failed[0].Row == row:
			w.reject(engine.Rejection{Row: row, Code: failed[0].Code, Message: failed[0].Message, Range: failed[0].Range})
			for len(failed) > 0 && failed[0].Row == row {
				failed = failed[1:]
			}
			continue
		}
		t, rejection, err := w.topicOf(ctx, row, last)
		if err != nil {
			return err
		}
		if rejection == nil {
			rejection = w.refused(row, t)
		}
		if rejection != nil {
			w.reject(*rejection)
			continue
		}
		w.topics[row], last = t, t
	}
	return nil
}

// topicOf returns the topic of a row; last is that of the row before.
func (w *writing) topicOf(ctx context.Context, row int, last *topic) (*topic, *engine.Rejection, error) {
	stream, rejection := w.nameOf(w.config.Stream.Value, w.rows.stream, row, "stream")
	if rejection != nil {
		rejection.Range = w.config.StreamRoute.Range
		return nil, rejection, nil
	}
	name, rejection := w.nameOf(w.config.Topic.Value, w.rows.topic, row, "topic")
	if rejection != nil {
		rejection.Range = w.config.Route.Range
		return nil, rejection, nil
	}
	if last != nil && last.stream == stream && last.name == name {
		return last, nil, nil
	}
	if _, known := w.output.topics[stream+"\x00"+name]; !known && len(w.output.topics) >= w.config.MaxTopics {
		return nil, &engine.Rejection{Row: row, Code: "route-topics", Range: w.config.Route.Range, Message: fmt.Sprintf(
			"the record is for topic %s of stream %s, and %d topics are written to already; raise `max_topics`, or route to fewer", name, stream, w.config.MaxTopics)}, nil
	}
	t, err := w.topic(ctx, stream, name)
	return t, nil, err
}

// nameOf returns a fixed name, or the one that the expression gives.
func (w *writing) nameOf(fixed string, route *array.String, row int, what string) (string, *engine.Rejection) {
	switch {
	case route == nil:
		return fixed, nil
	case route.IsNull(row) || route.Value(row) == "":
		return "", &engine.Rejection{Row: row, Code: "route-null", Message: "the expression gives no " + what + ": its value is null or empty"}
	case len(route.Value(row)) > maxHeader:
		return "", &engine.Rejection{Row: row, Code: "route-name", Message: "the expression gives a " + what + " of more than 255 bytes"}
	}
	return route.Value(row), nil
}

// refused is why the server would not take a row; nil when it would.
func (w *writing) refused(row int, t *topic) *engine.Rejection {
	switch n := len(w.payloads[row]); {
	case n > wire.MaxPayload:
		return &engine.Rejection{Row: row, Code: "message-size", Message: fmt.Sprintf("the message has %d bytes, and a server takes %d", n, wire.MaxPayload)}
	case n == 0:
		return &engine.Rejection{Row: row, Code: "message-empty", Message: "the message is empty, which a server does not take"}
	}
	if p := w.rows.partition; p != nil {
		if p.IsNull(row) || p.Value(row) < 0 || p.Value(row) >= int64(t.partitions) {
			return &engine.Rejection{Row: row, Code: "route-partition", Range: w.config.Partition.Range, Message: fmt.Sprintf("the partition is %s; topic %s has %d, the first is 0", p.ValueStr(row), t.name, t.partitions)}
		}
	}
	for i, values := range w.rows.headers {
		if n := headerSize(values, row); n > maxHeader {
			h := w.config.Headers[i]
			return &engine.Rejection{Row: row, Code: "header-size", Range: h.Value.Range, Message: fmt.Sprintf("the header %s has %d bytes; a server takes up to 255", h.Key, n)}
		}
	}
	if k := w.rows.key; k != nil && !k.IsNull(row) && (len(k.Value(row)) == 0 || len(k.Value(row)) > maxHeader) {
		return &engine.Rejection{Row: row, Code: "route-key", Range: w.config.Key.Range, Message: fmt.Sprintf("the key has %d bytes; a server takes 1 to 255", len(k.Value(row)))}
	}
	return nil
}

// append adds the messages to their lanes, in order.
func (w *writing) append(ctx context.Context, b *engine.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.touched = w.touched[:0]
	walk := w.origins.walk(b.Origin)
	for row := range b.Len() {
		at := walk.next()
		t := w.topics[row]
		if t == nil {
			continue
		}
		l := w.lane(t, w.partitionOf(row, t, at))
		for w.full(l) && w.failed == nil && ctx.Err() == nil {
			signal(l.ready)
			l.hurry()
			w.moved.Wait()
		}
		if w.failed != nil {
			return w.failed
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.add(l, row, at)
		t.rows++
		if !l.touched {
			l.touched = true
			w.touched = append(w.touched, l)
		}
	}
	for _, l := range w.touched {
		l.touched = false
		signal(l.ready)
		if w.full(l) {
			l.hurry()
		}
	}
	return nil
}

// partitionOf chooses the partition of a row: the expression's, the key's, or by its origin.
func (w *writing) partitionOf(row int, t *topic, at place) uint32 {
	switch {
	case t.partitions == 1:
		return 0
	case w.rows.partition != nil:
		return uint32(w.rows.partition.Value(row))
	case w.rows.key != nil && !w.rows.key.IsNull(row):
		return wire.Hash([]byte(w.rows.key.Value(row))) % t.partitions
	}
	return uint32((at.split.turn + uint64(at.ordinal)/stretch) % uint64(t.partitions))
}

// stretch is how many records of a split go to one partition before the next is taken: a request's worth.
const stretch = 1000

// add appends one message to a lane.
func (w *writing) add(l *lane, row int, at place) {
	m, payload := l.pending, w.payloads[row]
	m.Start = append(m.Start, int32(len(m.Data)))
	m.Data = append(m.Data, payload...)
	m.End = append(m.End, int32(len(m.Data)))
	m.ID = append(m.ID, at.id())
	if !w.config.Origin && len(w.rows.headers) == 0 {
		return
	}
	m.HeaderStart = append(m.HeaderStart, int32(len(m.HeaderData)))
	if w.config.Origin {
		m.HeaderData = at.appendHeader(m.HeaderData)
	}
	for i, values := range w.rows.headers {
		m.HeaderData = appendHeader(m.HeaderData, w.config.Headers[i].Key, values, row)
	}
	m.HeaderEnd = append(m.HeaderEnd, int32(len(m.HeaderData)))
}

// Route implements engine.Router: STREAM/TOPIC of each row.
func (o *output) Route(ctx context.Context, b *engine.Batch) (arrow.Array, []engine.Rejection, error) {
	r, err := o.evaluate(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	defer r.release()
	w := &writing{output: o, rows: r}
	names := array.NewStringBuilder(o.env.Mem)
	defer names.Release()
	failed := map[int]expression.RowError{}
	for _, f := range r.failed {
		failed[f.Row] = f
	}
	for row := range b.Len() {
		if f, bad := failed[row]; bad {
			w.reject(engine.Rejection{Row: row, Code: f.Code, Message: f.Message, Range: f.Range})
			names.AppendNull()
			continue
		}
		stream, rejection := w.nameOf(o.config.Stream.Value, r.stream, row, "stream")
		name, other := w.nameOf(o.config.Topic.Value, r.topic, row, "topic")
		if rejection == nil {
			rejection = other
		}
		if rejection != nil {
			w.reject(*rejection)
			names.AppendNull()
			continue
		}
		names.Append(stream + "/" + name)
	}
	return names.NewArray(), w.rejected, nil
}
