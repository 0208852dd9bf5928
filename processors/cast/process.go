package cast

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/processors/internal/columns"
	"github.com/iggy-flow/iggy-flow/schemas"
)

type processor struct {
	config  Config
	env     engine.Env
	casts   []conversion
	schema  *schemas.Schema
	arrow   *arrow.Schema
	scratch run
}

// conversion is what happens to one column.
type conversion struct {
	column   int
	name     string
	from, to schemas.Type
	dt       arrow.DataType // of to
	at       source.Range   // of the type in the document
	kernel   kernel
}

var _ engine.Processor = (*processor)(nil)

func newProcessor(c Config, env engine.Env) (engine.Processor, error) {
	return &processor{config: c, env: env, scratch: run{mem: env.Mem}}, nil
}

// Bind implements engine.Processor: columns keep their places and names.
func (p *processor) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) {
	var ds source.Diagnostics
	fields := in.Columns.Fields()
	p.casts = p.casts[:0]
	for _, e := range p.config.Types {
		f, i, found := columns.Find(in.Columns, e.Key, e.KeyRange)
		ds = append(ds, found...)
		if len(found) > 0 {
			continue
		}
		at := p.env.Node.Field(e.Key).Range
		if i < 0 {
			f.Type = e.Value
			fields = append(fields, f)
			continue
		}
		fields[i].Type = e.Value
		if f.Type.Kind == schemas.Unknown || f.Type.Equal(e.Value) {
			continue
		}
		k := kernelFor(f.Type, e.Value)
		if k == nil {
			ds = append(ds, unsupported(f, e.Value, at))
			continue
		}
		p.casts = append(p.casts, conversion{column: i, name: f.Name, from: f.Type, to: e.Value, dt: e.Value.Arrow(), at: at, kernel: k})
	}
	if ds.HasErrors() {
		return engine.Shape{}, ds
	}
	p.schema = columns.Like(in.Columns, fields)
	p.arrow = p.schema.Arrow()
	return engine.Shape{Columns: p.schema, Meta: in.Meta}, ds
}

// Process emits b with the columns converted. A row with a value that the new type cannot hold is rejected as it entered,
// with the first such value in the order of the document.
//
// It takes b. The emitted batch belongs to the next stage; columns that are not converted are shared with b.
func (p *processor) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	converted := slices.Clone(b.Columns.Columns())
	var owned []arrow.Array
	defer func() {
		for _, a := range owned {
			a.Release()
		}
	}()
	var failed []engine.Rejection
	for _, c := range p.casts {
		in := b.Columns.Column(c.column)
		r := &p.scratch
		r.from, r.to, r.dt, r.failed = c.from, c.to, c.dt, r.failed[:0]
		a := c.kernel(r, in)
		owned = append(owned, a)
		converted[c.column] = a
		for _, row := range r.failed {
			failed = append(failed, engine.Rejection{Row: int(row), Code: "cast", Message: message(c, in, int(row)), Range: c.at})
		}
	}
	slices.SortStableFunc(failed, func(x, y engine.Rejection) int { return x.Row - y.Row })
	failed = slices.CompactFunc(failed, func(x, y engine.Rejection) bool { return x.Row == y.Row })
	if err := out.Reject(ctx, b, failed); err != nil {
		return fmt.Errorf("reject %d rows: %w", len(failed), err)
	}
	whole := b.With(p.schema, array.NewRecordBatch(p.arrow, converted, b.Columns.NumRows()))
	if len(failed) == 0 {
		return out.Emit(ctx, whole)
	}
	defer whole.Release()
	rest, err := whole.Without(ctx, p.env.Mem, failed)
	if err != nil {
		return fmt.Errorf("leave %d of %d rows out: %w", len(failed), b.Len(), err)
	}
	return out.Emit(ctx, rest)
}
