package expression

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// node is one operation of a program's graph. Equal operations on equal operands are one node, shared by its consumers,
// so every pass over a graph goes by node and never by path.
type node struct {
	id       int
	op       *operation
	typ      schemas.Type
	nullable bool
	fails    bool // it or an operand may fail a row
	inner    bool // depends on the element of a predicate: evaluated by the VM alone
	args     []*node
	value    any // of a constant its row value, nil for null; otherwise what the operation needs besides operands
	uses     int // operands and roots that it is

	places []place
	folded *node    // the constant that it is, or itself; nil before that is known
	row    *rowCode // of a node that is run by the VM
}

// place is where a node stands in one of the expressions of a program.
type place struct {
	expr int
	at   source.Range
}

// at is where n stands in expression i, or wherever it was met first.
func (n *node) at(i int) source.Range {
	for _, p := range n.places {
		if p.expr == i {
			return p.at
		}
	}
	if len(n.places) > 0 {
		return n.places[0].at
	}
	return source.Range{}
}

func (n *node) isConst() bool { return n.op.is == isConst }

// isNil reports whether n is the constant null.
func (n *node) isNil() bool { return n.op.is == isConst && n.value == nil }

// kernel computes n for the given rows, all when rows is nil. Values of other rows in the result are undefined.
type kernel func(ev *Evaluator, n *node, rows []int32) *vec

// rowFunc computes one value from the values of the operands, none of which is nil unless the operation takes nulls.
type rowFunc func(r *rowRun, n *node, args []any) (any, error)

// operation is what a node does: columnar, where it has a kernel, and on one row for the VM.
type operation struct {
	name       string
	is         special
	relation   relation // of a comparison
	run        kernel
	row        rowFunc
	mayFail    bool // a row can fail although its operands have values
	takesNulls bool // otherwise a null operand makes the result null
	makesNulls bool // the result can be null although no operand is
	impure     bool // two calls differ: neither shared nor folded
	text       bool // its operands are texts: JSON values are turned into them
}

// special tells the operations that passes over the graph know.
type special uint8

const (
	isPlain special = iota
	isConst
	isColumn
	isMeta
	isAnd
	isOr
	isCondition
	isCoalesce
	isCompare
	isIn
	isConcat
	isRangeList
	isNow
	isHold
	isZoned
	isLoop   // a predicate function: the last operand is its body
	isReduce // likewise, with an accumulator
	isItem   // the element, index or accumulator of the loop around it
	isLet
	isVariable
)

// builder makes the nodes of a program.
type builder struct {
	nodes []*node
	index map[string]*node
}

// make returns the node of an operation on args, the existing one when there is an equal one.
func (b *builder) make(op *operation, t schemas.Type, value any, args ...*node) *node {
	key := nodeKey(op, t, value, args)
	if op.impure {
		key += "!" + strconv.Itoa(len(b.nodes))
	}
	if n, ok := b.index[key]; ok {
		return n
	}
	n := &node{id: len(b.nodes), op: op, typ: t, value: value, args: args, fails: op.mayFail, nullable: op.makesNulls}
	for _, a := range args {
		n.fails = n.fails || a.fails
		n.inner = n.inner || a.inner
		if !op.takesNulls {
			n.nullable = n.nullable || a.nullable
		}
	}
	b.nodes = append(b.nodes, n)
	b.index[key] = n
	return n
}

// keyed is an operation's value that names itself, where its printed form would not tell it from another.
type keyed interface{ key() string }

func nodeKey(op *operation, t schemas.Type, value any, args []*node) string {
	var k strings.Builder
	k.WriteString(op.name)
	k.WriteByte('|')
	k.WriteString(typeName(t))
	k.WriteByte('|')
	if v, ok := value.(keyed); ok {
		k.WriteString(v.key())
	} else if value != nil {
		fmt.Fprintf(&k, "%T:%#v", value, value)
	}
	for _, a := range args {
		k.WriteByte('|')
		k.WriteString(strconv.Itoa(a.id))
	}
	return k.String()
}

// constant returns the node of a row value of type t; nil is null.
func (b *builder) constant(t schemas.Type, value any) *node {
	n := b.make(opConst, t, value)
	n.nullable = value == nil
	return n
}
