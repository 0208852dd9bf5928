package expression

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// field is a column or meta field that a program reads.
type field struct {
	name string
	typ  schemas.Type
	data arrow.DataType
}

// bound says where the fields of a program stand in a batch.
type bound struct {
	schema *arrow.Schema // that at was computed for
	record arrow.RecordBatch
	at     []int
}

// bind looks fields up by name, unless the schema is the one of the last batch.
func (b *bound) bind(what string, record arrow.RecordBatch, fields []field) error {
	b.record = record
	if b.schema == record.Schema() && b.schema != nil {
		return nil
	}
	b.schema, b.at = nil, b.at[:0]
	for _, f := range fields {
		found := record.Schema().FieldIndices(f.name)
		if len(found) == 0 {
			return fmt.Errorf("the batch has no %s %q, which the program reads", what, f.name)
		}
		if have := record.Column(found[0]).DataType(); !arrow.TypeEqual(have, f.data) {
			return fmt.Errorf("%s %q is %s in the batch; the program was compiled for %s", what, f.name, have, f.data)
		}
		b.at = append(b.at, found[0])
	}
	b.schema = record.Schema()
	return nil
}

// The kernels of what a program reads: the value is the index of the field.
var (
	opColumn = &operation{name: "column", is: isColumn, run: func(ev *Evaluator, n *node, _ []int32) *vec { return ev.load(0, n) }}
	opMeta   = &operation{name: "meta", is: isMeta, run: func(ev *Evaluator, n *node, _ []int32) *vec { return ev.load(1, n) }}
)

func (ev *Evaluator) load(side int, n *node) *vec {
	b := &ev.cols[side]
	return ev.view(b.record.Column(b.at[n.value.(int)]), n.typ)
}

// source returns the array that n reads, when it is a column or meta field.
func (ev *Evaluator) source(n *node) (arrow.Array, bool) {
	switch n.op.is {
	case isColumn:
		return ev.cols[0].record.Column(ev.cols[0].at[n.value.(int)]), true
	case isMeta:
		return ev.cols[1].record.Column(ev.cols[1].at[n.value.(int)]), true
	}
	return nil, false
}

// view makes a vector of an array of type t without copying what can be read in place. It borrows a, which must outlive
// the batch.
func (ev *Evaluator) view(a arrow.Array, t schemas.Type) *vec {
	store := storageOf(t)
	switch a := a.(type) {
	case *array.Int64:
		return ev.viewInts(a, a.Int64Values())
	case *array.Timestamp:
		return ev.viewInts(a, reinterpret(a.TimestampValues()))
	case *array.Time64:
		return ev.viewInts(a, reinterpret(a.Time64Values()))
	case *array.Float64:
		v := ev.shell(inFloats, a)
		v.floats = a.Float64Values()
		return v
	case *array.Uint64:
		v := ev.shell(inUints, a)
		v.uints = a.Uint64Values()
		return v
	case *array.Decimal128:
		v := ev.shell(inDecimals, a)
		v.decs = a.Values()
		return v
	case *array.String:
		v := ev.shell(inStrings, a)
		v.offs, v.data = offsets(a.Data())
		return v
	case *array.Binary:
		v := ev.shell(inStrings, a)
		v.offs, v.data = offsets(a.Data())
		return v
	case *array.Struct, *array.List, *array.Map:
		v := ev.shell(inArrays, a)
		v.arr, v.typ = a, t
		return v
	}
	if fixed, ok := a.(*array.FixedSizeBinary); ok {
		return ev.viewFixed(fixed)
	}
	v := ev.vector(store, ev.n)
	v.ok = ev.validity(a)
	switch a := a.(type) {
	case *array.Boolean:
		expand(v.bools, a)
	case *array.Int8:
		widen(v.ints, a.Int8Values())
	case *array.Int16:
		widen(v.ints, a.Int16Values())
	case *array.Int32:
		widen(v.ints, a.Int32Values())
	case *array.Uint8:
		widen(v.ints, a.Uint8Values())
	case *array.Uint16:
		widen(v.ints, a.Uint16Values())
	case *array.Uint32:
		widen(v.ints, a.Uint32Values())
	case *array.Date32:
		widen(v.ints, a.Date32Values())
	case *array.Float32:
		for i, x := range a.Float32Values()[:ev.n] {
			v.floats[i] = float64(x)
		}
	case *array.Null:
		v.ok = ev.zeros(ev.n)
		clear(v.anys)
	}
	return v
}

func (ev *Evaluator) viewInts(a arrow.Array, values []int64) *vec {
	v := ev.shell(inInts, a)
	v.ints = values
	return v
}

// viewFixed views bytes of one length, with offsets of its own.
func (ev *Evaluator) viewFixed(a *array.FixedSizeBinary) *vec {
	v := ev.shell(inStrings, a)
	size := a.DataType().(*arrow.FixedSizeBinaryType).ByteWidth
	if b := a.Data().Buffers()[1]; b != nil {
		v.data = b.Bytes()[a.Data().Offset()*size:]
	}
	v.offs = make([]int32, ev.n+1)
	for i := range v.offs {
		v.offs[i] = int32(i * size)
	}
	return v
}

// shell is a vector without buffers of its own, valid where a is.
func (ev *Evaluator) shell(store storage, a arrow.Array) *vec {
	v := ev.fresh(store)
	v.borrow, v.ok = true, ev.validity(a)
	return v
}

// validity copies the validity of a, so that row 0 is bit 0; nil when there are no nulls.
func (ev *Evaluator) validity(a arrow.Array) []uint64 {
	if a.NullN() == 0 || a.Len() == 0 {
		return nil
	}
	out := ev.bitmap(a.Len())
	if bytes := a.NullBitmapBytes(); bytes != nil {
		raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(out))), 8*len(out))
		bitutil.CopyBitmap(bytes, a.Data().Offset(), a.Len(), raw, 0)
	} else {
		clear(out)
	}
	return out
}

// reinterpret reads values of a 64-bit integer type as what they are.
func reinterpret[T ~int64](values []T) []int64 {
	return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(values))), len(values))
}

func widen[T ~int8 | ~int16 | ~int32 | ~uint8 | ~uint16 | ~uint32](out []int64, in []T) {
	in = in[:len(out)]
	for i, x := range in {
		out[i] = int64(x)
	}
}

// offsets returns the offsets of an array of strings, one more than it is long, and the bytes that they point into.
func offsets(d arrow.ArrayData) ([]int32, []byte) {
	buffers := d.Buffers()
	if d.Len() == 0 || buffers[1] == nil {
		return []int32{0}, nil
	}
	offs := arrow.Int32Traits.CastFromBytes(buffers[1].Bytes())[d.Offset() : d.Offset()+d.Len()+1]
	if buffers[2] == nil {
		return offs, nil
	}
	return offs, buffers[2].Bytes()
}

// expand writes one byte for each bit of a.
func expand(out []byte, a *array.Boolean) {
	if a.Len() == 0 {
		return
	}
	raw, offset := a.Data().Buffers()[1].Bytes(), a.Data().Offset()
	for i := range out {
		out[i] = raw[(offset+i)>>3] >> (uint(offset+i) & 7) & 1
	}
}
