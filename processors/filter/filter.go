package filter

import (
	"context"
	"fmt"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/processors/internal/condition"
)

// Config is what a document says under filter.
type Config struct {
	Condition dsl.Expression `flow:"condition,required,body" doc:"A record goes on when this is true; false and null drop it."`
}

// Register adds the filter processor to r.
func Register(r *engine.Registry) {
	engine.AddProcessor(r, engine.ProcessorSpec[Config]{
		Name:    "filter",
		Summary: "Keeps the records for which a condition is true.",
		Description: "Records for which the condition is false or null are dropped and counted as filtered. " +
			"A record on which it fails, such as a division by zero, is rejected with its reason.",
		Since:    "0.1.0",
		Examples: []dsl.Example{{Title: "Paid orders above an amount", Document: ordersExample}},
		New:      newProcessor,
	})
}

const ordersExample = `name: paid-orders
vars:
  min: {type: double, default: 100}
input:
  stdin: {}
  schema: {fields: {id: int64, status: string, total: double}}
processors:
  - filter: status == "paid" && total >= vars.min
output: {stdout: {}}
`

type processor struct {
	config    Config
	env       engine.Env
	condition *condition.Condition
}

var _ engine.Processor = (*processor)(nil)

func newProcessor(c Config, env engine.Env) (engine.Processor, error) {
	return &processor{config: c, env: env}, nil
}

// Bind implements engine.Processor: the shape stays what it is.
func (p *processor) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) {
	compiled, ds := condition.Compile(p.env, in, p.config.Condition, "filter-type")
	if compiled == nil {
		return engine.Shape{}, ds
	}
	p.condition.Close()
	p.condition = compiled
	return in, ds
}

// Process emits the rows of b for which the condition is true. False and null count as filtered; a row on which the
// condition fails is rejected with its reason.
//
// It takes b. The emitted batch belongs to the next stage.
func (p *processor) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	rows, failed, err := p.condition.Select(ctx, b)
	if err != nil {
		return err
	}
	if err := out.Reject(ctx, b, engine.Rejections(failed)); err != nil {
		return fmt.Errorf("reject %d rows: %w", len(failed), err)
	}
	out.Count(engine.Filtered, b.Len()-len(rows)-len(failed))
	if len(rows) == 0 {
		return nil
	}
	kept, err := b.Take(ctx, p.env.Mem, rows)
	if err != nil {
		return fmt.Errorf("keep %d of %d rows: %w", len(rows), b.Len(), err)
	}
	return out.Emit(ctx, kept)
}
