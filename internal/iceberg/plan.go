package iceberg

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	ice "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// Plan says how records of one schema become rows of one table. Columns are matched by their exact names; a column whose
// name differs from one of the table in case only is refused, since most readers could not tell the two apart.
//
// Columns of the table that the records lack are left out of the files: readers take them as null. It is immutable.
type Plan struct {
	Table   *Table
	Missing []Column // columns and members that the table lacks, at any depth

	steps  []step
	file   *ice.Schema   // the part of the table's schema that the files have
	schema *arrow.Schema // the same in Arrow, with field ids
	faults []fault       // what is wrong with every record
}

// Column is a column, or a member of a nested one, that a table lacks.
type Column struct {
	Path []string // as Iceberg's schema updates take it
	Type schemas.Type
	Doc  string
}

// step brings one column of the records, or a part of one, into the table.
type step struct {
	path     string // for messages
	source   int    // index among the columns or members of the record
	required bool   // a null is a fault
	absent   bool   // not in the files: any value is a fault, whose text is fault
	fault    fault
	cast     cast // of a leaf; nil keeps the values
	target   arrow.DataType
	children []step // of a struct, list (1) or map (key, value)
}

// NewPlan compares the schema of records with a table. Nothing is an error here: what does not fit is a fault of the
// records that have a value there.
func NewPlan(s *schemas.Schema, t *Table) (*Plan, error) {
	p := &Plan{Table: t}
	b := planner{table: t.Name, version: t.FormatVersion()}
	fields := b.members("", nil, s.Fields(), t.inner.Schema().Fields(), &p.steps)
	p.Missing, p.faults = b.missing, b.faults
	if len(fields) == 0 {
		p.faults = append(p.faults, fault{code: CodeType, message: "no column of the record is one of table " + t.Name})
		return p, nil
	}
	p.file = ice.NewSchema(t.inner.Schema().ID, fields...)
	schema, err := table.SchemaToArrowSchema(p.file, nil, true, false)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", t.Name, err)
	}
	p.schema = schema
	retarget(p.steps, schema.Fields())
	return p, nil
}

// retarget gives the steps that are in the files the Arrow types with field ids.
func retarget(steps []step, fields []arrow.Field) {
	next := 0
	for i := range steps {
		if steps[i].absent {
			continue
		}
		steps[i].target = fields[next].Type
		retargetInner(steps[i].children, fields[next].Type)
		next++
	}
}

func retargetInner(steps []step, t arrow.DataType) {
	switch t := t.(type) {
	case *arrow.StructType:
		retarget(steps, t.Fields())
	case *arrow.ListType:
		retarget(steps, []arrow.Field{t.ElemField()})
	case *arrow.MapType:
		retarget(steps, []arrow.Field{t.KeyField(), t.ItemField()})
	}
}

type planner struct {
	table   string
	version int
	missing []Column
	faults  []fault
}

// members matches columns or members by name and returns the part of to that the files have, in the order of from.
func (b *planner) members(at string, path []string, from []schemas.Field, to []ice.NestedField, steps *[]step) []ice.NestedField {
	var fields []ice.NestedField
	taken := map[string]bool{}
	for i, f := range from {
		name := at + f.Name
		taken[f.Name] = true
		k := indexOf(to, func(n ice.NestedField) bool { return n.Name == f.Name })
		switch {
		case f.Type.Kind == schemas.Null || f.Type.Kind == schemas.Unknown:
			*steps = append(*steps, step{path: name, source: i, absent: true})
		case k >= 0:
			s, field, ok := b.match(name, append(path[:len(path):len(path)], f.Name), f.Type, to[k])
			s.source = i
			*steps = append(*steps, s)
			if ok {
				fields = append(fields, field)
			} else if to[k].Required {
				b.faults = append(b.faults, s.fault)
			}
		default:
			*steps = append(*steps, step{path: name, source: i, absent: true, fault: b.unknown(name, path, f, to)})
		}
	}
	for _, n := range to {
		if n.Required && !taken[n.Name] {
			b.faults = append(b.faults, fault{code: CodeRequired, message: fmt.Sprintf(
				"column `%s` of table %s is required, and the record has no such column", at+n.Name, b.table)})
		}
	}
	return fields
}

// unknown notes a column that the table lacks, and says what is wrong with it for as long as it lacks it.
func (b *planner) unknown(name string, path []string, f schemas.Field, to []ice.NestedField) fault {
	if k := indexOf(to, func(n ice.NestedField) bool { return strings.EqualFold(n.Name, f.Name) }); k >= 0 {
		return fault{code: CodeCase, message: fmt.Sprintf(
			"column `%s` differs from `%s` of table %s in case only; rename it", name, to[k].Name, b.table)}
	}
	b.missing = append(b.missing, Column{Path: append(path[:len(path):len(path)], f.Name), Type: f.Type, Doc: f.Doc})
	return fault{code: CodeUnknown, message: fmt.Sprintf("table %s has no column `%s`", b.table, name)}
}

// match brings a type of the records and a field of the table together; ok is false when they do not fit.
func (b *planner) match(name string, path []string, from schemas.Type, to ice.NestedField) (s step, field ice.NestedField, ok bool) {
	s = step{path: name, required: to.Required}
	switch t := to.Type.(type) {
	case *ice.StructType:
		if from.Kind != schemas.Struct {
			break
		}
		if inner := b.members(name+".", path, from.Fields, t.FieldList, &s.children); len(inner) > 0 {
			to.Type = &ice.StructType{FieldList: inner}
			return s, to, true
		}
	case *ice.ListType:
		if from.Kind != schemas.List {
			break
		}
		elem, field, ok := b.match(name+"[]", inside(path, t.Element, "element"), *from.Elem, t.ElementField())
		if ok {
			s.children = []step{elem}
			to.Type = &ice.ListType{ElementID: t.ElementID, Element: field.Type, ElementRequired: t.ElementRequired}
			return s, to, true
		}
	case *ice.MapType:
		if from.Kind != schemas.Map || !t.KeyType.Equals(ice.PrimitiveTypes.String) {
			break
		}
		value, field, ok := b.match(name+"{}", inside(path, t.ValueType, "value"), *from.Elem, t.ValueField())
		if ok {
			s.children = []step{{path: name + "{}", required: true}, value}
			to.Type = &ice.MapType{KeyID: t.KeyID, KeyType: t.KeyType, ValueID: t.ValueID, ValueType: field.Type, ValueRequired: t.ValueRequired}
			return s, to, true
		}
	default:
		if c, ok := castTo(from, to.Type, name); ok {
			s.cast = c
			return s, to, true
		}
	}
	s.children, s.absent = nil, true
	s.fault = fault{code: CodeType, message: fmt.Sprintf(
		"column `%s` is %s in the record and %s in table %s", name, from, to.Type, b.table)}
	return s, to, false
}

// inside is the path under which members of an element or value are added: Iceberg takes the path of a list for that of
// its struct elements, but other nestings are named.
func inside(path []string, t ice.Type, name string) []string {
	if _, ok := t.(*ice.StructType); ok {
		return path
	}
	return append(path[:len(path):len(path)], name)
}

func indexOf(fields []ice.NestedField, is func(ice.NestedField) bool) int {
	for i, f := range fields {
		if is(f) {
			return i
		}
	}
	return -1
}
