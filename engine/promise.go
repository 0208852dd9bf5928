package engine

import (
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
)

// Promise is what a plan gives, and the component that keeps it from giving more.
type Promise struct {
	Delivery Delivery
	Weakest  *Node  // nil when nothing is weaker than exactly once
	Why      string // what of the weakest component decides
	Raise    string // what would give more
}

// String names the promise and the weakest component.
func (p Promise) String() string {
	if p.Weakest == nil {
		return p.Delivery.String()
	}
	return p.Delivery.String() + ": " + p.Weakest.who() + ": " + p.Why
}

// who names a component for messages: one of several with its path.
func (n *Node) who() string {
	name := "`" + n.Component.Name + "`"
	if strings.Contains(n.Site.Path, "[") {
		return name + " (" + n.Site.Path + ")"
	}
	return name
}

// Promise computes what the document gives from what its components declare and, once it is bound, from its expressions.
func (p *Plan) Promise() Promise { return p.promise(p.Output) }

// DeadLetterPromise is the same for the records that the dead letter gets; it is not part of what the document promises.
// It reports false without a dead letter.
func (p *Plan) DeadLetterPromise() (Promise, bool) {
	if p.DeadLetter == nil {
		return Promise{}, false
	}
	return p.promise(p.DeadLetter), true
}

// promise is the weakest of what the input, the processors and one output give together. Of equals the first one is named.
func (p *Plan) promise(out *Node) Promise {
	best := Promise{Delivery: ExactlyOnce}
	weaken := func(d Delivery, n *Node, why, raise string) {
		if d < best.Delivery {
			best = Promise{d, n, why, raise}
		}
	}
	shared := p.Shared()
	for _, n := range p.Inputs {
		if n.class.replay == Once {
			weaken(BestEffort, n, "it cannot be read again after a crash", "read from an input that can be read again: "+
				p.registry.orNone(dsl.Input, func(c class) bool { return c.replay == Replayable }))
		}
	}
	for _, n := range p.Inputs {
		if n.Shared() && n.Spec.Bytes && n.env.Declared == nil {
			weaken(AtLeastOnce, n, "replicas that share its splits would each infer a schema from the records that they happen to see",
				"declare `schema` beside `"+n.Component.Name+"`; `iggy-flow schema infer` proposes one from data")
		}
	}
	g := out.guarantee()
	for _, n := range append(p.Processors(), out) {
		if !n.varies() || !shared && g != Idempotent {
			continue
		}
		why := "it may make something else of a record that is read again, and what the target has of it would stay"
		if shared {
			why = "it may make something else of a record, or send it to another target, that another replica has written already"
		}
		weaken(AtLeastOnce, n, why, n.steady(shared))
	}
	switch {
	case g == AppendOnly:
		weaken(AtLeastOnce, out, "it cannot take back what it wrote before a crash", p.better(shared))
	case g == Idempotent:
		weaken(EffectivelyOnce, out, "its target drops repeats by their id", p.better(shared))
	case shared && !out.Positioned():
		weaken(AtLeastOnce, out, "its targets keep no positions, so that a replica writes again what another one has written", p.better(shared)+", or "+FixedSplitsFix)
	}
	return best
}

// FixedSplitsFix is the way out of what shared splits cannot give.
const FixedSplitsFix = "give the input fixed splits, in Iggy a `consumer` instead of a `consumer_group`"

// steady says what to do about a component that varies.
func (n *Node) steady(shared bool) string {
	fix := "do without " + n.who()
	if !n.class.varies {
		fix = "use what belongs to the record, such as a time in `meta`, instead of `now()` or `random()`"
	}
	if shared {
		fix += ", or " + FixedSplitsFix
	}
	return fix
}

// better says which outputs give exactly once.
func (p *Plan) better(shared bool) string {
	if !shared {
		return "write to a transactional output: " + p.registry.orNone(dsl.Output, func(c class) bool { return c.guarantee == Transactional })
	}
	return "write to an output whose targets keep positions: " + p.registry.orNone(dsl.Output, func(c class) bool { return c.positioned })
}

// mostNames is how many components a message lists.
const mostNames = 5

// orNone lists the components of a class for a message.
func (r *Registry) orNone(k dsl.Kind, wanted func(class) bool) string {
	names := r.which(k, wanted)
	if len(names) == 0 {
		return "none is built in yet"
	}
	more := ""
	if len(names) > mostNames {
		names, more = names[:mostNames], " ..."
	}
	return "`" + strings.Join(names, "`, `") + "`" + more
}

// Processors lists the processors of the plan, those within others behind those that stand alone.
func (p *Plan) Processors() []*Node {
	nodes := slices.Clone(p.Chain.nodes)
	for _, n := range p.nested {
		if n.Processor != nil {
			nodes = append(nodes, n)
		}
	}
	return nodes
}
