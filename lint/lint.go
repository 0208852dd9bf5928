package lint

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/arrowpool"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Options say what Check reports beside errors and warnings.
type Options struct {
	Explain bool // which expressions are evaluated row by row, and what the document promises
}

// rule looks at a plan that has no errors.
type rule func(*engine.Plan) source.Diagnostics

// rules are the checks of this package that say what is unwise, in the order of their files.
var rules = []rule{literalSecrets, shadowedRoots, tinyFiles, unusedVars}

// Load reads a document and builds its plan, without binding it to a schema: what run needs before it may look at the
// input.
func Load(path string, r *engine.Registry, o dsl.Options, p engine.PlanOptions) (*engine.Plan, source.Diagnostics) {
	d, ds := dsl.Load(path, o)
	if ds.HasErrors() {
		return nil, ds
	}
	plan, found := Plan(d, r, p)
	ds = append(ds, found...)
	ds.Sort()
	return plan, ds
}

// Plan is Load for a document that was loaded already, and perhaps changed.
func Plan(d *dsl.Document, r *engine.Registry, p engine.PlanOptions) (*engine.Plan, source.Diagnostics) {
	plan, ds := engine.NewPlan(d, r, p)
	if plan != nil {
		ds = append(ds, plan.CheckDelivery()...)
		ds = append(ds, sameFile(plan)...)
		ds = append(ds, sharedSplits(plan)...)
	}
	ds.Sort()
	if ds.HasErrors() {
		return nil, ds
	}
	return plan, ds
}

// Bind is Load, and checks every expression against the schema of the records as far as it is known at rest.
func Bind(ctx context.Context, path string, r *engine.Registry, o dsl.Options) (*engine.Plan, source.Diagnostics) {
	plan, ds := Load(path, r, o, atRest())
	if plan == nil {
		return nil, ds
	}
	schema, err := plan.Sample(ctx, true)
	if err != nil {
		ds = append(ds, source.Diagnostic{Code: "sample", Range: plan.Document.Input.NameRange, Found: "the input cannot be looked at: " + err.Error()})
		return nil, ds
	}
	ds = append(ds, plan.Bind(schema)...)
	ds.Sort()
	if ds.HasErrors() {
		return nil, ds
	}
	return plan, ds
}

func atRest() engine.PlanOptions {
	return engine.PlanOptions{Mem: memory.Allocator(arrowpool.New()), Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// Check reports everything there is to say about one document.
func Check(ctx context.Context, path string, r *engine.Registry, o dsl.Options, lo Options) source.Diagnostics {
	plan, ds := Bind(ctx, path, r, o)
	if plan == nil {
		return ds
	}
	for _, rule := range rules {
		ds = append(ds, rule(plan)...)
	}
	if plan.Schema.Open() {
		ds = append(ds, source.Diagnostic{
			Code: "unknown-schema", Severity: source.Info, Range: plan.Document.Input.NameRange,
			Found: "the records' fields are not known here, so names and types were not checked",
			Fix:   "declare them beside the input: `schema: {fields: {...}}`; `iggy-flow schema infer` proposes one from data",
		})
	}
	if lo.Explain {
		ds = append(ds, explain(plan)...)
	}
	ds.Sort()
	return ds
}

// explain says what the document promises, and names the parts of expressions that have no columnar kernel.
func explain(p *engine.Plan) (ds source.Diagnostics) {
	ds = append(ds, promised("this document", p.Output, p.Promise()))
	if dead, ok := p.DeadLetterPromise(); ok {
		ds = append(ds, promised("the dead letter, which the document's promise leaves out,", p.DeadLetter, dead))
	}
	for _, n := range p.Nodes() {
		for _, f := range n.Fallbacks() {
			ds = append(ds, source.Diagnostic{
				Code: "row-by-row", Severity: source.Info, Range: f.Range,
				Found: fmt.Sprintf("`%s` is evaluated row by row, some 100 ns each", f.Name),
			})
		}
	}
	return ds
}

// promised tells a promise at the component that keeps it from being a stronger one, else at the output.
func promised(who string, out *engine.Node, p engine.Promise) source.Diagnostic {
	at := out
	if p.Weakest != nil {
		at = p.Weakest
	}
	return source.Diagnostic{
		Code: "promise", Severity: source.Info, Range: at.Component.NameRange,
		Found: who + " gives " + p.String(), Fix: p.Raise,
	}
}

// Infer proposes a schema for the records of a document's input, or of a data file that has a format's ending.
func Infer(ctx context.Context, path string, r *engine.Registry, o dsl.Options) (*schemas.Schema, []dsl.Proposal, source.Diagnostics, error) {
	var plan *engine.Plan
	var ds source.Diagnostics
	if _, isData := r.Formats.ForPath(path); isData {
		text := fmt.Sprintf("name: infer\ninput: {file: {paths: [%q]}}\noutput: {drop: {}}\n", path)
		d, found := dsl.Parse(source.NewFile("infer.yaml", []byte(text)), ".", o)
		if found.HasErrors() {
			return nil, nil, found, nil
		}
		plan, ds = engine.NewPlan(d, r, atRest())
	} else {
		plan, ds = Load(path, r, o, atRest())
	}
	if plan == nil {
		return nil, nil, ds, nil
	}
	schema, proposals, err := plan.Infer(ctx)
	return schema, proposals, nil, err
}
