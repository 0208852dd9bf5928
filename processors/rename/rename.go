package rename

import (
	"context"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/processors/internal/columns"
)

// Config is what a document says under rename.
type Config struct {
	Names dsl.Map[dsl.Text] `flow:"names,required,body" doc:"The new name of each column, by its old one."`
}

// Register adds the rename processor to r.
func Register(r *engine.Registry) {
	engine.AddProcessor(r, engine.ProcessorSpec[Config]{
		Name:    "rename",
		Summary: "Gives columns other names; each keeps its place.",
		Description: "All columns are renamed at once, so that two can exchange their names. A name that another column keeps is an error: " +
			"nothing is overwritten.",
		Since:    "0.1.0",
		Examples: []dsl.Example{{Title: "A clearer name", Document: renameExample}},
		New:      newProcessor,
	})
}

const renameExample = `name: clearer
input:
  stdin: {}
  schema: {fields: {id: int64, ts: timestamp}}
processors:
  - rename: {ts: event_time}
output: {stdout: {}}
`

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) (ds source.Diagnostics) {
	if len(c.Names) == 0 {
		ds = append(ds, source.Diagnostic{
			Code: "rename-empty", Range: at.Range, Found: "`rename` renames no column",
			Expected: "an old and a new name for each column", Fix: "write such as `rename: {ts: event_time}`, or leave it out",
		})
	}
	taken := make(map[string]string, len(c.Names))
	for _, e := range c.Names {
		if e.Value.Value == "" {
			ds = append(ds, source.Diagnostic{Code: "rename-name", Range: e.Value.Range, Found: "the new name of `" + e.Key + "` is empty", Expected: "a name"})
			continue
		}
		if other, twice := taken[e.Value.Value]; twice {
			ds = append(ds, source.Diagnostic{
				Code: "rename-taken", Range: e.Value.Range, Found: "`" + other + "` and `" + e.Key + "` get the same name, `" + e.Value.Value + "`",
				Expected: "a name for each column", Fix: "choose another name for `" + e.Key + "`",
			})
		}
		taken[e.Value.Value] = e.Key
	}
	return ds
}

type processor struct {
	config  Config
	renamed *columns.Subset
}

var _ engine.Processor = (*processor)(nil)

func newProcessor(c Config, _ engine.Env) (engine.Processor, error) {
	return &processor{config: c}, nil
}

// Bind implements engine.Processor.
func (p *processor) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) {
	var ds source.Diagnostics
	fields := in.Columns.Fields()
	from := make([]int, len(fields))
	for i := range from {
		from[i] = i
	}
	for _, e := range p.config.Names {
		f, i, found := columns.Find(in.Columns, e.Key, e.KeyRange)
		ds = append(ds, found...)
		switch {
		case len(found) > 0:
		case i < 0: // an open schema may have it
			f.Name = e.Value.Value
			fields = append(fields, f)
		default:
			fields[i].Name = e.Value.Value
		}
	}
	for _, e := range p.config.Names {
		ds = append(ds, p.taken(in, e)...)
	}
	if ds.HasErrors() {
		return engine.Shape{}, ds
	}
	p.renamed = columns.Choose(columns.Like(in.Columns, fields), from)
	return engine.Shape{Columns: p.renamed.Schema, Meta: in.Meta}, ds
}

// taken reports that the new name of e is the name of a column that keeps it.
func (p *processor) taken(in engine.Shape, e dsl.Entry[dsl.Text]) source.Diagnostics {
	name := e.Value.Value
	_, i, ok := in.Columns.Lookup(name)
	if !ok || i < 0 || name == e.Key {
		return nil
	}
	if _, moves := p.config.Names.Lookup(name); moves {
		return nil
	}
	return source.Diagnostics{{
		Code: "rename-taken", Range: e.Value.Range, Found: "the record has a column `" + name + "` already",
		Expected: "a name that no other column has",
		Fix:      "choose another name, or drop the other column before: `remove: [" + name + "]`",
	}}
}

// Process emits b under the new names; no value is copied. It takes b.
func (p *processor) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	return out.Emit(ctx, p.renamed.Of(b))
}
