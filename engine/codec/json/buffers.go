package json

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine/codec"
)

// textRoom is how many bytes are free behind a text before a run of it is copied: words are written whole.
const textRoom = 128

// text is bytes that grow: of a column, in an Arrow buffer, or of a scratch area, in plain memory.
type text struct {
	data   []byte
	buffer *memory.Buffer
}

// grow makes room for n more bytes.
func (t *text) grow(n int) {
	size := max(len(t.data)+n, 2*cap(t.data), 1024)
	if t.buffer == nil {
		t.data = append(make([]byte, 0, size), t.data...)
		return
	}
	t.buffer.Reserve(size)
	whole := t.buffer.Buf()
	t.data = whole[:len(t.data):len(whole)]
}

// append adds b; for short pieces and slow paths.
func (t *text) append(b []byte) {
	if cap(t.data)-len(t.data) < len(b) {
		t.grow(len(b))
	}
	t.data = append(t.data, b...)
}

// begin takes fresh buffers, sized by the batch before.
func (c *column) begin(o *codec.DecodeOptions, rows int) {
	mem := o.Mem
	c.capacity, c.count, c.nulls, c.valid = 0, 0, 0, nil
	if c.width > 0 {
		c.values0 = memory.NewResizableBuffer(mem)
	} else if c.read == readBool {
		c.values0 = memory.NewResizableBuffer(mem)
	}
	c.valid0 = memory.NewResizableBuffer(mem)
	c.reserve(rows)
	if c.offsets() {
		*(*int32)(c.values) = 0
	}
	switch c.read {
	case readText, readBinary, readJSON:
		c.text = text{buffer: memory.NewResizableBuffer(mem)}
		c.text.grow(c.lastText + c.lastText/16 + textRoom)
	case readList:
		c.element.begin(o, c.elements())
		c.most = maxElements(o) / c.element.stride()
	case readMap:
		c.element.begin(o, c.elements())
		c.most = maxElements(o) / c.element.stride()
		c.mapKey.begin(o, c.element.capacity)
	case readStruct:
		for _, m := range c.members.columns {
			m.begin(o, rows)
		}
	}
}

// elements is for how many elements a list makes room at first: as many as last time, and a few.
func (c *column) elements() int {
	return c.lastCount + c.lastCount/16 + max(min(16, 4096/c.element.stride()), 1)
}

// reserve makes room for n values, those of a struct's members included.
func (c *column) reserve(n int) {
	if n <= c.capacity {
		return
	}
	before := c.capacity
	switch {
	case c.read == readBool:
		c.values0.Reserve((n + 7) / 8)
	case c.offsets():
		c.values0.Reserve(4 * (n + 1))
	case c.width > 0:
		c.values0.Reserve(c.width * n)
	case c.read == readStruct && before > 0:
		for _, m := range c.members.columns {
			m.reserve(n)
		}
	}
	if c.values0 != nil {
		c.values = pointer(unsafe.SliceData(c.values0.Buf()))
	}
	c.capacity = n
	if c.read == readBool {
		clear(c.values0.Buf()[(before+7)/8:])
	}
	if c.valid != nil {
		c.growValid()
	}
}

// mark notes how many elements c has when a record's first list of it begins.
func (d *decoder) mark(c *column) {
	if c.record != d.record {
		c.record, c.start = d.record, c.count
	}
}

// tooMany reports whether the record has more elements of c than it may. A short text can stand for many wide elements,
// {} for a struct of a hundred members, so their memory is bounded apart from the frame's, for each record alone: whether
// one fails must not depend on its neighbours.
func (d *decoder) tooMany(c *column, p pointer) bool {
	if c.count-c.start <= c.most {
		return false
	}
	d.fail(codeTooLong, c, p, "")
	return true
}

// widen makes room for twice as many elements in a part of c, and has the batch sized at the record's end.
func (d *decoder) widen(part *column) {
	part.reserve(2 * part.capacity)
	d.unsized = sizeEvery
}

// maxElements is up to how many bytes the elements of one list column take in a record: what a batch may hold, and
// sixteen for each byte of a frame, as nothing but structs and long fixed values need.
func maxElements(o *codec.DecodeOptions) int { return min(o.MaxBytes+16*o.MaxFrame, maxBatchBytes) }

// stride is how many bytes a value takes beside its text or elements, a bit counted as one.
func (c *column) stride() int {
	n := max(c.width, 1)
	if c.members != nil {
		for _, m := range c.members.columns {
			n += m.stride()
		}
	}
	return n
}

// growValid sizes the validity bitmap for the capacity; what is new is valid.
func (c *column) growValid() {
	before := len(c.valid)
	c.valid0.Reserve((c.capacity + 7) / 8)
	c.valid = c.valid0.Buf()
	fill := c.valid[before:]
	for i := range fill {
		fill[i] = 0xff
	}
}

// null makes value i null, and with it the members of a struct.
func (c *column) null(i int) {
	if c.valid == nil {
		c.growValid()
	}
	c.valid[i>>3] &^= 1 << (i & 7)
	c.nulls++
	switch c.read {
	case readText, readBinary, readJSON:
		c.end(i, len(c.text.data))
	case readList, readMap:
		c.end(i, c.count)
	case readBool:
		*(*byte)(at(c.values, i>>3)) &^= 1 << (i & 7)
	case readStruct:
		for _, m := range c.members.columns {
			m.null(i)
		}
	default:
		clear(span(at(c.values, i*c.width), c.width))
	}
}

// truncate forgets the values in [n, end), of which the last may be half written.
func (c *column) truncate(n, end int) {
	end = min(end, c.capacity)
	if c.valid != nil {
		for i := n; i < end; i++ {
			if c.valid[i>>3]>>(i&7)&1 == 0 {
				c.valid[i>>3] |= 1 << (i & 7)
				c.nulls--
			}
		}
	}
	switch c.read {
	case readText, readBinary, readJSON:
		c.text.data = c.text.data[:c.offset(n)]
	case readList, readMap:
		first := c.offset(n)
		c.element.truncate(first, c.count+1)
		if c.mapKey != nil {
			c.mapKey.truncate(first, c.count+1)
		}
		c.count = first
	case readStruct:
		for _, m := range c.members.columns {
			m.truncate(n, end)
		}
	}
}

// size is about how many bytes n values take.
func (c *column) size(n int) int {
	bytes := c.width*n + len(c.text.data) + len(c.valid)
	switch c.read {
	case readBool:
		bytes += n / 8
	case readList:
		bytes += c.element.size(c.count)
	case readMap:
		bytes += c.element.size(c.count) + c.mapKey.size(c.count)
	case readStruct:
		for _, m := range c.members.columns {
			bytes += m.size(n)
		}
	}
	return bytes
}

// start is where the bytes begin, with room for words to be read behind their end.
func (t *text) start() pointer {
	if cap(t.data)-len(t.data) < codec.Padding {
		t.grow(codec.Padding)
	}
	return pointer(unsafe.SliceData(t.data))
}
