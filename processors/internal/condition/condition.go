package condition

import (
	"context"
	"fmt"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Condition is a compiled condition. It serves one goroutine.
type Condition struct {
	ev  *expression.Evaluator
	now func() time.Time
}

// Compile checks that e is a condition over batches of shape in. It is nil when there are errors; code is the code of the
// finding that e is of another type.
func Compile(env engine.Env, in engine.Shape, e dsl.Expression, code string) (*Condition, source.Diagnostics) {
	program, ds := env.Compile(in, e)
	if program == nil {
		return nil, ds
	}
	if d, wrong := check(program.Result(0).Type, e); wrong {
		d.Code = code
		return nil, append(ds, d)
	}
	return &Condition{program.NewEvaluator(env.Mem), env.Now}, ds
}

// check finds out why an expression e of type t is no condition. Of an unknown column nobody can tell.
func check(t schemas.Type, e dsl.Expression) (d source.Diagnostic, wrong bool) {
	if t.Kind == schemas.Bool || t.Kind == schemas.Unknown {
		return d, false
	}
	d.Range, d.Found, d.Expected = e.Range, "the condition is of type "+t.String(), "bool"
	switch {
	case t.Kind == schemas.Null:
		d.Found, d.Fix = "the condition is always null, and so never true", "write a condition over the columns of the record"
	case t.Kind.Numeric():
		d.Fix = "compare it, as in `" + e.Source + " != 0`"
	case t.Kind == schemas.String:
		d.Fix = "compare it, as in `" + e.Source + " != \"\"`"
	default:
		d.Fix = "compare it, as in `" + e.Source + " != nil`"
	}
	return d, true
}

// Select returns the rows of b for which c is true, and those on which it fails, both ascending. Null counts as false. It
// borrows b; the slices are valid until the next call.
func (c *Condition) Select(ctx context.Context, b *engine.Batch) (rows []int32, failed []expression.RowError, err error) {
	rows, failed, err = c.ev.Select(ctx, expression.Rows{Columns: b.Columns, Meta: b.Meta, Now: c.now()})
	if err != nil {
		return nil, nil, fmt.Errorf("evaluate the condition: %w", err)
	}
	return rows, failed, nil
}

// Close gives the scratch memory back. A nil condition has none.
func (c *Condition) Close() {
	if c != nil {
		c.ev.Release()
	}
}
