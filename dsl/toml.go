package dsl

import (
	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// parseTOML reads a TOML document: order and places from pelletier's parser, validity from BurntSushi's. A fuzz test holds
// the values of the two equal.
func parseTOML(f *source.File) (*Node, source.Diagnostics) {
	if r, deep := tomlDepth(f); deep {
		return nil, one(tooDeep(r))
	}
	t := &tomlTree{f: f, root: &Node{Kind: MapNode, Range: at(f, 0, 0)}, depth: map[*Node]int{}, index: map[*Node]map[string]*Node{}, closed: map[*Node]bool{}}
	t.current = t.root
	p := &t.parser
	p.Reset(f.Data)
	for p.NextExpression() {
		t.expression(p.Expression())
		if t.nodes > maxNodes {
			return nil, one(tooManyValues(t.current.place()))
		}
	}
	if err := p.Error(); err != nil {
		return nil, one(pelletierSyntax(f, p, err))
	}
	if len(t.ds) > 0 {
		t.ds.Sort()
		return nil, t.ds
	}
	var valid map[string]any
	if _, err := toml.Decode(string(f.Data), &valid); err != nil {
		return nil, one(burntSyntax(f, err))
	}
	return t.root, nil
}

// tomlTree builds the tree of a document, one expression after the other.
type tomlTree struct {
	f       *source.File
	parser  unstable.Parser
	root    *Node
	current *Node // the table that entries go to
	depth   map[*Node]int
	index   map[*Node]map[string]*Node // the entries of each table
	nodes   int
	closed  map[*Node]bool // values and inline tables: nothing is added to them
	ds      source.Diagnostics
}

func (t *tomlTree) expression(e *unstable.Node) {
	switch e.Kind {
	case unstable.Table, unstable.ArrayTable:
		t.header(e)
	case unstable.KeyValue:
		t.entry(t.current, e)
	}
}

// name is one part of a dotted key.
type name struct {
	text string
	at   source.Range
}

func (t *tomlTree) names(it unstable.Iterator) (out []name) {
	for it.Next() {
		raw := it.Node().Raw
		out = append(out, name{string(it.Node().Data), at(t.f, int(raw.Offset), int(raw.Offset+raw.Length))})
	}
	return out
}

// header makes the table of a [header] the current one.
func (t *tomlTree) header(e *unstable.Node) {
	names := t.names(e.Key())
	last := names[len(names)-1]
	start := names[0].at.Start
	for start > 0 && t.f.Data[start-1] != '\n' {
		start--
	}
	for blank(t.f.Data[start]) {
		start++
	}
	whole := at(t.f, start, last.at.End+1)
	if e.Kind == unstable.ArrayTable {
		whole.End++
	}
	for whole.End < len(t.f.Data) && blank(t.f.Data[whole.End-1]) {
		whole.End++
	}
	parent := t.walk(t.root, names[:len(names)-1])
	if parent == nil {
		return
	}
	if e.Kind == unstable.Table {
		t.current = t.table(parent, last)
		if t.current != nil && len(t.current.Entries) == 0 {
			t.current.Range = whole
		}
		return
	}
	list := t.index[parent][last.text]
	if list == nil {
		list = &Node{Kind: ListNode, Range: whole, Key: last.text, KeyRange: last.at}
		t.add(parent, list)
	}
	if list.Kind != ListNode || t.closed[list] {
		t.ds = append(t.ds, duplicate(last.text, last.at, list.KeyRange))
		return
	}
	t.current = &Node{Kind: MapNode, Range: whole}
	t.depth[t.current] = t.depth[list] + 1
	list.Items = append(list.Items, t.current)
}

// walk follows the names of tables, and makes those that are missing. Of a list of tables it takes the last. It returns nil
// after a finding.
func (t *tomlTree) walk(n *Node, names []name) *Node {
	for _, k := range names {
		if n = t.table(n, k); n == nil {
			return nil
		}
	}
	return n
}

func (t *tomlTree) table(parent *Node, k name) *Node {
	n := t.index[parent][k.text]
	if n == nil {
		n = &Node{Kind: MapNode, Range: k.at, Key: k.text, KeyRange: k.at}
		t.add(parent, n)
		return n
	}
	first := n
	if n.Kind == ListNode && len(n.Items) > 0 && !t.closed[n] {
		n = n.Items[len(n.Items)-1]
	}
	if n.Kind != MapNode || t.closed[n] {
		t.ds = append(t.ds, duplicate(k.text, k.at, first.KeyRange))
		return nil
	}
	return n
}

// add appends an entry, which must be new, and widens the ranges that hold it.
func (t *tomlTree) add(parent, n *Node) {
	if t.nodes++; t.index[parent] == nil {
		t.index[parent] = map[string]*Node{}
	}
	t.index[parent][n.Key] = n
	parent.Entries = append(parent.Entries, n)
	widen(&parent.Range, n.Range)
	if t.depth[n] = t.depth[parent] + 1; t.depth[n] > maxDepth && len(t.ds) == 0 {
		t.ds = append(t.ds, tooDeep(n.KeyRange))
	}
}

// widen moves the end of r behind by, where by begins in it or behind it.
func widen(r *source.Range, by source.Range) {
	if by.File == r.File && by.Start >= r.Start {
		r.End = max(r.End, by.End)
	}
}

// entry adds `key = value` to a table, and returns where it ends.
func (t *tomlTree) entry(table *Node, e *unstable.Node) int {
	names := t.names(e.Key())
	end := int(e.Raw.Offset + e.Raw.Length)
	last := names[len(names)-1]
	start := last.at.End
	for start < end && (blank(t.f.Data[start]) || t.f.Data[start] == '=') {
		start++
	}
	value, end := t.value(e.Value(), start)
	if table = t.walk(table, names[:len(names)-1]); table == nil {
		return end
	}
	value.Key, value.KeyRange = last.text, last.at
	if e.Value().Kind == unstable.InlineTable || e.Value().Kind == unstable.Array {
		value.walk(func(n *Node) { t.closed[n] = true })
	}
	if first := t.index[table][last.text]; first != nil {
		t.ds = append(t.ds, duplicate(last.text, last.at, first.KeyRange))
		return end
	}
	t.add(table, value)
	return end
}
