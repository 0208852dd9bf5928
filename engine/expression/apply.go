package expression

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// opUnknown is any operation on columns of unknown type.
var opUnknown = &operation{name: "unknown", takesNulls: true, makesNulls: true}

// apply makes a node and folds it when its operands are constants. What fails is left for the rows that need it.
func (c *checker) apply(op *operation, t schemas.Type, value any, args ...*node) *node {
	n := c.make(op, t, value, args...)
	if op.impure || op.is == isNow {
		return n
	}
	for _, a := range args {
		if !a.isConst() {
			return n
		}
	}
	if n.folded == nil {
		n.folded = c.fold(n)
	}
	return n.folded
}

// fold computes a node whose operands are constants, with its kernel on one row.
func (c *checker) fold(n *node) *node {
	if n.op.run == nil {
		r := rowRun{}
		value, err := r.apply(n, n.args)
		if err != nil {
			return n
		}
		return c.constant(n.typ, value)
	}
	ev := c.folder
	if ev == nil {
		ev = (&Program{}).NewEvaluator(memory.NewGoAllocator())
		c.folder = ev
	}
	ev.konst = append(ev.konst, make([]*vec, len(c.nodes)-len(ev.konst))...)
	if err := ev.begin(context.Background(), Rows{Columns: oneRow}); err != nil {
		return n
	}
	v := ev.eval(n, nil)
	if ev.failed != nil || ev.err != nil {
		return n
	}
	return c.constant(n.typ, cloned(ev.rowValue(v, n.typ, 0)))
}

// cloned is a value whose text does not live in scratch memory.
func cloned(value any) any {
	switch x := value.(type) {
	case string:
		return strings.Clone(x)
	case rawJSON:
		return rawJSON(strings.Clone(string(x)))
	case []byte:
		return slices.Clone(x)
	}
	return value
}

var oneRow = array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 1)

// convert brings n to type t, which holds its values; what does not fit fails the row.
func (c *checker) convert(n *node, t schemas.Type) *node {
	switch {
	case isBad(n.typ), n.typ.Equal(t), n.typ.Kind == schemas.Unknown:
		return n
	case n.isNil():
		return c.constant(t, nil)
	}
	op := opRetype
	switch from, to := storageOf(n.typ), storageOf(t); {
	case t.Kind == schemas.JSON:
		op = opToJSON
	case isNested(t):
		op = opConvertRows
	case t.Kind == schemas.Decimal, from == inInts && to == inUints:
		op = opConvertChecked
	case n.typ.Kind == schemas.Date && t.Kind == schemas.Timestamp, n.typ.Kind == schemas.Timestamp && t.Kind == schemas.TimestampNS:
		op = opConvertChecked
	case from != to:
		op = opConvert
	}
	return c.apply(op, t, nil, n)
}
