package expression

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// array makes an owned array of a vector of type t. Rows that failed are null. It borrows v.
func (ev *Evaluator) array(n *node, v *vec) (arrow.Array, error) {
	t := columnType(n.typ)
	data := t.Arrow()
	if a, ok := ev.source(n); ok && a.Len() == ev.n {
		a.Retain()
		return a, nil
	}
	if ev.failed != nil {
		ev.own(v, ev.n)
		for i, w := range ev.failed {
			v.ok[i] &^= w
		}
	}
	switch t.Kind {
	case schemas.Null, schemas.Unknown:
		return array.NewNull(ev.n), nil
	case schemas.String, schemas.Binary:
		return ev.textArray(data, v)
	case schemas.JSON, schemas.List, schemas.Map, schemas.Struct:
		return ev.nestedArray(data, t, n, v)
	}
	values, err := ev.values(t, v)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	valid, nulls := ev.nullBuffer(v)
	if valid != nil {
		defer valid.Release()
	}
	d := array.NewData(data, ev.n, []*memory.Buffer{valid, values}, nil, nulls, 0)
	defer d.Release()
	return array.MakeFromData(d), nil
}

// nullBuffer is the validity of v as an owned buffer, nil when every row has a value.
func (ev *Evaluator) nullBuffer(v *vec) (*memory.Buffer, int) {
	nulls := countNulls(v.ok, ev.n)
	if nulls == 0 {
		return nil, 0
	}
	b := ev.buffer(int(bitutil.BytesForBits(int64(ev.n))))
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v.ok))), 8*words(ev.n))
	copy(b.Bytes(), raw)
	return b, nulls
}

func (ev *Evaluator) buffer(size int) *memory.Buffer {
	b := memory.NewResizableBuffer(ev.mem)
	b.Resize(size)
	return b
}

// values writes the values of a type of fixed width.
func (ev *Evaluator) values(t schemas.Type, v *vec) (*memory.Buffer, error) {
	n := ev.n
	switch t.Kind {
	case schemas.Bool:
		b := ev.buffer(int(bitutil.BytesForBits(int64(n))))
		packBits(b.Bytes(), v.bools[:n])
		return b, nil
	case schemas.Int8, schemas.Uint8:
		return narrowed[int8](ev, v.ints), nil
	case schemas.Int16, schemas.Uint16:
		return narrowed[int16](ev, v.ints), nil
	case schemas.Int32, schemas.Uint32, schemas.Date:
		return narrowed[int32](ev, v.ints), nil
	case schemas.Float:
		b := ev.buffer(4 * n)
		out := arrow.Float32Traits.CastFromBytes(b.Bytes())
		for i, x := range v.floats[:n] {
			out[i] = float32(x)
		}
		return b, nil
	case schemas.Double:
		b := ev.buffer(8 * n)
		copy(arrow.Float64Traits.CastFromBytes(b.Bytes()), v.floats[:n])
		return b, nil
	case schemas.Uint64:
		b := ev.buffer(8 * n)
		copy(arrow.Uint64Traits.CastFromBytes(b.Bytes()), v.uints[:n])
		return b, nil
	case schemas.Decimal:
		b := ev.buffer(16 * n)
		out := arrow.Decimal128Traits.CastFromBytes(b.Bytes())
		for i := range out {
			out[i] = decimal128.Num{}
			if v.has(int32(i)) {
				out[i] = v.decs[i]
			}
		}
		return b, nil
	case schemas.UUID, schemas.Fixed:
		size := t.Size
		if t.Kind == schemas.UUID {
			size = 16
		}
		b := ev.buffer(size * n)
		clear(b.Bytes())
		for i := range int32(n) {
			if v.has(i) {
				copy(b.Bytes()[int(i)*size:], v.str(i))
			}
		}
		return b, nil
	}
	if storageOf(t) != inInts {
		return nil, fmt.Errorf("bug: no array for %s", t)
	}
	b := ev.buffer(8 * n)
	copy(arrow.Int64Traits.CastFromBytes(b.Bytes()), v.ints[:n])
	return b, nil
}

// narrowed writes whole numbers that fit a narrower type.
func narrowed[T int8 | int16 | int32](ev *Evaluator, in []int64) *memory.Buffer {
	size := int(unsafe.Sizeof(T(0)))
	b := ev.buffer(size * ev.n)
	out := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b.Bytes()))), ev.n)
	for i, x := range in[:ev.n] {
		out[i] = T(x)
	}
	return b
}

// packBits writes one bit for each byte of in.
func packBits(out, in []byte) {
	for len(in) >= 8 {
		// Eight bytes of 0 or 1: the product gathers them in its top byte.
		w := *(*uint64)(unsafe.Pointer(unsafe.SliceData(in)))
		out[0] = byte(w * 0x0102040810204080 >> 56)
		in, out = in[8:], out[1:]
	}
	if len(in) > 0 {
		out[0] = 0
		for i, b := range in {
			out[0] |= b << i
		}
	}
}

// textArray writes offsets and bytes.
func (ev *Evaluator) textArray(data arrow.DataType, v *vec) (arrow.Array, error) {
	offsets := ev.buffer(4 * (ev.n + 1))
	defer offsets.Release()
	offs := arrow.Int32Traits.CastFromBytes(offsets.Bytes())
	valid, nulls := ev.nullBuffer(v)
	if valid != nil {
		defer valid.Release()
	}
	content, err := ev.textContent(v, offs)
	if err != nil {
		return nil, err
	}
	defer content.Release()
	d := array.NewData(data, ev.n, []*memory.Buffer{valid, offsets, content}, nil, nulls, 0)
	defer d.Release()
	return array.MakeFromData(d), nil
}

// textContent writes the bytes of the texts of v, and where they begin.
func (ev *Evaluator) textContent(v *vec, offs []int32) (*memory.Buffer, error) {
	if v.views == nil { // what stands in null rows is nobody's concern
		from := v.offs[0]
		for i, at := range v.offs[:ev.n+1] {
			offs[i] = at - from
		}
		content := ev.buffer(int(offs[ev.n]))
		copy(content.Bytes(), v.data[from:v.offs[ev.n]])
		return content, nil
	}
	size := 0
	for i := range v.views[:ev.n] {
		size += int(v.views[i].size) & -int(bit(v.has(int32(i))))
	}
	if size > math.MaxInt32-slack {
		return nil, fmt.Errorf("a column of %d bytes of text: a batch can have 2 GiB", size)
	}
	content := ev.buffer(size + slack)
	out, at, table := content.Bytes(), 0, *v.table
	offs[0] = 0
	for i := range v.views[:ev.n] {
		if w := v.views[i]; w.size > 0 && v.has(int32(i)) {
			copyText(out, at, table[w.source], int(w.at), int(w.size))
			at += int(w.size)
		}
		offs[i+1] = int32(at)
	}
	content.ResizeNoShrink(at)
	return content, nil
}

// nestedArray writes values with parts, row by row where the expression made them.
func (ev *Evaluator) nestedArray(data arrow.DataType, t schemas.Type, n *node, v *vec) (arrow.Array, error) {
	if v.store == inStrings {
		return ev.textArray(data, v)
	}
	if v.store == inArrays && ev.failed == nil && countNulls(v.ok, ev.n) == v.arr.NullN() && arrow.TypeEqual(v.arr.DataType(), data) {
		v.arr.Retain()
		return v.arr, nil
	}
	b := array.NewBuilder(ev.mem, data)
	defer b.Release()
	b.Reserve(ev.n)
	for i := range int32(ev.n) {
		value := v.nested(i)
		if value == nil {
			b.AppendNull()
			continue
		}
		if err := appendValue(b, t, value); err != nil {
			ev.fault(n, i, codeOf(err), err.Error())
			b.AppendNull()
		}
	}
	return b.NewArray(), nil
}
