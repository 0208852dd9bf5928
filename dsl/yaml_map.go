package dsl

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

func (y *yamlTree) sequence(n *ast.SequenceNode) *Node {
	out := &Node{Kind: ListNode, Range: y.place(n.Start)}
	for i, v := range n.Values {
		after := out.Range.End
		if i < len(n.Entries) && n.Entries[i].Start != nil {
			after = y.place(n.Entries[i].Start).End
		}
		item := y.node(v, after)
		if i > 0 && n.IsFlowStyle {
			y.splitByComma(out.Items[i-1], item.Range, item)
		}
		out.Items = append(out.Items, item)
		out.Range.End = max(out.Range.End, after)
		widen(&out.Range, item.Range)
	}
	if n.IsFlowStyle && n.End != nil {
		out.Range.End = y.place(n.End).End
	}
	return out
}

func (y *yamlTree) mapping(n *ast.MappingNode) *Node {
	out := &Node{Kind: MapNode, Range: y.place(n.Start)}
	if !n.IsFlowStyle && len(n.Values) > 0 {
		first := y.place(n.Values[0].Key.GetToken())
		out.Range.Start, out.Range.End = first.Start, first.End
	}
	var merged []mergedMap
	have := make(map[string]*Node, len(n.Values))
	for _, v := range n.Values {
		key := y.place(v.Key.GetToken())
		after := max(key.End, y.place(v.Start).End)
		if v.Key.IsMergeKey() {
			value := y.node(v.Value, after)
			merged = append(merged, mergedMap{at: len(out.Entries), from: value, key: key})
			out.Range.End = max(out.Range.End, after)
			widen(&out.Range, value.Range)
			continue
		}
		name, ok := y.key(v.Key)
		value := y.node(v.Value, after)
		if !ok {
			continue
		}
		y.indented(n, key, value)
		if last := len(out.Entries) - 1; n.IsFlowStyle && last >= 0 && value.IsNull() {
			y.splitByComma(out.Entries[last], key, &Node{Kind: ScalarNode, Text: name, Value: StringValue})
		}
		value = keyed(value, name, key)
		if first := have[name]; first != nil {
			y.ds = append(y.ds, duplicate(name, key, first.KeyRange))
			continue
		}
		have[name] = value
		out.Entries = append(out.Entries, value)
		out.Range.End = max(out.Range.End, after)
		widen(&out.Range, value.Range)
	}
	if n.IsFlowStyle && n.End != nil {
		out.Range.End = y.place(n.End).End
	}
	y.merge(out, merged)
	return out
}

// indented reports a value in block style that is indented no more than its name: goccy takes it for the value all the same.
func (y *yamlTree) indented(n *ast.MappingNode, key source.Range, value *Node) {
	r := value.Range
	if n.IsFlowStyle || r.File != y.f || r.Start <= key.End || value.IsNull() && r.Start == r.End {
		return
	}
	column := key.Position().Column
	lines := []int{r.Start}
	if value.Kind == ScalarNode && value.Style == Plain {
		for i := r.Start; i < r.End; i++ {
			if y.f.Data[i] == '\n' {
				next, _ := breaks(y.f.Data, i)
				lines = append(lines, next)
			}
		}
	}
	for _, start := range lines {
		p := y.f.Position(start)
		if p.Line == key.Position().Line || p.Column > column || p.Column == column && value.Kind == ListNode && y.f.Data[start] == '-' {
			continue
		}
		y.fail(source.Diagnostic{
			Range: oneLine(at(y.f, start, start+1)), Found: "a line that belongs to nothing above it", Expected: "`name: value`, or a value that is indented more than its name",
			Fix: "write `: ` behind the name, or indent the value",
		})
		return
	}
}

// splitByComma reports a plain text such as max(a, b) in a flow list or map: its comma ends it for YAML.
func (y *yamlTree) splitByComma(before *Node, r source.Range, behind *Node) {
	if before.Kind != ScalarNode || before.Style != Plain || behind.Kind != ScalarNode || behind.Style != Plain || openBrackets(before.Text) <= 0 ||
		!strings.ContainsAny(behind.Text, ")>") || r.File != before.Range.File || r.Start < before.Range.Start {
		return
	}
	y.fail(commaInText(y.f, before.Range, r))
}

// keyed is n as the value of a map's entry. An anchor's node may be shared, so it is copied.
func keyed(n *Node, name string, r source.Range) *Node {
	copied := *n
	copied.Key, copied.KeyRange = name, r
	return &copied
}

// key reads the name of an entry: a scalar without anchor, tag or alias.
func (y *yamlTree) key(k ast.MapKeyNode) (string, bool) {
	d := source.Diagnostic{Range: y.place(k.GetToken()), Expected: "a name, as in `name: value`"}
	switch k := k.(type) {
	case *ast.MappingKeyNode:
		d.Found, d.Fix = "a key behind `?`", "write `name: value`"
	case *ast.AnchorNode:
		d.Found, d.Fix = "an anchor on a key", "write it before the value"
	case *ast.AliasNode:
		d.Found, d.Fix = "an alias as a key", "write the name"
	case *ast.TagNode:
		d.Found, d.Fix = "a tag on a key", "write the name"
	case *ast.LiteralNode:
		d.Found, d.Fix = "a block text as a key", "write the name in quotes"
	default:
		t := k.GetToken()
		s, ok := y.spans[t]
		if ok && s.scalar != nil && (s.style != Plain || t.Type != token.NullType && s.scalar.text != nil) {
			return string(s.scalar.text), true
		}
		if ok && s.scalar == nil {
			y.doubtful(s.Range)
			return "", false
		}
		d.Found, d.Fix = "an entry without a name", "write it in quotes where it is a word such as `null`"
	}
	y.fail(d)
	return "", false
}

// mergedMap is the value of a << and the place in its map where the entries go.
type mergedMap struct {
	at   int
	from *Node
	key  source.Range
}

// merge adds the entries of << that out lacks: its own win, then earlier maps over later ones.
func (y *yamlTree) merge(out *Node, merged []mergedMap) {
	for i := len(merged) - 1; i >= 1; i-- {
		y.ds = append(y.ds, duplicate("<<", merged[i].key, merged[0].key))
	}
	if len(merged) != 1 {
		return
	}
	m := merged[0]
	sources := []*Node{m.from}
	if m.from.Kind == ListNode {
		sources = m.from.Items
	}
	have := map[string]bool{}
	for _, e := range out.Entries {
		have[e.Key] = true
	}
	var added []*Node
	for _, s := range sources {
		if s.Kind != MapNode {
			if !y.ds.HasErrors() {
				y.fail(source.Diagnostic{Range: s.Range, Found: "`<<` with " + s.Kind.String(), Expected: "an alias of a map, or a list of them", Fix: "write `<<: *name`"})
			}
			return
		}
		for _, e := range s.Entries {
			if !have[e.Key] {
				have[e.Key] = true
				added = append(added, e)
			}
		}
	}
	if y.nodes += len(added); y.nodes > maxNodes {
		y.tooMany(m.key)
		return
	}
	out.Entries = append(out.Entries[:m.at:m.at], append(added, out.Entries[m.at:]...)...)
}
