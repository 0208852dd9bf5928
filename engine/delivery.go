package engine

import (
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Delivery is what a document promises about a record when the process dies.
type Delivery uint8

// The promises, weakest first.
const (
	BestEffort      Delivery = iota // it may be lost
	AtLeastOnce                     // it arrives, perhaps twice
	EffectivelyOnce                 // the target drops the repeat
	ExactlyOnce                     // it is visible once
)

var deliveryNames = [...]string{"best_effort", "at_least_once", "effectively_once", "exactly_once"}

// String is the name that documents use under `delivery`.
func (d Delivery) String() string { return deliveryNames[d] }

// ParseDelivery reads a name of `delivery`.
func ParseDelivery(name string) (Delivery, bool) {
	for i, n := range deliveryNames {
		if n == name {
			return Delivery(i), true
		}
	}
	return 0, false
}

// Promise is what a plan gives, and the component that keeps it from giving more.
type Promise struct {
	Delivery Delivery
	Weakest  *Node  // nil when nothing is weaker than exactly once
	Why      string // what of the weakest component decides
	Raise    string // what would give more
}

// guarantee is what an output declares, for its config or for all.
func (n *Node) guarantee() Guarantee {
	if g, ok := n.Output.(Guaranteed); ok {
		return g.Guarantee()
	}
	return n.class.guarantee
}

// Promise computes what the document gives from what its components declare.
func (p *Plan) Promise() Promise {
	best := Promise{Delivery: ExactlyOnce}
	weaken := func(d Delivery, n *Node, why, raise string) {
		if d < best.Delivery {
			best = Promise{d, n, why, raise}
		}
	}
	for _, n := range p.Inputs {
		if n.class.replay == Once {
			weaken(BestEffort, n, "it cannot be read again after a crash", "read from an input that can be read again, such as `file`")
		}
	}
	switch p.Output.guarantee() {
	case AppendOnly:
		weaken(AtLeastOnce, p.Output, "it cannot take back what it wrote before a crash", "write to a transactional output: `iceberg`, `file`")
	case Idempotent:
		weaken(EffectivelyOnce, p.Output, "its target drops repeats by their id", "write to a transactional output: `iceberg`, `file`")
	}
	return best
}

// CheckDelivery refuses a plan that gives less than the document's `delivery` asks for.
func (p *Plan) CheckDelivery() source.Diagnostics {
	if p.Document.Delivery == "" {
		return nil
	}
	asked, ok := ParseDelivery(p.Document.Delivery)
	if !ok {
		d := source.Diagnostic{
			Code: "delivery", Range: p.Document.DeliveryRange, Found: "delivery is `" + p.Document.Delivery + "`",
			Expected: "one of: " + strings.Join(deliveryNames[:], ", "),
		}
		if near := source.Suggest(p.Document.Delivery, deliveryNames[:]); near != "" {
			d.Fix = "write `" + near + "`"
		}
		return source.Diagnostics{d}
	}
	got := p.Promise()
	if got.Delivery >= asked {
		return nil
	}
	return source.Diagnostics{{
		Code: "delivery-unmet", Range: p.Document.DeliveryRange,
		Found:    "delivery asks for " + asked.String() + ", and this document gives " + got.Delivery.String() + ": `" + got.Weakest.Component.Name + "`: " + got.Why,
		Expected: "components that give " + asked.String(),
		Fix:      got.Raise + ", or write `delivery: " + got.Delivery.String() + "`",
	}}
}

func list(names []string) string { return strings.Join(names, ", ") }
