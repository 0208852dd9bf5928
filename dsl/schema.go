package dsl

import (
	"path/filepath"
	"reflect"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// DeclaredSchema is a schema that a document declares.
type DeclaredSchema struct {
	Schema      *schemas.Schema
	Description string
	Unknown     string                  // what becomes of fields that it lacks: "ignore", "error" or "keep"
	File        *source.File            // where the fields stand: the schema's own file, or the document
	Ranges      map[string]source.Range // where each column's name stands
}

// declaredFields is what stands under the shared key `schema`.
type declaredFields struct {
	File *Text `flow:"file" doc:"A schema document, relative to this one."`
	schemaDocument
}

// schemaDocument is what stands in a schema document.
type schemaDocument struct {
	Description string `flow:"description" doc:"What a record is."`
	Fields      *Node  `flow:"fields" doc:"The columns, in order: a type for each name, or a map of type, required and doc."`
	Unknown     string `flow:"unknown_fields,one_of=ignore|error|keep" doc:"What becomes of fields that the schema lacks."`
}

// SchemaFields describes the keys of a schema document, for the reference and for editors.
func SchemaFields() []FieldSpec { return FieldsOf(schemaDocument{Unknown: "ignore"}) }

// LoadSchema reads what stands under the shared key `schema`: the path of a schema document, or a map with its fields, or
// one with its file. The schema is nil exactly when there are errors.
func LoadSchema(n *Node, s *Scope) (*DeclaredSchema, source.Diagnostics) {
	if s == nil {
		s = &Scope{}
	}
	if n.Kind == ScalarNode && !n.IsNull() {
		text, ds := s.interpolate(n)
		if ds.HasErrors() {
			return nil, ds
		}
		return schemaFile(Text{Value: text.text, Range: n.Range}, s)
	}
	d := declaredFields{}
	ds := decodeDeclared(n, &d, s)
	switch {
	case d.File == nil && n.Kind == MapNode:
		return declare(n, d.schemaDocument, s, ds)
	case ds.HasErrors():
		return nil, ds
	case d.File != nil && d.Fields != nil:
		return nil, one(source.Diagnostic{Code: "schema", Range: n.Field("fields").KeyRange, Found: "`fields` beside `file`", Expected: "one of them", Fix: "remove one"})
	default:
		declared, ds := schemaFile(*d.File, s)
		if declared != nil && d.Unknown != "" {
			declared.Unknown = d.Unknown
		}
		return declared, ds
	}
}

// decodeDeclared reads the map of a schema.
func decodeDeclared(n *Node, d any, s *Scope) source.Diagnostics {
	dec := &decoder{scope: s}
	if n.Kind != MapNode {
		dec.wrong(n, "a map with `fields`, or the path of a schema document")
	} else {
		dec.config(n, reflect.ValueOf(d).Elem(), "")
	}
	return dec.ds
}

// schemaFile reads a schema document.
func schemaFile(path Text, s *Scope) (*DeclaredSchema, source.Diagnostics) {
	full := path.Value
	if !filepath.IsAbs(full) {
		full = filepath.Join(s.Dir, full)
	}
	data, err := s.read(full)
	if err != nil {
		return nil, one(source.Diagnostic{Code: "missing-file", Range: path.Range, Found: "cannot read the schema " + path.Value + ": " + reason(err), Expected: "a schema document, relative to this one"})
	}
	return ParseSchema(source.NewFile(path.Value, data))
}

// ParseSchema reads a schema document in YAML or TOML. The schema is nil exactly when there are errors.
func ParseSchema(f *source.File) (*DeclaredSchema, source.Diagnostics) {
	root, ds := ParseTree(f)
	if root == nil {
		return nil, ds
	}
	d := schemaDocument{}
	s := &Scope{noVars: true}
	ds = decodeDeclared(root, &d, s)
	if root.Kind != MapNode {
		return nil, ds
	}
	return declare(root, d, s, ds)
}

// declare makes a schema of its columns. ds are the findings so far.
func declare(n *Node, d schemaDocument, s *Scope, ds source.Diagnostics) (*DeclaredSchema, source.Diagnostics) {
	out := &DeclaredSchema{Description: d.Description, Unknown: d.Unknown, File: n.Range.File, Ranges: map[string]source.Range{}}
	if out.Unknown == "" {
		out.Unknown = "ignore"
	}
	if d.Fields == nil || d.Fields.Kind != MapNode || len(d.Fields.Entries) == 0 {
		x := source.Diagnostic{Code: "schema", Range: n.place(), Found: "the schema has no `fields`", Expected: "`fields`: a map from names to types", Fix: "write `fields: {id: int64}`"}
		if d.Fields != nil {
			x.Range, x.Found = d.Fields.place(), "fields is "+d.Fields.describe()
			if d.Fields.Kind == MapNode || d.Fields.IsNull() {
				x.Found = "fields is empty"
			}
		}
		if d.Fields != nil || !ds.HasErrors() {
			ds = append(ds, x)
		}
		return nil, ds
	}
	var fields []schemas.Field
	for _, e := range d.Fields.Entries {
		f, found := column(e, s)
		ds = append(ds, found...)
		fields = append(fields, f)
		out.Ranges[e.Key] = e.KeyRange
	}
	if ds.HasErrors() {
		return nil, ds
	}
	out.Schema = schemas.New(fields...)
	return out, nil
}

// column reads one column: the text of its type, or a map.
func column(n *Node, s *Scope) (schemas.Field, source.Diagnostics) {
	f := schemas.Field{Name: n.Key}
	var c struct {
		Type     schemas.Type `flow:"type,required" doc:"The column's type."`
		Required bool         `flow:"required" doc:"A null is an error of the record."`
		Doc      string       `flow:"doc" doc:"What it means."`
	}
	if strings.TrimSpace(n.Key) == "" {
		return f, one(source.Diagnostic{Code: "schema", Range: n.place(), Found: "a column without a name", Expected: "a name"})
	}
	ds := Decode(n, &c, s)
	f.Type, f.Required, f.Doc = c.Type, c.Required, c.Doc
	return f, ds
}
