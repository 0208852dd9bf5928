package dsl

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// Proposal is a better type for a column than the one that was inferred: it is written as a comment.
type Proposal struct {
	Column string // or a part of it: lines[].sku
	Type   schemas.Type
	Why    string // "all 50,000 values are RFC 3339"
}

// WriteSchema writes a schema document in YAML that ParseSchema reads back to an equal schema. That a schema is open is
// not written.
func WriteSchema(s *schemas.Schema, proposals ...Proposal) []byte {
	var b bytes.Buffer
	b.WriteString("fields:\n")
	for _, f := range s.Fields() {
		for _, p := range proposals {
			if rest, ok := strings.CutPrefix(p.Column, f.Name); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
				b.WriteString("  # proposal: ")
				if rest != "" {
					b.WriteString(commentText(p.Column) + ": ")
				}
				b.WriteString(commentText(p.Type.String()))
				if p.Why != "" {
					b.WriteString(" (" + commentText(p.Why) + ")")
				}
				b.WriteByte('\n')
			}
		}
		writeColumn(&b, f)
	}
	return b.Bytes()
}

func writeColumn(b *bytes.Buffer, f schemas.Field) {
	name, kind := yamlText(f.Name), yamlValue(f.Type.String())
	if !f.Required && f.Doc == "" {
		fmt.Fprintf(b, "  %s: %s\n", name, kind)
		return
	}
	fmt.Fprintf(b, "  %s:\n    type: %s\n", name, kind)
	if f.Required {
		b.WriteString("    required: true\n")
	}
	if f.Doc != "" {
		fmt.Fprintf(b, "    doc: %s\n", yamlValue(f.Doc))
	}
}

// commentText is text on one line.
func commentText(text string) string { return strings.Join(strings.Fields(text), " ") }

// plainText is a text that YAML reads as it stands, wherever a value or a name may stand in block style.
var plainText = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*([(<][A-Za-z0-9_,<>()]*)?$`)

// yamlValue writes a text that is interpolated when it is read.
func yamlValue(text string) string { return yamlText(strings.ReplaceAll(text, "${", "$${")) }

// yamlText writes a text as a YAML scalar: plain where nothing else can be read, in double quotes otherwise.
func yamlText(text string) string {
	if plainText.MatchString(text) && coreKind(text) == StringValue && len(text) < 100 {
		return text
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r >= 0x7f && r < 0xa1 || r == 0x2028 || r == 0x2029 || r >= 0xfff0 && r <= 0xffff || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
