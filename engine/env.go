package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/expression"
)

// Env is what a component is given beside its config. It is a value; a constructor may keep it.
type Env struct {
	Pipeline string           // the document's name
	Path     string           // of the component in the document
	Label    string           // what the user calls it; may be empty
	Dir      string           // of the document: relative paths begin there
	Node     *dsl.Node        // the component's body, for positions
	Mem      memory.Allocator // for every Arrow buffer
	Log      *slog.Logger     // tells the pipeline and the component; never used per record
	Vars     []dsl.Var        // of the document
	Format   *codec.Format    // of a byte input or output; nil for others
	Declared *dsl.DeclaredSchema
	Clock    func() time.Time // the source of Now; nil is time.Now
	Keep     bool             // the plan has a dead letter: an input's batches carry their Originals

	// Ask requests a checkpoint that commits as soon as it can, for an input that waits for it. End ends every input: no
	// record is read any more, and what was read goes its way to the final checkpoint. Both are safe for concurrent use.
	Ask func()
	End func()

	// Begin returns where splits begin that a SharedInput has come to own. stored has what the source remembers of them;
	// a split that neither it nor a target knows is missing in the result, and begins where the document says.
	Begin func(ctx context.Context, splits []string, stored Positions) (Positions, error)

	notes *notes
	build func(dsl.Component) (*Node, source.Diagnostics)
}

// Site is the component's place for accounts and dead letters.
func (e Env) Site() Site {
	name := e.Path
	if e.Node != nil && e.Node.Key != "" {
		name = e.Node.Key
	}
	return Site{Path: e.Path, Name: name}
}

// Now is the value of now() for the batch that is evaluated next, in UTC. Tests of documents fix it.
func (e Env) Now() time.Time {
	if e.Clock == nil {
		return time.Now().UTC()
	}
	return e.Clock().UTC()
}

// notes gathers what a plan has to know of the expressions of its components.
type notes struct {
	meta             map[string]bool // meta fields that are read
	fallbacks        []expression.Fallback
	nondeterministic []source.Range
}

// Compile checks and compiles expressions over batches of shape in. All expressions of a component that are evaluated
// together belong in one call: they share their common parts. The program is nil exactly when there are errors.
func (e Env) Compile(in Shape, exprs ...dsl.Expression) (*expression.Program, source.Diagnostics) {
	p, ds := expression.Compile(expression.Scope{Columns: in.Columns, Meta: in.Meta, Vars: e.Vars}, exprs...)
	if p != nil && e.notes != nil {
		for _, name := range p.Meta() {
			e.notes.meta[name] = true
		}
		e.notes.fallbacks = append(e.notes.fallbacks, p.Fallbacks()...)
		e.notes.nondeterministic = append(e.notes.nondeterministic, p.Nondeterministic()...)
	}
	return p, ds
}

// Rejections turns the rows on which an expression failed into rejections.
func Rejections(failed []expression.RowError) []Rejection {
	rows := make([]Rejection, len(failed))
	for i, f := range failed {
		rows[i] = Rejection{Row: f.Row, Code: f.Code, Message: f.Message, Range: f.Range}
	}
	return rows
}

// Inputs builds the inputs of a combiner.
func (e Env) Inputs(cs []dsl.Component) (nodes []*Node, ds source.Diagnostics) {
	for _, c := range cs {
		n, found := e.build(c)
		ds = append(ds, found...)
		if n == nil {
			continue
		}
		if n.Combiner != nil {
			ds = append(ds, source.Diagnostic{
				Code: "nested-combiner", Range: c.NameRange, Found: "`" + c.Name + "` within `" + e.Site().Name + "`",
				Expected: "inputs that read a source", Fix: "list its inputs in the outer one",
			})
		}
		nodes = append(nodes, n)
	}
	return nodes, ds
}

// Chain builds nested processors, such as those of a switch. Its batches do not leave the component that owns it.
func (e Env) Chain(cs []dsl.Component) (*Chain, source.Diagnostics) {
	chain := &Chain{}
	var ds source.Diagnostics
	for _, c := range cs {
		n, found := e.build(c)
		ds = append(ds, found...)
		if n != nil {
			chain.nodes = append(chain.nodes, n)
		}
	}
	return chain, ds
}
