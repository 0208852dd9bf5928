package merge

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// merge joins streams by name: each batch gets the columns that its input lacks as nulls.
type merge struct {
	env     engine.Env
	inputs  []*engine.Node
	columns layout
	meta    layout
}

var _ engine.Combiner = (*merge)(nil)

func newMerge(c Config, env engine.Env) (engine.Combiner, error) {
	nodes, ds := env.Inputs(c.Inputs)
	if ds.HasErrors() {
		return nil, engine.DiagnosticsError{Diagnostics: ds}
	}
	return &merge{env: env, inputs: nodes}, nil
}

// Inputs implements engine.Combiner.
func (m *merge) Inputs() []*engine.Node { return m.inputs }

// Bind implements engine.Combiner.
func (m *merge) Bind(in []engine.Shape) (engine.Shape, source.Diagnostics) {
	columns, meta := make([]*schemas.Schema, len(in)), make([]*schemas.Schema, len(in))
	for i, s := range in {
		columns[i], meta[i] = s.Columns, s.Meta
	}
	ds := m.join(&m.columns, columns)
	ds = append(ds, m.join(&m.meta, meta)...)
	return engine.Shape{Columns: m.columns.schema, Meta: m.meta.schema}, ds
}

// layout says where the columns of each input stand among those of all.
type layout struct {
	schema *schemas.Schema
	fields *arrow.Schema
	from   [][]int // by input and joined column: the index in the input, or -1
}

// join lists the columns of all inputs in l: those that it has already, in their order, then those of the first input.
func (m *merge) join(l *layout, in []*schemas.Schema) (ds source.Diagnostics) {
	var fields []schemas.Field
	var owner []int // of each field: the input that had it first
	index, open := map[string]int{}, false
	for i, s := range in {
		open = open || s.Open()
		for _, f := range s.Fields() {
			at, known := index[f.Name]
			if !known {
				index[f.Name] = len(fields)
				fields, owner = append(fields, f), append(owner, i)
				continue
			}
			have := fields[at]
			switch {
			case have.Type.Kind == schemas.Unknown:
				fields[at].Type = f.Type
			case f.Type.Kind != schemas.Unknown && !have.Type.Equal(f.Type):
				ds = append(ds, m.conflict(f, have, i, owner[at]))
			}
			fields[at].Required = have.Required && f.Required
		}
	}
	for i := range fields { // what one input lacks is null there
		for _, s := range in {
			if _, at, _ := s.Lookup(fields[i].Name); at < 0 {
				fields[i].Required = false
			}
		}
	}
	if l.schema != nil {
		slices.SortStableFunc(fields, func(f, g schemas.Field) int { return cmp.Compare(l.place(f.Name), l.place(g.Name)) })
	}
	l.schema, l.from = schemas.New(fields...), nil
	if open {
		l.schema = schemas.NewOpen(fields...)
	}
	l.fields = l.schema.Arrow()
	for _, s := range in {
		from := make([]int, len(fields))
		for c, f := range fields {
			_, from[c], _ = s.Lookup(f.Name)
		}
		l.from = append(l.from, from)
	}
	return ds
}

// place is where a column stands now; those that are new stand behind all others.
func (l *layout) place(name string) int {
	if _, i, _ := l.schema.Lookup(name); i >= 0 {
		return i
	}
	return l.schema.Len()
}

func (m *merge) conflict(f, have schemas.Field, second, first int) source.Diagnostic {
	return source.Diagnostic{
		Code: "merge-types", Range: m.inputs[second].Component.NameRange,
		Found:    fmt.Sprintf("%s has a column `%s` of type %s, and %s has one of type %s", m.inputs[second].Site.Path, f.Name, f.Type, m.inputs[first].Site.Path, have.Type),
		Expected: "one type for each name", Fix: "declare a `schema` that gives both the same type, or another name",
	}
}

// Fit implements engine.Combiner. It takes b.
func (m *merge) Fit(_ context.Context, i int, b *engine.Batch) (*engine.Batch, error) {
	defer b.Release()
	columns := make([]arrow.Array, len(m.columns.from[i]))
	for c, from := range m.columns.from[i] {
		if from >= 0 {
			columns[c] = b.Columns.Column(from)
			columns[c].Retain()
			continue
		}
		columns[c] = array.MakeArrayOfNull(m.env.Mem, m.columns.fields.Field(c).Type, b.Len())
	}
	defer release(columns)
	fitted := array.NewRecordBatch(m.columns.fields, columns, int64(b.Len()))
	return b.Derive(m.columns.schema, fitted, m.fitMeta(i, b), b.Origin), nil
}

// fitMeta adds the fields of other inputs to those of b that the plan reads. It borrows b; the result is owned.
func (m *merge) fitMeta(i int, b *engine.Batch) arrow.RecordBatch {
	fields, columns := b.Meta.Schema().Fields(), slices.Clone(b.Meta.Columns())
	var made []arrow.Array
	for c, from := range m.meta.from[i] {
		if from < 0 {
			made = append(made, array.MakeArrayOfNull(m.env.Mem, m.meta.fields.Field(c).Type, b.Len()))
			fields = append(fields, m.meta.fields.Field(c))
		}
	}
	if len(made) == 0 {
		b.Meta.Retain()
		return b.Meta
	}
	defer release(made)
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), append(columns, made...), int64(b.Len()))
}

func release(columns []arrow.Array) {
	for _, c := range columns {
		c.Release()
	}
}
