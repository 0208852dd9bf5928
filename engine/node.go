package engine

import (
	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine/expression"
)

// Node is one component of a plan: what the document says, what was built from it, and the shapes of its batches.
type Node struct {
	Component dsl.Component
	Spec      *dsl.Spec
	Site      Site

	Config any // decoded, of the component's config type

	Input     Input // exactly one of the four is not nil
	Combiner  Combiner
	Processor Processor
	Output    Output

	In, Out Shape // as bound last

	env    Env
	class  class
	joined bool // by a combiner with others: see splitPrefix
}

// Env is what the node was constructed with: its format, declared schema and allocator, for whoever stands in for it.
func (n *Node) Env() Env { return n.env }

// stateKey names the node's state in a checkpoint.
func (n *Node) stateKey() string {
	if n.Component.Label != "" {
		return n.Component.Label
	}
	return n.Site.Path
}

// Nested is a processor that holds processors of its own.
type Nested interface {
	// Branches lists them for pictures of the plan, in document order.
	Branches() []Branch
}

// Branch is one nested chain and the condition under which it is taken, as the document has it; empty for the rest.
type Branch struct {
	When  string
	Chain *Chain
}

// Fallbacks are the parts of the node's expressions that the expr VM evaluates row by row.
func (n *Node) Fallbacks() []expression.Fallback { return n.env.notes.fallbacks }

// Nondeterministic are the calls in the node's expressions that may give another value when a record is read again.
func (n *Node) Nondeterministic() []source.Range { return n.env.notes.nondeterministic }
