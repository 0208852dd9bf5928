package switching

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/processors/internal/columns"
	"github.com/iggy-flow/iggy-flow/processors/internal/condition"
	"github.com/iggy-flow/iggy-flow/schemas"
)

type processor struct {
	env      engine.Env
	branches []*branch // the last one takes what is left
	layout   columns.Layout
	schema   *schemas.Schema // of what is emitted
	arrow    *arrow.Schema

	chosen []int32   // of each row: the branch that takes it; scratch
	rows   [][]int32 // of each branch; scratch
}

var (
	_ engine.Processor = (*processor)(nil)
	_ engine.Nested    = (*processor)(nil)
)

// branch is one case, or the way of the records that meet none.
type branch struct {
	when      dsl.Expression // zero for the rest
	at        source.Range   // of the case
	condition *condition.Condition
	chain     *engine.Chain // nil for records that pass as they are
	out       *engine.Out   // what the chain's result is gathered through
	gathered  gatherer
	shape     engine.Shape // what comes out

	emitted *schemas.Schema // that from was computed for
	from    []int           // of each joined column: its index in emitted, or -1
}

func newProcessor(c Config, env engine.Env) (engine.Processor, error) {
	p := &processor{env: env}
	var ds source.Diagnostics
	for i, k := range c.Cases {
		chain, found := env.Chain(k.Processors)
		ds = append(ds, found...)
		b := &branch{when: k.When, at: item(*env.Node, i), chain: chain}
		ds = append(ds, stateless(chain)...)
		p.branches = append(p.branches, b)
	}
	if ds.HasErrors() {
		return nil, engine.DiagnosticsError{Diagnostics: ds}
	}
	if !c.Cases[len(c.Cases)-1].When.IsZero() {
		p.branches = append(p.branches, &branch{at: env.Node.Range})
	}
	p.rows = make([][]int32, len(p.branches))
	for _, b := range p.branches {
		b.out = engine.NewOut(env.Site(), &b.gathered)
	}
	return p, nil
}

// stateless refuses processors that carry something from batch to batch: rows that they hold back have lost their place
// among the others.
func stateless(chain *engine.Chain) (ds source.Diagnostics) {
	for _, n := range chain.Nodes() {
		if _, stateful := n.Processor.(engine.Stateful); stateful {
			ds = append(ds, source.Diagnostic{
				Code: "switch-stateful", Range: n.Component.NameRange,
				Found:    "`" + n.Component.Name + "` carries something from record to record, and cannot stand in a case",
				Expected: "processors that look at one record at a time",
				Fix:      "move `" + n.Component.Name + "` before or behind the `switch`",
			})
		}
	}
	return ds
}

// Branches implements engine.Nested.
func (p *processor) Branches() []engine.Branch {
	var out []engine.Branch
	for _, b := range p.branches {
		if b.chain != nil {
			out = append(out, engine.Branch{When: b.when.Source, Chain: b.chain})
		}
	}
	return out
}

// Bind implements engine.Processor. The columns of all branches, in the order in which they are first met, are what is
// emitted.
func (p *processor) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) {
	var ds source.Diagnostics
	for _, b := range p.branches {
		ds = append(ds, b.bind(p.env, in)...)
	}
	if ds.HasErrors() {
		return engine.Shape{}, ds
	}
	fields, found := p.join()
	ds = append(ds, found...)
	if ds.HasErrors() {
		return engine.Shape{}, ds
	}
	ordered := make([]schemas.Field, len(fields))
	for to, i := range p.layout.Arrange(in.Columns, fields) {
		ordered[to] = fields[i]
	}
	p.schema = schemas.New(ordered...)
	for _, b := range p.branches {
		if b.shape.Columns.Open() {
			p.schema = schemas.NewOpen(ordered...)
		}
		b.emitted = nil
	}
	p.arrow = p.schema.Arrow()
	return engine.Shape{Columns: p.schema, Meta: in.Meta}, ds
}

func (b *branch) bind(env engine.Env, in engine.Shape) (ds source.Diagnostics) {
	if !b.when.IsZero() {
		compiled, found := condition.Compile(env, in, b.when, "switch-type")
		ds = append(ds, found...)
		if compiled != nil {
			b.condition.Close()
			b.condition = compiled
		}
	}
	b.shape = in
	if b.chain != nil {
		shape, found := b.chain.Bind(in)
		b.shape, ds = shape, append(ds, found...)
	}
	return ds
}

// join finds the columns of all branches. A column is required when it is so in every branch.
func (p *processor) join() (fields []schemas.Field, ds source.Diagnostics) {
	index := map[string]int{}
	var met []int // branches that have the column
	var by []int  // the first of them
	for i, b := range p.branches {
		for _, f := range b.shape.Columns.Fields() {
			at, known := index[f.Name]
			if !known {
				index[f.Name] = len(fields)
				fields, met, by = append(fields, f), append(met, 1), append(by, i)
				continue
			}
			joined := &fields[at]
			met[at]++
			joined.Required = joined.Required && f.Required
			switch {
			case joined.Type.Equal(f.Type) || f.Type.Kind == schemas.Unknown:
			case joined.Type.Kind == schemas.Unknown:
				joined.Type = f.Type
			default:
				ds = append(ds, p.conflict(*joined, f, by[at], i))
			}
		}
	}
	for i := range fields {
		fields[i].Required = fields[i].Required && met[i] == len(p.branches)
	}
	return fields, ds
}

// conflict reports a column that is f in one branch and g in another.
func (p *processor) conflict(f, g schemas.Field, first, second int) source.Diagnostic {
	at := p.branches[second].at
	if p.branches[second].chain == nil {
		at = p.branches[first].at // the records that no case takes have no place of their own
	}
	return source.Diagnostic{
		Code: "switch-join", Range: at,
		Found:    "the column `" + f.Name + "` is " + f.Type.String() + " behind " + p.title(first) + " and " + g.Type.String() + " behind " + p.title(second),
		Expected: "one type for each column, whatever case a record takes",
		Fix:      "convert it in one of them, as in `cast: {" + f.Name + ": " + f.Type.String() + "}`, or give it another name there",
	}
}

// title is how messages call a branch.
func (p *processor) title(i int) string {
	b := p.branches[i]
	switch {
	case b.chain == nil:
		return "no case, as the record came"
	case b.when.IsZero():
		return "the last case"
	default:
		return "case " + strconv.Itoa(i+1) + " (`" + b.when.Source + "`)"
	}
}
