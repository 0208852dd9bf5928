package cast

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// kernel converts a column. It borrows in and returns an owned array of r.dt, as long as in and null where in is; the
// values of rows in r.failed, ascending, mean nothing.
type kernel func(r *run, in arrow.Array) arrow.Array

// run is what a kernel works with, and scratch memory that lives from batch to batch.
type run struct {
	mem      memory.Allocator
	from, to schemas.Type
	dt       arrow.DataType
	failed   []int32
	buf      []byte
}

// fail notes that row i has a value that the new type cannot hold. What stands under a null is nobody's value.
func (r *run) fail(in arrow.Array, i int) {
	if in.IsValid(i) {
		r.failed = append(r.failed, int32(i))
	}
}

// values returns a new buffer of n values, which the caller owns.
func values[T arrow.FixedWidthType](r *run, n int) (*memory.Buffer, []T) {
	var zero T
	buf := memory.NewResizableBuffer(r.mem)
	buf.Resize(n * int(unsafe.Sizeof(zero)))
	return buf, arrow.GetData[T](buf.Bytes())[:n]
}

// finish makes the array of what is in buf, which it takes, null where in is.
func (r *run) finish(in arrow.Array, buf *memory.Buffer) arrow.Array {
	defer buf.Release()
	var valid *memory.Buffer
	if bits := in.NullBitmapBytes(); in.NullN() > 0 && bits != nil {
		valid = memory.NewResizableBuffer(r.mem)
		defer valid.Release()
		valid.Resize(int(bitutil.BytesForBits(int64(in.Len()))))
		bitutil.CopyBitmap(bits, in.Data().Offset(), in.Len(), valid.Bytes(), 0)
	}
	data := array.NewData(r.dt, in.Len(), []*memory.Buffer{valid, buf}, nil, in.NullN(), 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// retype returns in's very buffers as another type of the same layout.
func retype(r *run, in arrow.Array) arrow.Array {
	old := in.Data()
	data := array.NewData(r.dt, old.Len(), old.Buffers(), nil, in.NullN(), old.Offset())
	defer data.Release()
	return array.MakeFromData(data)
}

// texts are the values of a string or binary array, without copying.
type texts struct {
	offsets []int32
	data    []byte
}

func textsOf(in arrow.Array) texts {
	d := in.Data()
	if d.Len() == 0 || d.Buffers()[1] == nil {
		return texts{offsets: make([]int32, d.Len()+1)}
	}
	t := texts{offsets: arrow.GetOffsets[int32](d, 1)}
	if d.Buffers()[2] != nil {
		t.data = d.Buffers()[2].Bytes()
	}
	return t
}

func (t texts) at(i int) []byte { return t.data[t.offsets[i]:t.offsets[i+1]] }

// view is b as a string that must not outlive b.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
