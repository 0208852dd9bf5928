package set

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/processors/internal/columns"
	"github.com/iggy-flow/iggy-flow/processors/internal/projection"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Config is what a document says under set.
type Config struct {
	Columns dsl.Map[dsl.Expression] `flow:"columns,required,body" doc:"The columns to set, each by an expression over the record as it entered."`
}

// Register adds the set processor to r.
func Register(r *engine.Registry) {
	engine.AddProcessor(r, engine.ProcessorSpec[Config]{
		Name:    "set",
		Summary: "Adds columns, or replaces them, by expressions.",
		Description: "Columns are added in the order in which they are written; one that exists keeps its place. Every expression sees the record as it " +
			"entered the processor, so that two columns can be exchanged. A record on which an expression fails is rejected with its reason.",
		Since: "0.1.0",
		Examples: []dsl.Example{
			{Title: "Derive columns", Document: deriveExample},
			{Title: "Keep what the input knows of a record", Document: metaExample},
		},
		New: newProcessor,
	})
}

const deriveExample = `name: derive
input:
  stdin: {}
  schema: {fields: {id: int64, region: string, net: double, rate: double}}
processors:
  - set:
      region: lower(region) ?? "unknown"
      gross:  net * (1 + rate)
output: {stdout: {}}
`

const metaExample = `name: with-path
input:
  file: orders.ndjson
  schema: {fields: {id: int64}}
processors:
  - set:
      file: meta.path
      line: meta.record + 1
output: {stdout: {}}
`

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) (ds source.Diagnostics) {
	if len(c.Columns) == 0 {
		ds = append(ds, source.Diagnostic{
			Code: "set-empty", Range: at.Range, Found: "`set` sets no column",
			Expected: "a name and an expression for each column", Fix: "write such as `set: {day: ts.Format(\"2006-01-02\")}`, or remove it",
		})
	}
	return ds
}

type processor struct {
	config Config
	env    engine.Env
	layout columns.Layout
	values *projection.Projection
	schema *schemas.Schema // what is emitted
	arrow  *arrow.Schema
	from   []int // of each column: its index in the input, or, from width on, width plus that of its expression
	width  int   // columns of the input
}

var _ engine.Processor = (*processor)(nil)

func newProcessor(c Config, env engine.Env) (engine.Processor, error) {
	return &processor{config: c, env: env}, nil
}

// Bind implements engine.Processor.
func (p *processor) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) {
	values, ds := projection.Compile(p.env, in, p.config.Columns)
	if values == nil {
		return engine.Shape{}, ds
	}
	p.values.Close()
	p.values, p.width = values, in.Columns.Len()

	fields := in.Columns.Fields()
	from := make([]int, len(fields))
	for i := range from {
		from[i] = i
	}
	for i, f := range values.Fields {
		if _, at, ok := in.Columns.Lookup(f.Name); ok && at >= 0 {
			fields[at], from[at] = f, p.width+i
			continue
		}
		fields, from = append(fields, f), append(from, p.width+i)
	}
	ordered := make([]schemas.Field, len(fields))
	p.from = make([]int, len(fields))
	for to, i := range p.layout.Arrange(in.Columns, fields) {
		ordered[to], p.from[to] = fields[i], from[i]
	}
	p.schema = columns.Like(in.Columns, ordered)
	p.arrow = p.schema.Arrow()
	return engine.Shape{Columns: p.schema, Meta: in.Meta}, ds
}

// Process emits the rows of b with the new columns. A row on which an expression fails is rejected as it entered.
//
// It takes b. The emitted batch belongs to the next stage; columns that are not set are shared with b.
func (p *processor) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	values, failed, err := p.values.Eval(ctx, b)
	if err != nil {
		return err
	}
	defer release(values)
	if err := out.Reject(ctx, b, failed); err != nil {
		return fmt.Errorf("reject %d rows: %w", len(failed), err)
	}
	merged := make([]arrow.Array, len(p.from))
	for i, from := range p.from {
		if from < p.width {
			merged[i] = b.Columns.Column(from)
		} else {
			merged[i] = values[from-p.width]
		}
	}
	whole := b.With(p.schema, array.NewRecordBatch(p.arrow, merged, b.Columns.NumRows()))
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

func release(arrays []arrow.Array) {
	for _, a := range arrays {
		a.Release()
	}
}
