package selection

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/processors/internal/projection"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Config is what a document says under select.
type Config struct {
	Columns dsl.Map[dsl.Expression] `flow:"columns,required,body" doc:"All columns of the new record, in this order, each by an expression."`
}

// Register adds the select processor to r.
func Register(r *engine.Registry) {
	engine.AddProcessor(r, engine.ProcessorSpec[Config]{
		Name:    "select",
		Summary: "Makes a new record of expressions: these columns, in this order, and no others.",
		Description: "Every expression sees the record as it entered. A record on which an expression fails is rejected with its reason. " +
			"New columns of an inferred schema do not pass. To choose columns without computing any, `keep` is shorter.",
		Since:    "0.1.0",
		Examples: []dsl.Example{{Title: "Three columns of many", Document: selectExample}},
		New:      newProcessor,
	})
}

const selectExample = `name: invoices
input:
  stdin: {}
  schema: {fields: {id: int64, customer: "struct{name: string, country: string}", net: double, rate: double, note: string}}
processors:
  - select:
      order:    id
      customer: customer.name
      gross:    net * (1 + rate)
output: {stdout: {}}
`

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) (ds source.Diagnostics) {
	if len(c.Columns) == 0 {
		ds = append(ds, source.Diagnostic{
			Code: "select-empty", Range: at.Range, Found: "`select` selects no column",
			Expected: "a name and an expression for each column", Fix: "write such as `select: {id: id}`",
		})
	}
	return ds
}

type processor struct {
	config Config
	env    engine.Env
	values *projection.Projection
	schema *schemas.Schema // what is emitted
	arrow  *arrow.Schema
}

var _ engine.Processor = (*processor)(nil)

func newProcessor(c Config, env engine.Env) (engine.Processor, error) {
	return &processor{config: c, env: env}, nil
}

// Bind implements engine.Processor. What is emitted is known also when in is open.
func (p *processor) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) {
	values, ds := projection.Compile(p.env, in, p.config.Columns)
	if values == nil {
		return engine.Shape{}, ds
	}
	p.values.Close()
	p.values = values
	p.schema = schemas.New(values.Fields...)
	p.arrow = p.schema.Arrow()
	return engine.Shape{Columns: p.schema, Meta: in.Meta}, ds
}

// Process emits a new record for each row of b. A row on which an expression fails is rejected as it entered.
//
// It takes b. The emitted batch belongs to the next stage.
func (p *processor) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	values, failed, err := p.values.Eval(ctx, b)
	if err != nil {
		return err
	}
	whole := b.With(p.schema, array.NewRecordBatch(p.arrow, values, b.Columns.NumRows()))
	defer whole.Release()
	for _, a := range values {
		a.Release()
	}
	if err := out.Reject(ctx, b, failed); err != nil {
		return fmt.Errorf("reject %d rows: %w", len(failed), err)
	}
	rest, err := whole.Without(ctx, p.env.Mem, failed)
	if err != nil {
		return fmt.Errorf("leave %d of %d rows out: %w", len(failed), b.Len(), err)
	}
	return out.Emit(ctx, rest)
}
