package json

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Flush implements codec.Decoder. No buffer is held behind it: a decoder can be dropped there.
func (d *decoder) Flush() codec.Rows {
	if n := len(d.root.columns); n > d.schema.Len() {
		fields := d.schema.Fields()
		for _, c := range d.root.columns[len(fields):] {
			fields = append(fields, c.field)
		}
		d.schema, d.arrow = schemas.New(fields...), nil
	}
	rows := codec.Rows{Schema: d.schema, Frames: d.frames, Failed: d.failed, Unknown: d.unknowns}
	if d.row > 0 {
		rows.Record = d.batch()
		d.lastRow = d.row
	} else if d.rows > 0 {
		for _, c := range d.root.columns {
			c.release()
		}
	}
	d.row, d.rows, d.frames, d.failed, d.failBytes = 0, 0, 0, nil, 0
	d.unknowns, d.unknownsBefore, d.full, d.unsized = 0, 0, false, 0
	return rows
}

// batch hands the buffers over to a record batch, which the caller owns.
func (d *decoder) batch() arrow.RecordBatch {
	columns := make([]arrow.Array, len(d.root.columns))
	for i, c := range d.root.columns {
		data := c.flush(d.row)
		columns[i] = array.MakeFromData(data)
		data.Release()
	}
	if d.arrow == nil {
		d.arrow = d.schema.Arrow()
	}
	batch := array.NewRecordBatch(d.arrow, columns, int64(d.row))
	for _, c := range columns {
		c.Release()
	}
	return batch
}

// flush returns the first n values, which the caller owns, and gives c's buffers up.
func (c *column) flush(n int) arrow.ArrayData {
	buffers := make([]*memory.Buffer, 1, 3)
	if c.nulls > 0 {
		c.valid0.ResizeNoShrink((n + 7) / 8)
		buffers[0] = c.valid0
	}
	var children []arrow.ArrayData
	if c.values0 != nil {
		switch {
		case c.read == readBool:
			c.values0.ResizeNoShrink((n + 7) / 8)
		case c.offsets():
			c.values0.ResizeNoShrink(4 * (n + 1))
		default:
			c.values0.ResizeNoShrink(c.width * n)
		}
		buffers = append(buffers, c.values0)
	}
	switch c.read {
	case readText, readBinary, readJSON:
		c.text.buffer.ResizeNoShrink(len(c.text.data))
		buffers = append(buffers, c.text.buffer)
		c.lastText = len(c.text.data)
	case readList:
		children = []arrow.ArrayData{c.element.flush(c.count)}
		c.lastCount = c.count
	case readMap:
		children = []arrow.ArrayData{c.entries()}
		c.lastCount = c.count
	case readStruct:
		for _, m := range c.members.columns {
			children = append(children, m.flush(n))
		}
	}
	data := array.NewData(c.arrow, n, buffers, children, c.nulls, 0)
	for _, child := range children {
		child.Release()
	}
	c.drop()
	return data
}

// entries are the keys and values of a map.
func (c *column) entries() arrow.ArrayData {
	key, value := c.mapKey.flush(c.count), c.element.flush(c.count)
	defer key.Release()
	defer value.Release()
	entry := c.arrow.(*arrow.MapType).Elem()
	return array.NewData(entry, c.count, []*memory.Buffer{nil}, []arrow.ArrayData{key, value}, 0, 0)
}

// drop gives up c's own buffers.
func (c *column) drop() {
	for _, b := range []*memory.Buffer{c.values0, c.valid0, c.text.buffer} {
		if b != nil {
			b.Release()
		}
	}
	c.values0, c.valid0, c.values, c.valid, c.text, c.capacity = nil, nil, nil, nil, text{}, 0
}

// release gives up the buffers of c and of its parts.
func (c *column) release() {
	c.drop()
	if c.element != nil {
		c.element.release()
	}
	if c.mapKey != nil {
		c.mapKey.release()
	}
	if c.members != nil {
		for _, m := range c.members.columns {
			m.release()
		}
	}
}
