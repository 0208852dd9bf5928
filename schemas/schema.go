package schemas

import (
	"slices"
	"strings"
)

// Field is one column or one member of a struct.
type Field struct {
	Name     string
	Type     Type
	Required bool   // a null is an error of the record
	Doc      string // for people; two fields that differ only in it are equal
}

// Equal reports whether f and g have the same name, type and required flag.
func (f Field) Equal(g Field) bool {
	return f.Name == g.Name && f.Required == g.Required && f.Type.Equal(g.Type)
}

// Schema is the ordered list of a record's columns. It is immutable and safe for concurrent use.
type Schema struct {
	fields []Field
	open   bool
	index  map[string]int
}

// New returns a schema of fields. A name that occurs twice keeps its first place: callers check before.
func New(fields ...Field) *Schema { return build(fields, false) }

// NewOpen returns a schema that may have columns beyond fields, of unknown names and types: what lint knows of an input
// without a declared schema and without a readable sample. No batch carries an open schema.
func NewOpen(fields ...Field) *Schema { return build(fields, true) }

func build(fields []Field, open bool) *Schema {
	s := &Schema{fields: slices.Clone(fields), open: open, index: make(map[string]int, len(fields))}
	for i, f := range s.fields {
		if _, twice := s.index[f.Name]; !twice {
			s.index[f.Name] = i
		}
	}
	return s
}

// Len is the number of known columns.
func (s *Schema) Len() int { return len(s.fields) }

// Open reports whether s may have columns beyond the known ones.
func (s *Schema) Open() bool { return s.open }

// Field returns column i.
func (s *Schema) Field(i int) Field { return s.fields[i] }

// Fields returns a copy of the columns.
func (s *Schema) Fields() []Field { return slices.Clone(s.fields) }

// Lookup returns the column of that name and its index. In an open schema an unknown name is a column of kind Unknown
// with index -1; otherwise ok is false.
func (s *Schema) Lookup(name string) (f Field, index int, ok bool) {
	if i, ok := s.index[name]; ok {
		return s.fields[i], i, true
	}
	return Field{Name: name}, -1, s.open
}

// Names lists the columns in order.
func (s *Schema) Names() []string {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.Name
	}
	return names
}

// Equal reports whether s and t have equal columns in the same order.
func (s *Schema) Equal(t *Schema) bool {
	return s == t || s != nil && t != nil && s.open == t.open && slices.EqualFunc(s.fields, t.fields, Field.Equal)
}

// String writes one line: name: type, name: type required, ...
func (s *Schema) String() string {
	var b strings.Builder
	for i, f := range s.fields {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteName(f.Name) + ": " + f.Type.String())
		if f.Required {
			b.WriteString(" required")
		}
	}
	if s.open {
		if len(s.fields) > 0 {
			b.WriteString(", ")
		}
		b.WriteString("...")
	}
	return b.String()
}
