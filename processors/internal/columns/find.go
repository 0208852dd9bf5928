package columns

import (
	"strconv"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// maxListed bounds how many columns a finding names: a record may have thousands.
const maxListed = 20

// Find returns the column of that name and its index in s; the index is -1 for a name that only an open schema may have.
// A name that is no column is a finding at its place.
func Find(s *schemas.Schema, name string, at source.Range) (schemas.Field, int, source.Diagnostics) {
	f, i, ok := s.Lookup(name)
	if ok {
		return f, i, nil
	}
	d := source.Diagnostic{Code: "unknown-field", Range: at, Found: "unknown field `" + name + "`", Expected: listed(s)}
	if head, _, dotted := strings.Cut(name, "."); dotted {
		if outer, _, known := s.Lookup(head); known {
			d.Found = "`" + name + "` is no column: it names a part of `" + head + "`, which is a " + outer.Type.String()
			d.Fix = "name the whole column, `" + head + "`; to take a part out of it, use `set`, as in `set: {" + last(name) + ": " + name + "}`"
			return f, i, source.Diagnostics{d}
		}
	}
	if near := source.Suggest(name, s.Names()); near != "" {
		d.Fix = "write `" + near + "`"
	}
	return f, i, source.Diagnostics{d}
}

func last(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func listed(s *schemas.Schema) string {
	names := s.Names()
	switch {
	case len(names) == 0:
		return "a field of the record, which has none here"
	case len(names) > maxListed:
		return "a field: " + strings.Join(names[:maxListed], ", ") + " and " + strconv.Itoa(len(names)-maxListed) + " more"
	}
	return "a field: " + strings.Join(names, ", ")
}

// Twice reports names that stand in a list a second time.
func Twice(names []dsl.Text) (ds source.Diagnostics) {
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		if seen[n.Value] {
			ds = append(ds, source.Diagnostic{Code: "column-twice", Range: n.Range, Found: "the column `" + n.Value + "` is named twice", Fix: "remove one"})
		}
		seen[n.Value] = true
	}
	return ds
}
