package iceberg

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/compute"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Conform brings r, whose columns are those of the plan's schema, into the types of the table. With faults there is no
// record: the caller takes those rows out and calls again. It borrows r and returns the record owned; columns that need
// no change share r's memory.
func (p *Plan) Conform(ctx context.Context, mem memory.Allocator, r arrow.RecordBatch) (arrow.RecordBatch, []Fault, error) {
	n := int(r.NumRows())
	if len(p.faults) > 0 {
		out := make([]Fault, n)
		for i := range out {
			out[i] = Fault{Row: i, Code: p.faults[0].code, Message: p.faults[0].message}
		}
		return nil, out, nil
	}
	c := conformer{ctx: ctx, mem: mem}
	var wrong faults
	columns, err := c.columns(p.steps, r.Columns(), &wrong)
	defer releaseAll(columns)
	if err != nil {
		return nil, nil, fmt.Errorf("bring records into table %s: %w", p.Table.Name, err)
	}
	if len(wrong) > 0 {
		return nil, wrong.rows(), nil
	}
	return array.NewRecordBatch(p.schema, columns, int64(n)), nil, nil
}

type conformer struct {
	ctx context.Context
	mem memory.Allocator
}

func releaseAll(arrays []arrow.Array) {
	for _, a := range arrays {
		a.Release()
	}
}

// columns converts the columns or members that the files have. It borrows in and returns the arrays owned, also with an
// error.
func (c conformer) columns(steps []step, in []arrow.Array, wrong *faults) (out []arrow.Array, err error) {
	for _, s := range steps {
		a := in[s.source]
		if s.absent {
			if s.fault.code != "" && a.NullN() < a.Len() {
				for i := range a.Len() {
					if !a.IsNull(i) {
						wrong.add(i, s.fault)
					}
				}
			}
			continue
		}
		converted, err := c.convert(s, a, wrong)
		if err != nil {
			return out, err
		}
		out = append(out, converted)
	}
	return out, nil
}

// convert brings one array into the step's type. It borrows a and returns the array owned.
func (c conformer) convert(s step, a arrow.Array, wrong *faults) (arrow.Array, error) {
	if s.required && a.NullN() > 0 {
		for i := range a.Len() {
			if a.IsNull(i) {
				wrong.add(i, fault{CodeRequired, fmt.Sprintf("column `%s` is required and null", s.path)})
			}
		}
	}
	if d, ok := a.(*array.Dictionary); ok {
		plain, err := compute.TakeArrayOpts(compute.WithAllocator(c.ctx, c.mem), d.Dictionary(), d.Indices(), compute.TakeOptions{})
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", s.path, err)
		}
		defer plain.Release()
		a = plain
	}
	switch typed := a.(type) {
	case *array.Struct:
		return c.convertStruct(s, typed, wrong)
	case *array.Map:
		return c.convertMap(s, typed, wrong)
	case *array.List:
		return c.convertList(s, typed, wrong)
	}
	if s.cast != nil {
		return s.cast(c.mem, a, s.target, wrong)
	}
	return retype(a, s.target), nil
}

// retype returns a with another type of the same layout, owned, over the same memory.
func retype(a arrow.Array, t arrow.DataType) arrow.Array {
	d := a.Data()
	data := array.NewData(t, d.Len(), d.Buffers(), d.Children(), d.NullN(), d.Offset())
	defer data.Release()
	return array.MakeFromData(data)
}

func (c conformer) convertStruct(s step, a *array.Struct, wrong *faults) (arrow.Array, error) {
	in := make([]arrow.Array, a.NumField())
	for i := range in {
		in[i] = a.Field(i)
	}
	var inner faults
	members, err := c.columns(s.children, in, &inner)
	defer releaseAll(members)
	if err != nil {
		return nil, err
	}
	for _, f := range inner {
		if !a.IsNull(f.at) { // what lies under a null struct is nothing
			wrong.add(f.at, f.fault)
		}
	}
	validity := c.validity(a)
	defer releaseBuffer(validity)
	return assemble(s.target, a.Len(), a.NullN(), []*memory.Buffer{validity}, members), nil
}

func (c conformer) convertList(s step, a *array.List, wrong *faults) (arrow.Array, error) {
	offsets, base, end := bounds(a.Offsets(), a.Offset(), a.Len())
	values := array.NewSlice(a.ListValues(), int64(base), int64(end))
	defer values.Release()
	var inner faults
	converted, err := c.convert(s.children[0], values, &inner)
	if err != nil {
		return nil, err
	}
	defer converted.Release()
	*wrong = append(*wrong, inner.parents(offsets, base, a.IsNull)...)
	return c.rebase(s.target, a, offsets, base, converted), nil
}

func (c conformer) convertMap(s step, a *array.Map, wrong *faults) (arrow.Array, error) {
	offsets, base, end := bounds(a.Offsets(), a.Offset(), a.Len())
	entries := make([]arrow.Array, 0, 2)
	defer func() { releaseAll(entries) }()
	for i, child := range []arrow.Array{a.Keys(), a.Items()} {
		part := array.NewSlice(child, int64(base), int64(end))
		var inner faults
		converted, err := c.convert(s.children[i], part, &inner)
		part.Release()
		if err != nil {
			return nil, err
		}
		entries = append(entries, converted)
		*wrong = append(*wrong, inner.parents(offsets, base, a.IsNull)...)
	}
	pairs := assemble(s.target.(*arrow.MapType).Elem(), int(end-base), 0, []*memory.Buffer{nil}, entries)
	defer pairs.Release()
	return c.rebase(s.target, a, offsets, base, pairs), nil
}

// bounds returns the offsets of n lists from the given one on, and the values that they span.
func bounds(all []int32, from, n int) (offsets []int32, base, end int32) {
	if n == 0 {
		return []int32{0}, 0, 0
	}
	offsets = all[from : from+n+1]
	return offsets, offsets[0], offsets[n]
}

// rebase makes a list or map of a's validity, over values that begin at base. It borrows values and returns owned.
func (c conformer) rebase(t arrow.DataType, a arrow.Array, offsets []int32, base int32, values arrow.Array) arrow.Array {
	buf := memory.NewResizableBuffer(c.mem)
	defer buf.Release()
	buf.Resize(arrow.Int32Traits.BytesRequired(len(offsets)))
	moved := arrow.Int32Traits.CastFromBytes(buf.Bytes())
	for i, o := range offsets {
		moved[i] = o - base
	}
	validity := c.validity(a)
	defer releaseBuffer(validity)
	return assemble(t, a.Len(), a.NullN(), []*memory.Buffer{validity, buf}, []arrow.Array{values})
}

// assemble makes a nested array. It borrows everything and returns owned.
func assemble(t arrow.DataType, n, nulls int, buffers []*memory.Buffer, children []arrow.Array) arrow.Array {
	inner := make([]arrow.ArrayData, len(children))
	for i, child := range children {
		inner[i] = child.Data()
	}
	data := array.NewData(t, n, buffers, inner, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// validity returns a's validity bitmap beginning at its first row, or nil when nothing is null. It returns owned.
func (c conformer) validity(a arrow.Array) *memory.Buffer { return validity(c.mem, a) }

func validity(mem memory.Allocator, a arrow.Array) *memory.Buffer {
	if a.NullN() == 0 {
		return nil
	}
	buf := a.Data().Buffers()[0]
	if a.Data().Offset() == 0 {
		buf.Retain()
		return buf
	}
	out := memory.NewResizableBuffer(mem)
	out.Resize(int(bitutil.BytesForBits(int64(a.Len()))))
	bitutil.CopyBitmap(buf.Bytes(), a.Data().Offset(), a.Len(), out.Bytes(), 0)
	return out
}

func releaseBuffer(b *memory.Buffer) {
	if b != nil {
		b.Release()
	}
}
