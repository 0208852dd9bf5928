package dsl

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// value converts the value that begins at offset start, and returns where it ends.
func (t *tomlTree) value(v *unstable.Node, start int) (*Node, int) {
	switch v.Kind {
	case unstable.Array:
		return t.array(v, start)
	case unstable.InlineTable:
		return t.inline(v, start)
	}
	raw := at(t.f, int(v.Raw.Offset), int(v.Raw.Offset+v.Raw.Length))
	n := &Node{Kind: ScalarNode, Range: raw, Text: string(v.Data), Value: StringValue}
	switch v.Kind {
	case unstable.String:
		n.Style = tomlStyle(raw.Text())
	case unstable.Bool:
		n.Value = BoolValue
	case unstable.Integer:
		n.Value, n.Text = IntValue, plainInt(n.Text)
	case unstable.Float:
		n.Value, n.Text = FloatValue, plainFloat(n.Text)
	}
	return n, raw.End
}

func tomlStyle(raw []byte) Style {
	switch {
	case bytes.HasPrefix(raw, []byte(`"""`)):
		return MultilineBasic
	case bytes.HasPrefix(raw, []byte(`'''`)):
		return MultilineLiteral
	case raw[0] == '"':
		return BasicString
	default:
		return LiteralString
	}
}

// plainInt spells an integer as YAML does.
func plainInt(text string) string {
	text = strings.ReplaceAll(text, "_", "")
	if digits, ok := strings.CutPrefix(text, "0b"); ok {
		if v, err := strconv.ParseInt(digits, 2, 64); err == nil {
			return strconv.FormatInt(v, 10)
		}
	}
	return text
}

// plainFloat spells a float as YAML does.
func plainFloat(text string) string {
	text = strings.ReplaceAll(text, "_", "")
	switch strings.TrimLeft(text, "+-") {
	case "inf":
		return strings.Replace(text, "inf", ".inf", 1)
	case "nan":
		return ".nan"
	}
	return text
}

func (t *tomlTree) array(v *unstable.Node, start int) (*Node, int) {
	n := &Node{Kind: ListNode}
	end := start + 1
	for it := v.Children(); it.Next(); {
		if it.Node().Kind == unstable.Comment {
			continue
		}
		var item *Node
		item, end = t.value(it.Node(), t.between(end))
		n.Items = append(n.Items, item)
		t.nodes++
	}
	end = t.between(end) + 1
	n.Range = at(t.f, start, end)
	return n, end
}

func (t *tomlTree) inline(v *unstable.Node, start int) (*Node, int) {
	n := &Node{Kind: MapNode, Range: at(t.f, start, start+1)}
	end := start + 1
	for it := v.Children(); it.Next(); {
		if it.Node().Kind == unstable.KeyValue {
			end = t.entry(n, it.Node())
		}
	}
	end = t.between(end) + 1
	n.Range = at(t.f, start, end)
	return n, end
}

// between skips what may stand between two values: blanks, line ends, commas, comments.
func (t *tomlTree) between(offset int) int {
	data := t.f.Data
	for offset < len(data) {
		switch c := data[offset]; {
		case blank(c) || c == '\n' || c == ',':
			offset++
		case c == '#':
			offset = lineEnd(data, offset)
		default:
			return offset
		}
	}
	return offset
}
