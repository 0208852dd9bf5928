package projection

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Projection is a list of named expressions, compiled together: they share their common parts.
type Projection struct {
	Fields []schemas.Field // what the expressions yield, in document order

	ev  *expression.Evaluator
	now func() time.Time
}

// Compile checks the expressions over batches of shape in. A column without a type is an error: nobody could tell what
// belongs into it. The projection is nil when there are errors.
func Compile(env engine.Env, in engine.Shape, named dsl.Map[dsl.Expression]) (*Projection, source.Diagnostics) {
	exprs := make([]dsl.Expression, len(named))
	for i, e := range named {
		exprs[i] = e.Value
	}
	program, ds := env.Compile(in, exprs...)
	if program == nil {
		return nil, ds
	}
	p := &Projection{Fields: make([]schemas.Field, len(named))}
	for i, e := range named {
		t := program.Result(i).Type
		if untyped(t) {
			ds = append(ds, nullColumn(e, t))
		}
		p.Fields[i] = schemas.Field{Name: e.Key, Type: t, Required: required(in.Columns, e.Value)}
	}
	if ds.HasErrors() {
		return nil, ds
	}
	p.ev, p.now = program.NewEvaluator(env.Mem), env.Now
	return p, ds
}

// untyped reports whether t, or a part of it, is null: such as the elements of `[]`.
func untyped(t schemas.Type) bool {
	if t.Kind == schemas.Null || t.Elem != nil && untyped(*t.Elem) {
		return true
	}
	return slices.ContainsFunc(t.Fields, func(f schemas.Field) bool { return untyped(f.Type) })
}

func nullColumn(e dsl.Entry[dsl.Expression], t schemas.Type) source.Diagnostic {
	d := source.Diagnostic{
		Code: "null-column", Range: e.Value.Range, Found: "`" + e.Key + "` is always null, and null has no type",
		Expected: "an expression with a type", Fix: "leave `" + e.Key + "` out, or give it a type, as in `string(nil)`",
	}
	if t.Kind != schemas.Null {
		d.Found = "`" + e.Key + "` is " + t.String() + ", and null has no type"
		d.Expected = "an expression all parts of which have a type"
		d.Fix = "leave `" + e.Key + "` out, or give its parts a type, as in `[string(nil)]`"
	}
	return d
}

// required reports whether e is nothing but a required column. What is computed is never required, though it may lack
// nulls: a required column cannot be added to a table that has rows.
func required(in *schemas.Schema, e dsl.Expression) bool {
	f, _, ok := in.Lookup(strings.TrimSpace(e.Source))
	return ok && f.Required
}

// Eval returns an owned array for each expression, as long as b, and the rows for which one of them has no value. It
// borrows b.
func (p *Projection) Eval(ctx context.Context, b *engine.Batch) ([]arrow.Array, []engine.Rejection, error) {
	arrays, failed, err := p.ev.Eval(ctx, expression.Rows{Columns: b.Columns, Meta: b.Meta, Now: p.now()})
	if err != nil {
		return nil, nil, fmt.Errorf("evaluate the columns: %w", err)
	}
	return arrays, engine.Rejections(failed), nil
}

// Close gives the scratch memory back. A nil projection has none.
func (p *Projection) Close() {
	if p != nil {
		p.ev.Release()
	}
}
