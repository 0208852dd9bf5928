package engine

import "fmt"

// Declared returns what the spec of a node's component says of its class, and what the component is.
func Declared(n *Node) (says, is string) {
	shares := n.Shared() // of this document; a spec says what any of them may
	if !shares {
		shares = n.class.splits == SharedSplits
	}
	is = fmt.Sprintf("shared splits %t, stateful %t, positioned %t", shares, n.Stateful(), n.Positioned())
	return fmt.Sprintf("shared splits %t, stateful %t, positioned %t", n.class.splits == SharedSplits, n.class.stateful, n.class.positioned), is
}
