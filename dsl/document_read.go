package dsl

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// topFields are what a document may say at its top.
type topFields struct {
	Name        *Node `flow:"name" doc:"What the pipeline is called: it keys its state."`
	Description *Node `flow:"description" doc:"What the pipeline is for."`
	Vars        *Node `flow:"vars" doc:"Parameters with a type."`
	Input       *Node `flow:"input" doc:"Where records come from."`
	Processors  *Node `flow:"processors" doc:"What is done to them, in this order."`
	Output      *Node `flow:"output" doc:"Where they go."`
	DeadLetter  *Node `flow:"dead_letter" doc:"Where records go that cannot be processed."`
	Checkpoint  *Node `flow:"checkpoint" doc:"How often progress is made durable."`
	Delivery    *Node `flow:"delivery" doc:"The guarantee that the pipeline must give."`
}

// TopFields describes the keys at the top of a document, for the reference and for editors.
func TopFields() []FieldSpec { return FieldsOf(topFields{}) }

// documentReader reads the parts of a document.
type documentReader struct {
	options Options
	d       *Document
	top     topFields
	ds      source.Diagnostics
}

func (p *documentReader) report(d source.Diagnostic) { p.ds = append(p.ds, d) }

// start is the place of findings about the whole document.
func (p *documentReader) start() source.Range {
	return at(p.d.File, p.d.Root.Range.Start, p.d.Root.Range.Start)
}

func (p *documentReader) read() {
	dec := &decoder{scope: p.d.Scope}
	dec.config(p.d.Root, reflect.ValueOf(&p.top).Elem(), "")
	p.ds = append(p.ds, dec.ds...)
	p.vars()
	p.d.Scope.noVars = false
	p.name()
	if n := p.top.Description; n != nil {
		p.d.Description, _ = p.text(n)
	}
	p.input()
	p.processors()
	p.output()
	p.deadLetter()
	p.checkpoint()
	p.delivery()
}

// quoted writes a text as the document would.
func (p *documentReader) quoted(text string) string {
	if isTOML(p.start()) {
		return strconv.Quote(text)
	}
	return text
}

// text reads a scalar at the top of the document.
func (p *documentReader) text(n *Node) (string, bool) {
	var v struct {
		Text string `flow:"text,body"`
	}
	dec := &decoder{scope: p.d.Scope}
	dec.config(n, reflect.ValueOf(&v).Elem(), "")
	p.ds = append(p.ds, dec.ds...)
	return v.Text, !dec.ds.HasErrors()
}

func (p *documentReader) name() {
	n := p.top.Name
	if n == nil {
		p.report(source.Diagnostic{Code: "missing-name", Range: p.start(), Found: "the document has no name", Expected: "`name`: it keys the pipeline's state", Fix: "write `" + assignment(p.start(), "name", p.quoted("my-pipeline")) + "`"})
		return
	}
	if n.Kind != ScalarNode || n.IsNull() {
		p.text(n)
		return
	}
	text, ds := p.d.Scope.interpolate(n)
	p.ds = append(p.ds, ds...)
	if ds.HasErrors() {
		return
	}
	p.d.Name, p.d.NameRange = text.text, n.Range
	if !namePattern.MatchString(text.text) {
		p.report(source.Diagnostic{
			Code: "name", Range: n.Range, Found: "the name is " + text.shown(),
			Expected: "small letters, digits, `_` and `-`, beginning with a letter or digit, 63 at most", Fix: nameFix(text),
		})
	}
}

// absent reports a part that every document has.
func (p *documentReader) absent(kind Kind, standard, purpose string) {
	value := "{" + assignment(p.start(), standard, "{}") + "}"
	p.report(source.Diagnostic{
		Code: "missing-" + kind.String(), Range: p.start(), Found: fmt.Sprintf("the document has no %s", kind),
		Expected: fmt.Sprintf("`%s` and one component; `iggy-flow list %ss` names them", kind, kind), Fix: "write `" + assignment(p.start(), kind.String(), value) + "` " + purpose,
	})
}

func (p *documentReader) component(n *Node, kind Kind, path string, extra ...string) Component {
	c, ds := p.d.Scope.component(n, kind, path, extra)
	p.ds = append(p.ds, ds...)
	return c
}

func (p *documentReader) input() {
	if p.top.Input == nil {
		p.absent(Input, "stdin", "to read standard input")
		return
	}
	p.d.Input = p.component(p.top.Input, Input, "input")
}

func (p *documentReader) output() {
	if p.top.Output == nil {
		p.absent(Output, "stdout", "to write to standard output")
		return
	}
	p.d.Output = p.component(p.top.Output, Output, "output")
}

func (p *documentReader) processors() {
	n := p.top.Processors
	if n == nil || n.IsNull() {
		return
	}
	items := n.Items
	if n.Kind != ListNode {
		items = []*Node{n}
	}
	for i, item := range items {
		p.d.Processors = append(p.d.Processors, p.component(item, Processor, index("processors", i)))
	}
}

func (p *documentReader) deadLetter() {
	n := p.top.DeadLetter
	if n == nil {
		return
	}
	c := p.component(n, Output, "dead_letter", "max_ratio")
	p.d.DeadLetter = &c
	ratio := n.Lookup("max_ratio")
	if ratio == nil {
		return
	}
	var v struct {
		MaxRatio float64 `flow:"max_ratio,min=0,max=1"`
	}
	ds := Decode(&Node{Kind: MapNode, Range: n.Range, Key: "dead_letter", Entries: []*Node{ratio}}, &v, p.d.Scope)
	p.ds = append(p.ds, ds...)
	p.d.MaxRatio, p.d.MaxRatioRange = &v.MaxRatio, ratio.Range
}

func (p *documentReader) checkpoint() {
	if n := p.top.Checkpoint; n != nil && !n.IsNull() {
		p.ds = append(p.ds, Decode(n, &p.d.Checkpoint, p.d.Scope)...)
	}
}

func (p *documentReader) delivery() {
	n := p.top.Delivery
	if n == nil {
		return
	}
	var v struct {
		Delivery string `flow:"delivery,one_of=exactly_once|effectively_once|at_least_once|best_effort"`
	}
	p.ds = append(p.ds, Decode(&Node{Kind: MapNode, Range: n.Range, Entries: []*Node{n}}, &v, p.d.Scope)...)
	p.d.Delivery, p.d.DeliveryRange = v.Delivery, n.Range
}
