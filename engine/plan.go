package engine

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Plan is a document with its components built: what lint checks, graph draws and Run runs. A plan runs once.
type Plan struct {
	Document   *dsl.Document
	Input      *Node
	Inputs     []*Node // that read a source: those of a combiner, else Input alone
	Chain      *Chain
	Output     *Node
	DeadLetter *Node // nil without one

	// Schema is what the records look like that the processors are given. It is nil before Bind.
	Schema *schemas.Schema

	registry *Registry
	options  PlanOptions
	nested   []*Node // processors within processors, for their notes
	ask, end func()
	begin    func(context.Context, []string, Positions) (Positions, error)
}

// PlanOptions are what the components of a plan are built with.
type PlanOptions struct {
	Mem memory.Allocator
	Log *slog.Logger
	Now func() time.Time // what now() is in expressions; time.Now when nil
}

// NewPlan builds the components of d. It does no I/O beyond reading schema files. All findings are reported; the plan is
// nil when one of them is an error.
func NewPlan(d *dsl.Document, r *Registry, o PlanOptions) (*Plan, source.Diagnostics) {
	p := &Plan{Document: d, registry: r, options: o, Chain: &Chain{}, ask: func() {}, end: func() {}, begin: storedOnly}
	var ds source.Diagnostics
	build := func(c dsl.Component) *Node {
		n, found := p.node(c)
		ds = append(ds, found...)
		return n
	}
	p.Input = build(d.Input)
	for _, c := range d.Processors {
		if n := build(c); n != nil {
			p.Chain.nodes = append(p.Chain.nodes, n)
		}
	}
	p.Output = build(d.Output)
	if d.DeadLetter != nil {
		p.DeadLetter = build(*d.DeadLetter)
	}
	if ds.HasErrors() {
		return nil, ds
	}
	p.Inputs = []*Node{p.Input}
	if p.Input.Combiner != nil {
		p.Inputs = p.Input.Combiner.Inputs()
		for _, n := range p.Inputs {
			n.joined = true
		}
	}
	return p, ds
}

// node builds one component. The node is nil when the findings have errors.
func (p *Plan) node(c dsl.Component) (*Node, source.Diagnostics) {
	e, ok := p.registry.components[c.Kind][c.Name]
	if !ok {
		return nil, nil // the document was parsed with this registry: dsl has reported it
	}
	var n *Node // when Begin is called, it is built
	env := Env{
		Pipeline: p.Document.Name, Path: c.Path, Label: c.Label, Dir: p.Document.Dir, Node: c.Body, Mem: p.options.Mem,
		Log:  p.options.Log.With("component", c.Path),
		Vars: p.Document.Vars, Clock: p.options.Now, Ask: func() { p.ask() }, End: func() { p.end() },
		Begin: func(ctx context.Context, splits []string, stored Positions) (Positions, error) {
			return p.beginOf(ctx, n, splits, stored)
		}, Keep: p.Document.DeadLetter != nil, notes: &notes{meta: map[string]bool{}},
	}
	env.build = func(inner dsl.Component) (*Node, source.Diagnostics) {
		n, ds := p.node(inner)
		if n != nil {
			p.nested = append(p.nested, n)
		}
		return n, ds
	}
	var ds source.Diagnostics
	if e.spec.Bytes {
		env.Format, ds = p.format(c)
		if c.Schema != nil {
			declared, found := dsl.LoadSchema(c.Schema, p.Document.Scope)
			env.Declared, ds = declared, append(ds, found...)
		}
	}
	n = &Node{Component: c, Spec: e.spec, Site: Site{Path: c.Path, Name: c.Name}, env: env, class: e.class}
	ds = append(ds, e.build(n, c.Body, p.Document.Scope)...)
	if ds.HasErrors() {
		return nil, ds
	}
	return n, ds
}

// format finds the codec that a byte component names; nil when it names none.
func (p *Plan) format(c dsl.Component) (*codec.Format, source.Diagnostics) {
	if c.Format == nil {
		return nil, nil
	}
	formats := &p.registry.Formats
	if f, ok := formats.Lookup(c.Format.Text); ok && c.Format.Kind == dsl.ScalarNode {
		return f, nil
	}
	d := source.Diagnostic{Code: "unknown-format", Range: c.Format.Range, Found: "unknown format", Expected: "one of: " + list(formats.Names())}
	if c.Format.Kind == dsl.ScalarNode {
		d.Found = "unknown format `" + c.Format.Text + "`"
		if near := source.Suggest(c.Format.Text, formats.Names()); near != "" {
			d.Fix = "write `" + near + "`"
		}
	}
	return nil, source.Diagnostics{d}
}

// rebuild constructs a node's component anew: one that was opened cannot be opened again.
func (p *Plan) rebuild(n *Node) source.Diagnostics {
	return p.registry.components[n.Component.Kind][n.Component.Name].build(n, n.Component.Body, p.Document.Scope)
}

// Sample finds the schema of each input's records, in the order of Inputs: the declared one, else what its first records
// look like. With atRest it is an open schema where that would need more than a look; without, it waits for the first
// records.
func (p *Plan) Sample(ctx context.Context, atRest bool) ([]*schemas.Schema, error) {
	all := make([]*schemas.Schema, len(p.Inputs))
	for i, n := range p.Inputs {
		s, err := n.sample(ctx, atRest)
		if err != nil {
			return nil, err
		}
		all[i] = s
	}
	return all, nil
}

func (n *Node) sample(ctx context.Context, atRest bool) (*schemas.Schema, error) {
	if d := n.env.Declared; d != nil {
		return d.Schema, nil
	}
	s, ok := n.Input.(Sampler)
	if !ok {
		return schemas.NewOpen(), nil
	}
	schema, err := s.Sample(ctx, atRest)
	if err != nil {
		return nil, err
	}
	if schema == nil {
		return schemas.NewOpen(), nil
	}
	return schema, nil
}

// inputAt is the input whose path in the document is given.
func (p *Plan) inputAt(path string) *Node {
	for _, n := range p.Inputs {
		if n.Site.Path == path {
			return n
		}
	}
	return nil
}

// Bounded reports whether every input ends.
func (p *Plan) Bounded() bool { return p.every(func(n *Node) bool { return n.class.bounded }) }

// replayable reports whether every input can be read again.
func (p *Plan) replayable() bool {
	return p.every(func(n *Node) bool { return n.class.replay == Replayable })
}

// once reports whether no input can be read again.
func (p *Plan) once() bool { return p.every(func(n *Node) bool { return n.class.replay == Once }) }

// Shared reports whether the splits of an input are shared among replicas.
func (p *Plan) Shared() bool {
	return !p.every(func(n *Node) bool { return n.splits() == FixedSplits })
}

func (p *Plan) every(holds func(*Node) bool) bool {
	for _, n := range p.Inputs {
		if !holds(n) {
			return false
		}
	}
	return true
}

// BufferBytes is what the outputs may hold in memory beyond the batches under way.
func (p *Plan) BufferBytes() (n int64) {
	for _, node := range []*Node{p.Output, p.DeadLetter} {
		if node == nil {
			continue
		}
		if b, ok := node.Output.(Buffered); ok {
			n += b.BufferBytes()
		}
	}
	return n
}

// Bind checks and compiles every expression for inputs whose records are of the given schemas, in the order of Inputs;
// they may be open for lint alone.
func (p *Plan) Bind(ss []*schemas.Schema) source.Diagnostics {
	for i, n := range p.Inputs {
		n.Out = Shape{Columns: ss[i], Meta: p.registry.meta(n)}
	}
	shape, ds := p.bindInputs()
	if ds.HasErrors() {
		return ds
	}
	return append(ds, p.bindRecords(shape)...)
}

// BindRecords is Bind for tests of documents, whose records stand for what the inputs give in all.
func (p *Plan) BindRecords(s *schemas.Schema) source.Diagnostics {
	shape := Shape{Columns: s, Meta: p.registry.meta(p.Input)}
	p.Input.Out = shape
	return p.bindRecords(shape)
}

func (p *Plan) bindRecords(shape Shape) (ds source.Diagnostics) {
	p.Schema = shape.Columns
	out, found := p.Chain.Bind(shape)
	if ds = append(ds, found...); ds.HasErrors() {
		return ds
	}
	p.Output.In = out
	ds = append(ds, p.Output.Output.Bind(out)...)
	if p.DeadLetter != nil {
		p.DeadLetter.In = Shape{Columns: deadLetterSchema, Meta: schemas.New()}
		ds = append(ds, p.DeadLetter.Output.Bind(p.DeadLetter.In)...)
	}
	return append(ds, p.CheckDelivery()...) // again: now it is known what expressions vary
}

// ReplaceInput puts in, which can be read again and ends, in the place of the document's input: it has the same format,
// schema and meta. It is called before Bind. An input that joins others has no such place.
func (p *Plan) ReplaceInput(in Input) error {
	if p.Input.Combiner != nil {
		return fmt.Errorf("%s: `%s` joins inputs whose records are decoded each in its own way", p.Input.Component.NameRange, p.Input.Component.Name)
	}
	p.Input.Input, p.Input.class = in, class{replay: Replayable, bounded: true}
	return nil
}

// Nodes lists every component of the plan: input, processors, output, dead letter, then nested processors.
func (p *Plan) Nodes() []*Node {
	nodes := append([]*Node{p.Input}, p.Chain.nodes...)
	nodes = append(nodes, p.Output)
	if p.DeadLetter != nil {
		nodes = append(nodes, p.DeadLetter)
	}
	return append(nodes, p.nested...)
}

// usedMeta is the part of an input's meta that an expression reads.
func (p *Plan) usedMeta(input *Node) *schemas.Schema {
	var fields []schemas.Field
	for _, f := range p.registry.meta(input).Fields() {
		for _, n := range p.Nodes() {
			if n.env.notes.meta[f.Name] {
				fields = append(fields, f)
				break
			}
		}
	}
	return schemas.New(fields...)
}
