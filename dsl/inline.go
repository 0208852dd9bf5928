package dsl

import (
	"strconv"
	"strings"
)

// Inline writes n on one line, as flow YAML: the same for the same values in YAML and TOML. Fields that fields says are
// secret, and everything below them, are written as ***.
func (n *Node) Inline(fields []FieldSpec) string {
	var b strings.Builder
	n.inline(&b, fields)
	return b.String()
}

func (n *Node) inline(b *strings.Builder, fields []FieldSpec) {
	switch n.Kind {
	case MapNode:
		b.WriteByte('{')
		for i, e := range n.Entries {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(scalarText(e.Key, StringValue) + ": ")
			secret, nested := false, fields
			for _, f := range fields {
				if f.Name == e.Key {
					secret, nested = f.Secret, f.Fields
				}
			}
			if secret {
				b.WriteString(hiddenText)
				continue
			}
			e.inline(b, nested)
		}
		b.WriteByte('}')
	case ListNode:
		b.WriteByte('[')
		for i, item := range n.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			item.inline(b, fields)
		}
		b.WriteByte(']')
	case ScalarNode:
		b.WriteString(scalarText(n.Text, n.Value))
	}
}

// scalarText quotes a text that flow YAML would not read as one scalar. Whether that is a text or a number is left to the
// field: an expression `true` is the same in both formats, quoted or not.
func scalarText(text string, kind ValueKind) string {
	if kind != StringValue {
		return text
	}
	plain := text != "" && text == strings.TrimSpace(text) && !strings.ContainsAny(text, "{}[],\n\t#\"'\\") && !strings.Contains(text, ": ") &&
		!strings.ContainsAny(text[:1], "&*!|>%@`-?:") && !strings.HasSuffix(text, ":")
	switch {
	case plain:
		return text
	case strings.ContainsAny(text, "'\n"):
		return strconv.Quote(text)
	default:
		return "'" + text + "'"
	}
}
