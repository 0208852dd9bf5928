package engine

import (
	"fmt"
	"strings"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// Graph draws the plan as text: the components from input to output, what each does to the columns, and the dead letter.
// Two documents with the same plan give the same bytes: there are no positions in it.
func (p *Plan) Graph() string {
	var b strings.Builder
	b.WriteString(p.Document.Name + "\n")
	drawPromise(&b, "delivery", p.Promise())
	if dead, ok := p.DeadLetterPromise(); ok {
		drawPromise(&b, "dead letter", dead)
	}
	b.WriteByte('\n')
	drawNode(&b, p.Input, "")
	if p.Input.Combiner != nil {
		for _, n := range p.Inputs {
			b.WriteString("│   ├─ ")
			drawNode(&b, n, "")
			drawColumns(&b, schemas.New(), n.Out.Columns, "│   │   ")
		}
	}
	drawColumns(&b, schemas.New(), p.Input.Out.Columns, "│   ")
	drawChain(&b, p.Chain, "")
	b.WriteString("│\n▼\n")
	drawNode(&b, p.Output, "")
	if p.DeadLetter != nil {
		b.WriteString("┆   rows that cannot be processed\n▼\n")
		drawNode(&b, p.DeadLetter, "")
	}
	return b.String()
}

func drawPromise(b *strings.Builder, of string, p Promise) {
	fmt.Fprintf(b, "%s: %s\n", of, p)
	if p.Raise != "" {
		fmt.Fprintf(b, "  to raise it, %s\n", p.Raise)
	}
}

func drawNode(b *strings.Builder, n *Node, indent string) {
	fmt.Fprintf(b, "%s%s: %s", indent, n.Component.Path, n.Component.Name)
	if n.Component.Label != "" {
		fmt.Fprintf(b, " (%s)", n.Component.Label)
	}
	if _, nested := n.Processor.(Nested); !nested && n.Combiner == nil {
		if body := n.Component.Body.Inline(n.Spec.Fields); body != "" && body != "{}" {
			b.WriteString("  " + body)
		}
	}
	b.WriteByte('\n')
}

func drawChain(b *strings.Builder, c *Chain, indent string) {
	for _, n := range c.nodes {
		fmt.Fprintf(b, "%s│\n", indent)
		drawNode(b, n, indent)
		if nested, ok := n.Processor.(Nested); ok {
			for _, branch := range nested.Branches() {
				when := "otherwise"
				if branch.When != "" {
					when = "when " + branch.When
				}
				fmt.Fprintf(b, "%s│   ├─ %s\n", indent, when)
				drawChain(b, branch.Chain, indent+"│   ")
			}
		}
		drawColumns(b, n.In.Columns, n.Out.Columns, indent+"│   ")
	}
}

// drawColumns lists what changes between two schemas.
func drawColumns(b *strings.Builder, before, after *schemas.Schema, indent string) {
	for _, f := range after.Fields() {
		old, index, _ := before.Lookup(f.Name)
		switch {
		case index < 0:
			fmt.Fprintf(b, "%s+ %s\n", indent, describe(f))
		case !old.Type.Equal(f.Type) || old.Required != f.Required:
			fmt.Fprintf(b, "%s~ %s\n", indent, describe(f))
		}
	}
	for _, f := range before.Fields() {
		if _, index, _ := after.Lookup(f.Name); index < 0 {
			fmt.Fprintf(b, "%s- %s\n", indent, f.Name)
		}
	}
	if after.Open() && !before.Open() {
		fmt.Fprintf(b, "%s+ columns that only the records will tell\n", indent)
	}
}

func describe(f schemas.Field) string {
	s := f.Name + ": " + f.Type.String()
	if f.Required {
		s += " required"
	}
	return s
}
