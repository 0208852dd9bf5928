package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Chain runs processors one after the other in one goroutine: neighbours that need no channel between them.
type Chain struct {
	nodes []*Node
	links []*link
	out   *Out
}

// link is one processor of a running chain. It is the Sink of the processor before it.
type link struct {
	chain *Chain
	at    int // index in the chain; len(nodes) is the chain's end
	node  *Node
	out   *Out
	bound *schemas.Schema
	meta  *schemas.Schema
}

// Nodes lists the chain's processors, for pictures of the plan.
func (c *Chain) Nodes() []*Node { return c.nodes }

// Bind binds every processor to what the one before it emits, and returns what the last one emits. Behind one with errors
// nobody knows the columns: what follows is checked as far as it goes without them.
func (c *Chain) Bind(in Shape) (Shape, source.Diagnostics) {
	var all source.Diagnostics
	for _, n := range c.nodes {
		out, ds := n.Processor.Bind(in)
		n.In, n.Out = in, out
		all = append(all, ds...)
		if ds.HasErrors() {
			out = Shape{Columns: schemas.NewOpen(), Meta: in.Meta}
		}
		in = out
	}
	return in, all
}

// Process runs b through the chain; what comes out of the last processor goes to out, as do all rejections, each with the
// processor that made it. Rows that a processor filtered count as filtered by out. It takes b.
func (c *Chain) Process(ctx context.Context, b *Batch, out *Out) error {
	c.start(out)
	before := c.sum()
	if err := c.links[0].Emit(ctx, b); err != nil {
		return err
	}
	after := c.sum()
	for f := range fates {
		out.Count(f, int(after[f]-before[f]))
	}
	return nil
}

// start makes the links on first use. A chain has one owner, and so one out.
func (c *Chain) start(out *Out) {
	c.out = out
	if c.links != nil {
		return
	}
	for i, n := range c.nodes {
		l := &link{chain: c, at: i, node: n, bound: n.In.Columns, meta: n.In.Meta}
		c.links = append(c.links, l)
	}
	c.links = append(c.links, &link{chain: c, at: len(c.nodes)})
	for i, n := range c.nodes {
		c.links[i].out = NewOut(n.Site, c.links[i+1])
	}
}

// reset forgets what the links have counted: the chain begins anew, with the same processors.
func (c *Chain) reset() { c.links = nil }

func (c *Chain) sum() (fate [fates]int64) {
	for _, l := range c.links {
		if l.out == nil {
			continue
		}
		for f := range fates {
			fate[f] += l.out.account.Fate[f]
		}
	}
	return fate
}

// Emit hands b to the link's processor, which is bound again first when the schema has got new columns.
func (l *link) Emit(ctx context.Context, b *Batch) error {
	if l.node == nil {
		// The chain's own Out counts what leaves it.
		return l.chain.out.Emit(ctx, b)
	}
	if b.Schema != l.bound {
		if _, ds := l.node.Processor.Bind(Shape{Columns: b.Schema, Meta: l.meta}); ds.HasErrors() {
			b.Release()
			return DiagnosticsError{ds}
		}
		l.bound = b.Schema
	}
	l.out.Receive(b.Len())
	return l.node.call("processing", func() error { return l.node.Processor.Process(ctx, b, l.out) })
}

// Reject passes on what the processor before this link rejected.
func (l *link) Reject(ctx context.Context, at Site, b *Batch, rows []Rejection) error {
	return l.chain.out.RejectAs(ctx, at, b, rows)
}

// RejectRaw is never called: no processor decodes records for others.
func (l *link) RejectRaw(ctx context.Context, _ Site, rows []RawRejection) error {
	return l.chain.out.RejectRaw(ctx, rows)
}

// accounts lists what each processor counted.
func (c *Chain) accounts() []partAccount {
	var out []partAccount
	for _, l := range c.links {
		if l.node == nil {
			continue
		}
		p := partAccount{site: l.node.Site, account: l.out.account}
		if s, ok := l.node.Processor.(Stateful); ok {
			p.held = s.Held()
		}
		out = append(out, p)
	}
	return out
}

// Balance checks, between two batches, that every row that went into each processor came out of it or has a fate. A
// sum that does not hold is a bug.
func (c *Chain) Balance() error {
	for _, p := range c.accounts() {
		if !p.account.holds(p.held) {
			a := p.account
			return fmt.Errorf("the rows of %s do not add up: in %d, created %d; out %d, rejected %d, filtered %d, dropped %d, consumed %d, held %d: this is a bug in iggy-flow, please report it",
				p.site.Path, a.In, a.Fate[Created], a.Emitted, a.Rejected, a.Fate[Filtered], a.Fate[Dropped], a.Fate[Consumed], p.held)
		}
	}
	return nil
}

// snapshot gathers the states of stateful processors, by label or path.
func (c *Chain) snapshot() (map[string][]byte, error) {
	states := map[string][]byte{}
	for _, n := range c.nodes {
		s, ok := n.Processor.(Stateful)
		if !ok {
			continue
		}
		var state []byte
		err := n.call("taking a snapshot", func() (err error) { state, err = s.Snapshot(); return err })
		if err != nil {
			return nil, fmt.Errorf("snapshot %s: %w", n.Site.Path, err)
		}
		states[n.stateKey()] = state
	}
	return states, nil
}

// restore gives stateful processors what a checkpoint holds of them. A state without its processor no longer fits the
// document.
func (c *Chain) restore(states map[string][]byte) error {
	left := maps.Clone(states)
	for _, n := range c.nodes {
		s, ok := n.Processor.(Stateful)
		if !ok {
			continue
		}
		state, ok := left[n.stateKey()]
		if !ok {
			continue // a new processor begins empty
		}
		if err := n.call("restoring its state", func() error { return s.Restore(state) }); err != nil {
			return fmt.Errorf("restore %s: %w", n.Site.Path, err)
		}
		delete(left, n.stateKey())
	}
	for _, key := range slices.Sorted(maps.Keys(left)) {
		return fmt.Errorf("the state holds a processor %q that the document lacks; put it back, or start anew with --fresh", key)
	}
	return nil
}

// DiagnosticsError carries findings where an error is wanted.
type DiagnosticsError struct{ Diagnostics source.Diagnostics }

// Error renders the findings.
func (e DiagnosticsError) Error() string { return e.Diagnostics.Render() }
