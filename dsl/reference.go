package dsl

import (
	"fmt"
	"strings"
)

// Reference writes a component's documentation as Markdown: what `iggy-flow list NAME` prints and what docs/reference
// holds.
func (s *Spec) Reference() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s `%s`\n\n%s\n\n", s.Kind, s.Name, s.Summary)
	if s.Description != "" {
		b.WriteString(s.Description + "\n\n")
	}
	if s.Since != "" {
		fmt.Fprintf(&b, "Since %s.", s.Since)
		if s.Short != "" {
			fmt.Fprintf(&b, " Short form: `%s: <%s>`.", s.Name, s.Short)
		}
		b.WriteString("\n\n")
	}
	if s.Bytes {
		b.WriteString("`format` and `schema` may stand beside it.\n\n")
	}
	if len(s.Fields) > 0 {
		b.WriteString("## Fields\n\n")
		writeFields(&b, s.Fields, "")
		b.WriteByte('\n')
	}
	for _, e := range s.Examples {
		fmt.Fprintf(&b, "## %s\n\n```yaml\n%s```\n\n", e.Title, e.Document)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func writeFields(b *strings.Builder, fields []FieldSpec, indent string) {
	for _, f := range fields {
		fmt.Fprintf(b, "%s- `%s`: %s", indent, f.Name, f.TypeName)
		switch {
		case f.Required:
			b.WriteString(", required")
		case f.Default != "":
			fmt.Fprintf(b, ", default `%s`", f.Default)
		}
		if len(f.OneOf) > 0 {
			fmt.Fprintf(b, "; one of `%s`", strings.Join(f.OneOf, "`, `"))
		}
		b.WriteString(". " + f.Doc + "\n")
		writeFields(b, f.Fields, indent+"  ")
	}
}
