package expression

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// rowRun is the VM at work for one evaluator: the environment of every function that a rewritten tree calls.
type rowRun struct {
	ctx      context.Context
	operands []*vec
	ev       *Evaluator
	row      int32
	vm       vm.VM
	patterns patternCache

	steps, batchSteps, bytes int
}

// rowFault is the error of one row.
type rowFault struct{ code, message string }

func (f rowFault) Error() string { return f.message }

// errStopped ends a batch whose context is done.
var errStopped = errors.New("stopped")

// codeOf is the code of the error of a row.
func codeOf(err error) string {
	if f, ok := errors.AsType[rowFault](err); ok {
		return f.code
	}
	return "expression-failed"
}

// step counts one predicate body.
func (r *rowRun) step() error {
	r.steps++
	r.batchSteps++
	switch {
	case r.steps > maxRowSteps || r.batchSteps > maxBatchSteps:
		return rowFault{codeLimit, "the predicate runs over too many elements"}
	case r.steps&0xfff == 0 && r.ctx != nil && r.ctx.Err() != nil:
		return errStopped
	}
	return nil
}

// spend counts bytes that the VM is about to make on this row.
func (r *rowRun) spend(n int) error {
	if n < 0 || n > maxRowBytes || r.bytes+n > maxRowBytes {
		return rowFault{codeLimit, fmt.Sprintf("the expression makes more than %d MiB on one record", maxRowBytes>>20)}
	}
	r.bytes += n
	return nil
}

// elementBytes is what an element of a list costs.
const elementBytes = 16

// apply computes one operation on the values of constants, for folding.
func (r *rowRun) apply(n *node, args []*node) (any, error) {
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = a.value
	}
	return r.call(n, values)
}

// call computes one operation: null when an operand is, unless the operation takes nulls.
func (r *rowRun) call(n *node, args []any) (any, error) {
	if !n.op.takesNulls {
		for _, a := range args {
			if a == nil {
				return nil, nil
			}
		}
	}
	if n.op.row == nil {
		return nil, fmt.Errorf("bug: %s has no meaning on one row", n.op.name)
	}
	return n.op.row(r, n, args)
}

// runRows computes a node without a kernel for the given rows.
func (ev *Evaluator) runRows(n *node, rows []int32) *vec {
	operands := make([]*vec, len(n.row.operands))
	for i, o := range n.row.operands {
		operands[i] = ev.eval(o, rows)
	}
	if ev.vm == nil {
		ev.vm = &rowRun{}
	}
	r := ev.vm
	r.ev, r.ctx, r.operands = ev, ev.ctx, operands
	v := ev.vector(storageOf(n.typ), ev.n)
	v.ok, v.owned = ev.ones(ev.n), true
	each(rows, ev.n, func(i int32) {
		if ev.err != nil {
			return
		}
		r.row, r.steps, r.bytes = i, 0, 0
		r.vm.MemoryBudget = maxRowBytes / elementBytes
		value, err := r.vm.Run(n.row.program, r)
		if err == nil {
			if value == nil {
				v.clearRow(i)
				v.null(i)
				return
			}
			err = ev.set(v, n.typ, i, value)
		}
		if err != nil {
			v.clearRow(i)
			ev.rowFailed(n, v, i, err)
		}
	})
	for _, o := range operands {
		if v.store == inAnys {
			ev.pin(o) // its texts may be parts of the values
		}
		ev.done(o)
	}
	r.ev, r.operands = nil, nil
	return v
}

// rowFailed notes what the VM says of a row.
func (ev *Evaluator) rowFailed(n *node, v *vec, i int32, err error) {
	if errors.Is(err, errStopped) {
		ev.err = context.Cause(ev.ctx)
		if ev.err == nil {
			ev.err = errStopped
		}
		return
	}
	if f, ok := errors.AsType[rowFault](err); ok {
		ev.reject(n, v, i, f.code, f.message)
		return
	}
	message, code := err.Error(), "expression-failed"
	if f, ok := errors.AsType[*file.Error](err); ok {
		message = f.Message
		if message == "memory budget exceeded" {
			code, message = codeLimit, "the expression makes too many elements on one record"
		}
	}
	ev.reject(n, v, i, code, message)
}

// now is the value of now(), as a row sees it.
func (ev *Evaluator) now() time.Time { return time.UnixMicro(ev.in.Now.UnixMicro()).UTC() }
