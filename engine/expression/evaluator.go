package expression

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Rows is the batch that a program is evaluated over. Columns are found by name; Meta holds as many rows, and at least
// the fields that the program names.
type Rows struct {
	Columns arrow.RecordBatch
	Meta    arrow.RecordBatch // may be nil when the program names no meta field
	Now     time.Time         // the value of now() for all rows
}

// RowError says why an expression has no value for a row.
type RowError struct {
	Row     int
	Code    string // stable, kebab-case
	Message string
	Range   source.Range // of the part of the expression that failed
}

// Evaluator runs a program over batches. It keeps its scratch memory between them and serves one goroutine.
type Evaluator struct {
	scratch
	p   *Program
	mem memory.Allocator

	ctx   context.Context
	in    Rows
	n     int
	root  int // the expression under evaluation
	memo  []memo
	konst []*vec   // constants, repeated for the longest batch so far
	cols  [2]bound // of columns, of meta
	keeps []arrow.Array

	failed []uint64 // rows that failed, nil until one does
	faults []RowError
	err    error // ends the batch: a cancelled context, a bug
	vm     *rowRun

	patterns patternCache
	formats  map[int]*[64]formatted // by node

	selected []int32
}

// memo is what is known of a shared node in this batch.
type memo struct {
	v    *vec
	have []uint64 // the rows that were asked for; nil: all
}

// NewEvaluator returns an evaluator that allocates results from mem.
func (p *Program) NewEvaluator(mem memory.Allocator) *Evaluator {
	return &Evaluator{p: p, mem: mem, memo: make([]memo, len(p.nodes)), konst: make([]*vec, len(p.nodes))}
}

// Release drops the scratch memory. The evaluator must not be used afterwards.
func (ev *Evaluator) Release() { *ev = Evaluator{p: ev.p} }

var errOpen = errors.New("the program was compiled against an open schema: it can be checked but not evaluated")

// begin prepares for a batch.
func (ev *Evaluator) begin(ctx context.Context, in Rows) error {
	if ev.p.open {
		return errOpen
	}
	ev.reset()
	ev.ctx, ev.in, ev.n = ctx, in, int(in.Columns.NumRows())
	ev.failed, ev.faults, ev.err, ev.root = nil, nil, nil, 0
	if ev.vm != nil {
		ev.vm.batchSteps = 0
	}
	if err := ev.cols[0].bind("column", in.Columns, ev.p.columns); err != nil {
		return err
	}
	if len(ev.p.meta) > 0 {
		if in.Meta == nil {
			return fmt.Errorf("the program reads meta.%s and the batch has no meta", ev.p.meta[0].name)
		}
		if err := ev.cols[1].bind("meta field", in.Meta, ev.p.meta); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// end gives everything of the batch back but the selection.
func (ev *Evaluator) end() {
	for i := range ev.memo {
		m := &ev.memo[i]
		if m.v != nil && m.v.kept { // two nodes can share one vector
			m.v.kept, m.v.temp = false, true
			ev.done(m.v)
		}
		*m = memo{}
	}
	for _, a := range ev.keeps {
		a.Release()
	}
	ev.keeps = ev.keeps[:0]
	ev.in, ev.ctx = Rows{}, nil
}

// Eval returns an owned array for each expression, of the Arrow type of its Result and as long as the batch, and the rows
// for which an expression failed, ascending, each once with its first reason; there, that expression's array is null and
// what the others hold is not defined. It borrows in.
// The error is non-nil when ctx is done or the batch is not what the program was compiled for.
func (ev *Evaluator) Eval(ctx context.Context, in Rows) (out []arrow.Array, failed []RowError, err error) {
	if err := ev.begin(ctx, in); err != nil {
		return nil, nil, err
	}
	defer ev.end()
	out = make([]arrow.Array, 0, len(ev.p.roots))
	defer func() {
		if err != nil {
			for _, a := range out {
				a.Release()
			}
			out = nil
		}
	}()
	for i, root := range ev.p.roots {
		ev.root = i
		v := ev.eval(root, nil)
		if ev.err != nil {
			return out, nil, ev.err
		}
		a, err := ev.array(root, v)
		if err != nil {
			return out, nil, err
		}
		out = append(out, a)
		ev.done(v)
		if err := ctx.Err(); err != nil {
			return out, nil, err
		}
	}
	return out, ev.rowErrors(), nil
}

// Select evaluates the first expression, a condition: the rows for which it is true, and those for which it failed, both
// ascending. Null counts as false. It borrows in; the slices are valid until the next call.
func (ev *Evaluator) Select(ctx context.Context, in Rows) (rows []int32, failed []RowError, err error) {
	if err := ev.begin(ctx, in); err != nil {
		return nil, nil, err
	}
	defer ev.end()
	ev.selected = slices.Grow(ev.selected[:0], ev.n)[:0]
	rows = ev.where(ev.p.roots[0], nil, ev.selected)
	if ev.err != nil {
		return nil, nil, ev.err
	}
	if ev.failed != nil {
		rows = slices.DeleteFunc(rows, func(i int32) bool { return hasBit(ev.failed, i) })
	}
	ev.selected = rows
	return rows, ev.rowErrors(), ctx.Err()
}

// fault fails row i in node n; the first fault of a row is the one that is told.
func (ev *Evaluator) fault(n *node, i int32, code, message string) {
	if ev.failed == nil {
		ev.failed = make([]uint64, words(ev.n))
	}
	if hasBit(ev.failed, i) {
		return
	}
	setBit(ev.failed, i)
	ev.faults = append(ev.faults, RowError{Row: int(i), Code: code, Message: message, Range: n.at(ev.root)})
}

// reject fails row i of v, which becomes null.
func (ev *Evaluator) reject(n *node, v *vec, i int32, code, message string) {
	ev.own(v, ev.n)
	v.null(i)
	ev.fault(n, i, code, message)
}

func (ev *Evaluator) rowErrors() []RowError {
	if len(ev.faults) == 0 {
		return nil
	}
	slices.SortFunc(ev.faults, func(a, b RowError) int { return cmp.Compare(a.Row, b.Row) })
	return ev.faults
}

// eval computes n for rows, all when rows is nil.
func (ev *Evaluator) eval(n *node, rows []int32) *vec {
	if n.uses < 2 || n.isConst() {
		return ev.compute(n, rows)
	}
	m := &ev.memo[n.id]
	if m.v != nil && m.covers(rows) {
		return m.v
	}
	// A vector that is replaced may still be read by a kernel under way, so its buffers are left to the collector.
	v := ev.compute(n, rows)
	v.kept = v.kept || v.temp
	v.temp = false
	*m = memo{v: v}
	if rows != nil {
		m.have = ev.zeros(ev.n)
		for _, i := range rows {
			setBit(m.have, i)
		}
	}
	return v
}

func (ev *Evaluator) compute(n *node, rows []int32) *vec {
	if n.row != nil {
		return ev.runRows(n, rows)
	}
	return n.op.run(ev, n, rows)
}

func (m *memo) covers(rows []int32) bool {
	if m.have == nil {
		return true
	}
	if rows == nil {
		return false
	}
	for _, i := range rows {
		if !hasBit(m.have, i) {
			return false
		}
	}
	return true
}
