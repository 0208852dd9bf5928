package take

import (
	"context"
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/compute"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Array returns the given elements of a in their order. It borrows a and returns an owned array.
func Array(ctx context.Context, mem memory.Allocator, a arrow.Array, rows []int32) (arrow.Array, error) {
	d := a.Data()
	if len(rows) == 0 || d.Len() == 0 {
		return array.MakeArrayOfNull(mem, a.DataType(), len(rows)), nil
	}
	var values []*memory.Buffer // behind the validity
	var children []arrow.ArrayData
	switch t := a.DataType().(type) {
	case *arrow.BooleanType:
		values = []*memory.Buffer{bools(mem, d, rows)}
	case *arrow.StringType, *arrow.BinaryType:
		offsets, data, err := texts(mem, d, rows)
		if err != nil {
			return nil, err
		}
		values = []*memory.Buffer{offsets, data}
	case *arrow.StructType:
		for i := range t.NumFields() {
			child, err := Array(ctx, mem, a.(*array.Struct).Field(i), rows)
			if err != nil {
				release(nil, children)
				return nil, err
			}
			children = append(children, child.Data())
			defer child.Release()
			child.Data().Retain()
		}
	case *arrow.ListType, *arrow.MapType:
		offsets, items := lists(mem, d, rows)
		inner := array.MakeFromData(d.Children()[0])
		defer inner.Release()
		child, err := Array(ctx, mem, inner, items)
		if err != nil {
			offsets.Release()
			return nil, err
		}
		defer child.Release()
		child.Data().Retain()
		values, children = []*memory.Buffer{offsets}, []arrow.ArrayData{child.Data()}
	case arrow.FixedWidthDataType:
		values = []*memory.Buffer{fixed(mem, d, rows, t.BitWidth()/8)}
	default:
		return others(ctx, mem, a, rows)
	}
	valid, nulls := validity(mem, a, rows)
	buffers := append([]*memory.Buffer{valid}, values...)
	data := array.NewData(a.DataType(), len(rows), buffers, children, nulls, 0)
	defer data.Release()
	release(buffers, children)
	return array.MakeFromData(data), nil
}

func release(buffers []*memory.Buffer, children []arrow.ArrayData) {
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	for _, c := range children {
		c.Release()
	}
}

// others are layouts that no column of a document has.
func others(ctx context.Context, mem memory.Allocator, a arrow.Array, rows []int32) (arrow.Array, error) {
	b := array.NewInt32Builder(mem)
	defer b.Release()
	b.AppendValues(rows, nil)
	at := b.NewArray()
	defer at.Release()
	return compute.TakeArrayOpts(compute.WithAllocator(ctx, mem), a, at, compute.TakeOptions{BoundsCheck: false})
}

func buffer(mem memory.Allocator, size int) *memory.Buffer {
	b := memory.NewResizableBuffer(mem)
	b.Resize(size)
	return b
}

// as reads the bytes of a buffer as n values, offset values behind its begin.
func as[T any](b *memory.Buffer, offset, n int) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b.Bytes()))), offset+n)[offset:]
}

func validity(mem memory.Allocator, a arrow.Array, rows []int32) (valid *memory.Buffer, nulls int) {
	bits, offset := a.NullBitmapBytes(), a.Data().Offset()
	if a.NullN() == 0 || len(bits) == 0 {
		return nil, 0
	}
	valid = buffer(mem, int(bitutil.BytesForBits(int64(len(rows)))))
	out := valid.Bytes()
	clear(out)
	nulls = len(rows)
	for i, row := range rows {
		at := uint(offset) + uint(row)
		bit := bits[at>>3] >> (at & 7) & 1
		out[i>>3] |= bit << (uint(i) & 7)
		nulls -= int(bit)
	}
	return valid, nulls
}

func bools(mem memory.Allocator, d arrow.ArrayData, rows []int32) *memory.Buffer {
	b := buffer(mem, int(bitutil.BytesForBits(int64(len(rows)))))
	in, out, offset := d.Buffers()[1].Bytes(), b.Bytes(), uint(d.Offset())
	clear(out)
	for i, row := range rows {
		at := offset + uint(row)
		out[i>>3] |= in[at>>3] >> (at & 7) & 1 << (uint(i) & 7)
	}
	return b
}

func fixed(mem memory.Allocator, d arrow.ArrayData, rows []int32, width int) *memory.Buffer {
	b := buffer(mem, width*len(rows))
	switch width {
	case 1:
		pick[uint8](b, d, rows)
	case 2:
		pick[uint16](b, d, rows)
	case 4:
		pick[uint32](b, d, rows)
	case 8:
		pick[uint64](b, d, rows)
	case 16:
		pick[[2]uint64](b, d, rows)
	default:
		in, out := d.Buffers()[1].Bytes()[width*d.Offset():], b.Bytes()
		for i, row := range rows {
			copy(out[width*i:width*(i+1)], in[width*int(row):])
		}
	}
	return b
}

func pick[T any](b *memory.Buffer, d arrow.ArrayData, rows []int32) {
	in, out := as[T](d.Buffers()[1], d.Offset(), d.Len()), as[T](b, 0, len(rows))
	for i, row := range rows {
		out[i] = in[row]
	}
}

// texts are offsets and bytes. The error is for more bytes than 32-bit offsets can count.
func texts(mem memory.Allocator, d arrow.ArrayData, rows []int32) (offsets, data *memory.Buffer, err error) {
	in := as[int32](d.Buffers()[1], d.Offset(), d.Len()+1)
	total := 0
	for _, row := range rows {
		total += int(in[row+1] - in[row])
	}
	if total > math.MaxInt32 {
		return nil, nil, fmt.Errorf("take %d texts of %d bytes together: a column holds at most 2 GiB", len(rows), total)
	}
	offsets, data = buffer(mem, 4*(len(rows)+1)), buffer(mem, total)
	out, bytes := as[int32](offsets, 0, len(rows)+1), data.Bytes()
	var source []byte
	if d.Buffers()[2] != nil {
		source = d.Buffers()[2].Bytes()
	}
	at := int32(0)
	for i, row := range rows {
		out[i] = at
		at += int32(copy(bytes[at:], source[in[row]:in[row+1]]))
	}
	out[len(rows)] = at
	return offsets, data, nil
}

// lists are offsets, and the elements that the lists are made of.
func lists(mem memory.Allocator, d arrow.ArrayData, rows []int32) (offsets *memory.Buffer, items []int32) {
	in := as[int32](d.Buffers()[1], d.Offset(), d.Len()+1)
	offsets = buffer(mem, 4*(len(rows)+1))
	out := as[int32](offsets, 0, len(rows)+1)
	total := 0
	for i, row := range rows {
		out[i] = int32(total)
		total += int(in[row+1] - in[row])
	}
	out[len(rows)] = int32(total)
	items = make([]int32, 0, total)
	for _, row := range rows {
		for k := in[row]; k < in[row+1]; k++ {
			items = append(items, k)
		}
	}
	return offsets, items
}
