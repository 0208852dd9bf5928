package remove

import (
	"context"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/processors/internal/columns"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Config is what a document says under remove.
type Config struct {
	Columns []dsl.Text `flow:"columns,required,body" doc:"The columns to drop."`
}

// Register adds the remove processor to r.
func Register(r *engine.Registry) {
	engine.AddProcessor(r, engine.ProcessorSpec[Config]{
		Name:        "remove",
		Summary:     "Drops the named columns and keeps the others.",
		Description: "Only whole columns can be removed. To remove a part of one, set the column to what is left of it.",
		Since:       "0.1.0",
		Examples:    []dsl.Example{{Title: "Without an internal column", Document: removeExample}},
		New:         newProcessor,
	})
}

const removeExample = `name: public
input:
  stdin: {}
  schema: {fields: {id: int64, status: string, internal_note: string}}
processors:
  - remove: [internal_note]
output: {stdout: {}}
`

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) (ds source.Diagnostics) {
	if len(c.Columns) == 0 {
		ds = append(ds, source.Diagnostic{
			Code: "remove-empty", Range: at.Range, Found: "`remove` removes no column",
			Expected: "the names of the columns to drop", Fix: "write such as `remove: [note]`, or leave it out",
		})
	}
	return append(ds, columns.Twice(c.Columns)...)
}

type processor struct {
	config Config
	left   *columns.Subset
}

var _ engine.Processor = (*processor)(nil)

func newProcessor(c Config, _ engine.Env) (engine.Processor, error) {
	return &processor{config: c}, nil
}

// Bind implements engine.Processor.
func (p *processor) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) {
	var ds source.Diagnostics
	dropped := make(map[int]bool, len(p.config.Columns))
	for _, name := range p.config.Columns {
		_, i, found := columns.Find(in.Columns, name.Value, name.Range)
		ds = append(ds, found...)
		dropped[i] = true
	}
	if ds.HasErrors() {
		return engine.Shape{}, ds
	}
	var fields []schemas.Field
	var from []int
	for i := range in.Columns.Len() {
		if !dropped[i] {
			fields, from = append(fields, in.Columns.Field(i)), append(from, i)
		}
	}
	p.left = columns.Choose(columns.Like(in.Columns, fields), from)
	return engine.Shape{Columns: p.left.Schema, Meta: in.Meta}, ds
}

// Process emits b without the named columns; no value is copied. It takes b.
func (p *processor) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	return out.Emit(ctx, p.left.Of(b))
}
