package dsl

import (
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

func (y *yamlTree) anchor(n *ast.AnchorNode, after int) *Node {
	name := n.Name.GetToken().Value
	after = max(after, y.place(n.Name.GetToken()).End)
	y.open[name] = true
	value := y.node(n.Value, after)
	delete(y.open, name)
	y.anchors[name] = value
	return value
}

// alias is the node of its anchor, at the anchor's place: a finding in it is about the text that stands there.
func (y *yamlTree) alias(n *ast.AliasNode) *Node {
	t := n.Value.GetToken()
	r := y.place(n.Start)
	r.End = max(r.End, y.place(t).End)
	if y.open[t.Value] {
		return y.fail(source.Diagnostic{Code: "alias-cycle", Range: r, Found: "`*" + t.Value + "` inside of `&" + t.Value + "`", Expected: "an anchor that is complete"})
	}
	value, ok := y.anchors[t.Value]
	if !ok {
		d := source.Diagnostic{Code: "unknown-alias", Range: r, Found: "`*" + t.Value + "` has no anchor above it", Expected: "the name of an anchor, `&name`, that stands above"}
		if near := source.Suggest(t.Value, slices.Sorted(maps.Keys(y.anchors))); near != "" {
			d.Fix = "write `*" + near + "`"
		} else {
			d.Fix = "put it in quotes, if it is a text"
		}
		return y.fail(d)
	}
	if y.nodes += value.size(maxNodes); y.nodes > maxNodes {
		return y.tooMany(r)
	}
	return value
}

// size counts the nodes of a tree, and stops at limit.
func (n *Node) size(limit int) int {
	count := 1
	for _, list := range [][]*Node{n.Entries, n.Items} {
		for _, c := range list {
			if count > limit {
				return count
			}
			count += c.size(limit - count)
		}
	}
	return count
}

// tag accepts the tags of the core schema where they say what the value is anyway, and !!str.
func (y *yamlTree) tag(n *ast.TagNode, after int) *Node {
	r := y.place(n.Start)
	name := strings.TrimPrefix(strings.TrimPrefix(n.Start.Value, "!!"), "tag:yaml.org,2002:")
	want, known := map[string]ValueKind{"str": StringValue, "int": IntValue, "float": FloatValue, "bool": BoolValue, "null": NullValue}[name]
	container, isContainer := map[string]NodeKind{"map": MapNode, "seq": ListNode}[name]
	if !strings.HasPrefix(n.Start.Value, "!!") || !known && !isContainer {
		return y.fail(source.Diagnostic{
			Code: "unknown-tag", Range: r, Found: "the tag `" + n.Start.Value + "`", Expected: "a value without a tag",
			Fix: "put the value in quotes, if `!` is a part of it",
		})
	}
	if n.Value == nil {
		return &Node{Kind: ScalarNode, Range: r, Value: want}
	}
	value := y.node(n.Value, max(after, r.End))
	copied := *value
	switch {
	case isContainer && value.Kind == container, known && value.Kind == ScalarNode && value.Value == want:
	case name == "str" && value.Kind == ScalarNode:
		copied.Value = StringValue
	case name == "float" && value.Kind == ScalarNode && value.Value == IntValue:
		copied.Value = FloatValue
	default:
		return y.fail(source.Diagnostic{Code: "unknown-tag", Range: r, Found: "the tag `" + n.Start.Value + "` on " + value.describe(), Fix: "remove the tag"})
	}
	return &copied
}

// describe says what a node is, for messages. It never shows a text.
func (n *Node) describe() string {
	if n.Kind == ScalarNode {
		return n.Value.String()
	}
	return n.Kind.String()
}
