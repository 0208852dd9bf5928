package schemas

import (
	"regexp"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Proposal is a type that all texts of a string column would fit, too. It is for people to accept: text stays string.
type Proposal struct {
	Path   string // the column as expressions name it; [] stands for the elements of a list
	Type   Type   // timestamp, local_timestamp, date, time or uuid
	Values int    // how many texts were looked at
}

// forms are the types that are proposed, and what their texts look like. Decoding still decides: 2026-13-01 has the form
// of a date.
var forms = []struct {
	kind Kind
	form *regexp.Regexp
}{
	{Timestamp, regexp.MustCompile(`^\d{4}-[01]\d-[0-3]\d[Tt ][0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-][0-2]\d:[0-5]\d)$`)},
	{LocalTimestamp, regexp.MustCompile(`^\d{4}-[01]\d-[0-3]\d[Tt ][0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?$`)},
	{Date, regexp.MustCompile(`^\d{4}-[01]\d-[0-3]\d$`)},
	{Time, regexp.MustCompile(`^[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?$`)},
	{UUID, regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)},
}

// Propose names the string columns of a sample, nested ones too, all of whose texts look like an instant, a date, a time
// or a uuid. The batches, which it borrows, have the columns of s. The proposals come in the order of the columns.
func Propose(s *Schema, batches ...arrow.RecordBatch) []Proposal {
	var found []Proposal
	for i, f := range s.fields {
		columns := make([]arrow.Array, len(batches))
		for k, b := range batches {
			columns[k] = b.Column(i)
		}
		found = append(found, propose(quoteName(f.Name), f.Type, columns)...)
	}
	return found
}

func propose(path string, t Type, columns []arrow.Array) []Proposal {
	switch t.Kind {
	case String:
		return proposeText(path, columns)
	case List:
		parts := make([]arrow.Array, len(columns))
		for k, c := range columns {
			parts[k] = c.(*array.List).ListValues()
		}
		return propose(path+"[]", *t.Elem, parts)
	case Struct:
		var found []Proposal
		for i, f := range t.Fields {
			parts := make([]arrow.Array, len(columns))
			for k, c := range columns {
				parts[k] = c.(*array.Struct).Field(i)
			}
			found = append(found, propose(path+"."+quoteName(f.Name), f.Type, parts)...)
		}
		return found
	default:
		return nil
	}
}

func proposeText(path string, columns []arrow.Array) []Proposal {
	values, form := 0, -1
	for _, column := range columns {
		c, ok := column.(*array.String)
		if !ok {
			return nil
		}
		for i := range c.Len() {
			if c.IsNull(i) {
				continue
			}
			if values++; values == 1 {
				form = formOf(c.Value(i)) // no text has two of the forms, so all must have the first one's
			}
			if form < 0 || !forms[form].form.MatchString(c.Value(i)) {
				return nil
			}
		}
	}
	if values == 0 {
		return nil
	}
	return []Proposal{{Path: path, Type: Of(forms[form].kind), Values: values}}
}

func formOf(text string) int {
	for i, f := range forms {
		if f.form.MatchString(text) {
			return i
		}
	}
	return -1
}
