package keep

import (
	"context"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/processors/internal/columns"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Config is what a document says under keep.
type Config struct {
	Columns []dsl.Text `flow:"columns,required,body" doc:"The columns to keep."`
}

// Register adds the keep processor to r.
func Register(r *engine.Registry) {
	engine.AddProcessor(r, engine.ProcessorSpec[Config]{
		Name:    "keep",
		Summary: "Keeps the named columns and drops the others.",
		Description: "The columns stay in the order that they have in the record, whatever the order of their names here; `select` brings them into " +
			"another one. New columns of an inferred schema do not pass.",
		Since:    "0.1.0",
		Examples: []dsl.Example{{Title: "Two columns of three", Document: keepExample}},
		New:      newProcessor,
	})
}

const keepExample = `name: ids
input:
  stdin: {}
  schema: {fields: {id: int64, status: string, note: string}}
processors:
  - keep: [id, status]
output: {stdout: {}}
`

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) (ds source.Diagnostics) {
	if len(c.Columns) == 0 {
		ds = append(ds, source.Diagnostic{
			Code: "keep-empty", Range: at.Range, Found: "`keep` keeps no column",
			Expected: "the names of the columns to keep", Fix: "write such as `keep: [id]`",
		})
	}
	return append(ds, columns.Twice(c.Columns)...)
}

type processor struct {
	config Config
	kept   *columns.Subset
}

var _ engine.Processor = (*processor)(nil)

func newProcessor(c Config, _ engine.Env) (engine.Processor, error) {
	return &processor{config: c}, nil
}

// Bind implements engine.Processor. Of an open schema the named columns are all that is left.
func (p *processor) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) {
	var ds source.Diagnostics
	var unknown []schemas.Field
	named := make(map[int]bool, len(p.config.Columns))
	for _, name := range p.config.Columns {
		f, i, found := columns.Find(in.Columns, name.Value, name.Range)
		ds = append(ds, found...)
		if i < 0 {
			unknown = append(unknown, f)
			continue
		}
		named[i] = true
	}
	if ds.HasErrors() {
		return engine.Shape{}, ds
	}
	var fields []schemas.Field
	var from []int
	for i := range in.Columns.Len() {
		if named[i] {
			fields, from = append(fields, in.Columns.Field(i)), append(from, i)
		}
	}
	p.kept = columns.Choose(schemas.New(append(fields, unknown...)...), from)
	return engine.Shape{Columns: p.kept.Schema, Meta: in.Meta}, ds
}

// Process emits b with the named columns alone; no value is copied. It takes b.
func (p *processor) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	return out.Emit(ctx, p.kept.Of(b))
}
