package engine

import (
	"maps"
	"slices"

	"github.com/iggy-flow/iggy-flow/dsl"
)

// Replay says whether an input can be read again from a position.
type Replay bool

// The two kinds of inputs.
const (
	Once       Replay = false // what was read is gone: stdin
	Replayable Replay = true
)

// Splits says who owns the parts of an input.
type Splits bool

// The two kinds. Fixed splits belong to one process, and the state store is the authority on their positions. Shared
// ones are divided among replicas by the source, and the targets are the authority: SharedInput.
const (
	FixedSplits  Splits = false
	SharedSplits Splits = true
)

// Guarantee says what an output does with a record that it is given again after a crash.
type Guarantee uint8

// The guarantees of outputs, weakest first.
const (
	AppendOnly    Guarantee = iota // it is there twice
	Idempotent                     // the target drops the repeat
	Transactional                  // it was never visible: rows and position change together
)

// String names the guarantee for documentation.
func (g Guarantee) String() string {
	return [...]string{"append-only", "idempotent", "transactional"}[g]
}

// class is what a spec declares for the guarantee of a document.
type class struct {
	replay     Replay // of inputs
	splits     Splits
	bounded    bool
	combines   bool // it is no input but joins some
	stateful   bool // of processors
	varies     bool
	guarantee  Guarantee // of outputs
	positioned bool
	conditions []string
}

// splits is who owns the parts of an input, as its document has it.
func (n *Node) splits() Splits {
	if s, ok := n.Input.(SharedInput); ok {
		return Splits(s.Shared())
	}
	return FixedSplits
}

// Shared reports whether the node is an input whose splits are shared among replicas.
func (n *Node) Shared() bool { return n.splits() == SharedSplits }

// Stateful reports whether the node is a processor that carries something from one batch to the next.
func (n *Node) Stateful() bool {
	_, ok := n.Processor.(Stateful)
	return ok
}

// Positioned reports whether the node is an output whose targets keep the positions of their rows.
func (n *Node) Positioned() bool {
	_, ok := n.Output.(Positioned)
	return ok
}

// varies reports whether the node may make something else of a record that comes again. Of its expressions that is known
// once they are compiled.
func (n *Node) varies() bool { return n.class.varies || len(n.Nondeterministic()) > 0 }

// guarantee is what an output declares, for its config or for all.
func (n *Node) guarantee() Guarantee {
	if g, ok := n.Output.(Guaranteed); ok {
		return g.Guarantee()
	}
	return n.class.guarantee
}

// which lists the components of a kind whose class is as wanted, in alphabetical order.
func (r *Registry) which(k dsl.Kind, wanted func(class) bool) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(r.components[k])) {
		if wanted(r.components[k][name].class) {
			names = append(names, name)
		}
	}
	return names
}
