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
	if got := p.Promise(); got.Delivery < asked {
		return source.Diagnostics{{
			Code: "delivery-unmet", Range: p.Document.DeliveryRange,
			Found:    "delivery asks for " + asked.String() + ", and this document gives " + got.String(),
			Expected: "components that give " + asked.String(),
			Fix:      got.Raise + ", or write `delivery: " + got.Delivery.String() + "`",
		}}
	}
	return nil
}

func list(names []string) string { return strings.Join(names, ", ") }
