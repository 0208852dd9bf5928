package columns

import (
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Layout keeps a processor's columns where they are when its input gets new ones: whoever comes behind it is promised that
// new columns stand behind the old ones. The zero Layout has seen no schema.
type Layout struct {
	in    *schemas.Schema
	names []string
}

// Arrange returns the order of fields, which a processor makes of in, as indexes into fields. It is the order of fields
// themselves, unless in only adds columns to the schema of the call before: then the columns of that call come first.
func (l *Layout) Arrange(in *schemas.Schema, fields []schemas.Field) []int {
	grown := l.in != nil && extends(in, l.in)
	order := make([]int, 0, len(fields))
	if grown {
		index := make(map[string]int, len(fields))
		for i, f := range fields {
			index[f.Name] = i
		}
		for _, name := range l.names {
			if i, ok := index[name]; ok {
				order = append(order, i)
				delete(index, name)
			}
		}
		for i, f := range fields {
			if _, left := index[f.Name]; left {
				order = append(order, i)
			}
		}
	} else {
		for i := range fields {
			order = append(order, i)
		}
	}
	l.in, l.names = in, l.names[:0]
	for _, i := range order {
		l.names = append(l.names, fields[i].Name)
	}
	return order
}

// extends reports whether s is t with columns added behind.
func extends(s, t *schemas.Schema) bool {
	if s.Open() || t.Open() || s.Len() < t.Len() {
		return false
	}
	for i := range t.Len() {
		if !s.Field(i).Equal(t.Field(i)) {
			return false
		}
	}
	return true
}
