package unittest

import (
	"fmt"
	"strings"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// testFile is what a test file says.
type testFile struct {
	Document dsl.Text           `flow:"document" doc:"The document that is tested, relative to this file; by default the one beside it whose name lacks _test."`
	Vars     dsl.Map[*dsl.Node] `flow:"vars" doc:"Values of the document's vars, for all cases."`
	Env      dsl.Map[string]    `flow:"env" doc:"The environment of all cases; that of the process is not seen."`
	Cases    []testCase         `flow:"cases,required" doc:"The tests."`
}

// testCase is one test: records, and what must come of them.
type testCase struct {
	Name   dsl.Text           `flow:"name,required" doc:"What the case shows; unique in its file."`
	Vars   dsl.Map[*dsl.Node] `flow:"vars" doc:"Values of the document's vars; they win over those of the file."`
	Env    dsl.Map[string]    `flow:"env" doc:"Environment; it wins over that of the file."`
	Input  inputFields        `flow:"input,required" doc:"The records: one of rows, lines and file."`
	Schema *dsl.Node          `flow:"schema" doc:"The records' schema, for a document that declares none; by default it is inferred from the records."`
	Meta   *dsl.Node          `flow:"meta" doc:"What the input knows of the records: a map for all of them, or a list with a map for each."`
	Now    *dsl.Text          `flow:"now" doc:"The value of now(), such as 2026-01-31T12:00:00Z."`
	Expect expectFields       `flow:"expect,required" doc:"What must come of the records."`
}

// inputFields are the records of a case.
type inputFields struct {
	Rows  []*dsl.Node `flow:"rows" doc:"Records as maps."`
	Lines []*dsl.Node `flow:"lines" doc:"Raw records as texts, decoded by the input's format: such as ones that cannot be."`
	File  *dsl.Path   `flow:"file" doc:"A file with records, decoded by the input's format."`
}

// rowFields say what rows must come out. They are joined by and.
type rowFields struct {
	Rows     []*dsl.Node `flow:"rows" doc:"All rows, in order; a column that is left out is null."`
	File     *dsl.Path   `flow:"file" doc:"A file with all rows, one JSON object a line; --update writes it."`
	Contains []*dsl.Node `flow:"contains" doc:"Some of the rows, in order; a column that is left out may hold anything."`
	Count    *int64      `flow:"count,min=0" doc:"The number of rows."`
}

// expectFields are the expectations of a case.
type expectFields struct {
	rowFields
	Routes      dsl.Map[routeFields]  `flow:"routes" doc:"The rows of each target; a target that is not listed must get none."`
	DeadLetters []letterFields        `flow:"dead_letters" doc:"The records that are rejected, all of them; by default none."`
	Schema      dsl.Map[schemas.Type] `flow:"schema" doc:"All columns that come out, and their types."`
}

// letterFields describe one dead letter. What is given must match.
type letterFields struct {
	Code      string    `flow:"code" doc:"The stable name of the reason."`
	Class     string    `flow:"class,one_of=decode|type|expression|route|schema|size|target" doc:"The kind of the reason."`
	Component string    `flow:"component" doc:"The component that rejects it: its path, such as processors[1]; its name may follow, as in processors[1].filter."`
	Error     string    `flow:"error" doc:"A part of the reason."`
	Ordinal   *int64    `flow:"ordinal,min=0" doc:"The number of the record, from 0."`
	Record    *dsl.Node `flow:"record" doc:"Fields of the record as it entered the component."`
	Raw       *dsl.Node `flow:"raw" doc:"The record as it was given: its text."`
}

// routeFields are the rows of one target: a list of them, their number, or a map of expectations.
type routeFields struct{ rowFields }

// TypeName implements dsl.NodeDecoder.
func (r *routeFields) TypeName() string { return "list of rows, number of rows or map of expectations" }

// DecodeNode implements dsl.NodeDecoder.
func (r *routeFields) DecodeNode(n *dsl.Node, s *dsl.Scope) source.Diagnostics {
	type expectations struct{ rowFields }
	switch {
	case n.Kind == dsl.ListNode:
		r.Rows = append([]*dsl.Node{}, n.Items...)
		return r.check(n)
	case n.Kind == dsl.ScalarNode:
		count := *n
		count.Key = "count"
		n = &dsl.Node{Kind: dsl.MapNode, Range: n.Range, Key: n.Key, KeyRange: n.KeyRange, Entries: []*dsl.Node{&count}}
	}
	var e expectations
	if ds := dsl.Decode(n, &e, s); ds.HasErrors() {
		return ds
	}
	r.rowFields = e.rowFields
	return r.check(n)
}

// empty reports whether nothing is said about rows.
func (r rowFields) empty() bool {
	return r.Rows == nil && r.File == nil && r.Contains == nil && r.Count == nil
}

func (r rowFields) check(at *dsl.Node) (ds source.Diagnostics) {
	if r.empty() {
		ds = append(ds, finding("nothing-expected", place(at), "nothing is expected of `"+at.Key+"`", "one of: rows, file, contains, count", ""))
	}
	return append(ds, r.conflicts(at)...)
}

func (r rowFields) conflicts(at *dsl.Node) (ds source.Diagnostics) {
	if r.Rows != nil && r.File != nil {
		ds = append(ds, finding("test-rows", place(at.Field("file")), "`file` beside `rows`", "all rows once: here or in a file", "remove one of the two"))
	}
	ds = append(ds, mapsOnly(r.Rows, "rows")...)
	return append(ds, mapsOnly(r.Contains, "contains")...)
}

// Validate reports what the types cannot.
func (f testFile) Validate(at dsl.Node) (ds source.Diagnostics) {
	if len(f.Cases) == 0 {
		cases := at.Field("cases")
		ds = append(ds, finding("no-tests", place(cases), "the file has no cases", "one case at least", ""))
	}
	first := map[string]source.Range{}
	for _, c := range f.Cases {
		if at, twice := first[c.Name.Value]; twice {
			ds = append(ds, finding("test-name", c.Name.Range, "two cases are called "+quote(c.Name.Value),
				fmt.Sprintf("a name of its own; the first stands in line %d", at.Position().Line), ""))
			continue
		}
		first[c.Name.Value] = c.Name.Range
	}
	return append(ds, varsOnly(f.Vars)...)
}

// varsOnly reports values that no var can have.
func varsOnly(vars dsl.Map[*dsl.Node]) (ds source.Diagnostics) {
	for _, v := range vars {
		items := []*dsl.Node{v.Value}
		if v.Value.Kind == dsl.ListNode {
			items = v.Value.Items
		}
		for _, n := range items {
			switch {
			case n.Kind != dsl.ScalarNode:
				ds = append(ds, finding("var-value", n.Range, "vars."+v.Key+" holds "+n.Kind.String(), "a value, or a list of values", ""))
			case n != v.Value && strings.Contains(n.Text, ","):
				ds = append(ds, finding("var-value", n.Range, "vars."+v.Key+" lists a text with a comma", "texts without one: they are given as `--set` gives them", ""))
			}
		}
	}
	return ds
}

// Validate reports what the types cannot.
func (c testCase) Validate(at dsl.Node) (ds source.Diagnostics) {
	ds = varsOnly(c.Vars)
	if c.Now != nil {
		if _, err := time.Parse(time.RFC3339Nano, c.Now.Value); err != nil {
			ds = append(ds, finding("test-now", c.Now.Range, "now is "+quote(c.Now.Value), "a time with its zone, such as 2026-01-31T12:00:00Z", ""))
		}
	}
	if c.Meta != nil && c.Meta.Kind == dsl.ScalarNode {
		ds = append(ds, finding("test-meta", c.Meta.Range, "meta is a value", "a map of meta fields, or a list with a map for each record", ""))
	}
	return ds
}

// Validate reports what the types cannot.
func (f inputFields) Validate(at dsl.Node) (ds source.Diagnostics) {
	given := 0
	for _, is := range []bool{f.Rows != nil, f.Lines != nil, f.File != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		found := "the case has no records"
		if given > 1 {
			found = "the records of the case are given more than once"
		}
		ds = append(ds, finding("test-input", place(&at), found, "one of: rows, lines, file", ""))
	}
	ds = append(ds, mapsOnly(f.Rows, "rows")...)
	for _, n := range f.Lines {
		if n.Kind != dsl.ScalarNode {
			ds = append(ds, finding("test-lines", place(n), "a line is "+n.Kind.String(), "a text: the record as it arrives", "put it into quotes, or list it under `rows`"))
		}
	}
	return ds
}

// Validate reports what the types cannot.
func (f expectFields) Validate(at dsl.Node) (ds source.Diagnostics) {
	if f.empty() && f.Routes == nil && f.DeadLetters == nil && f.Schema == nil {
		ds = append(ds, finding("nothing-expected", place(&at), "the case expects nothing", "one of: rows, file, contains, count, routes, dead_letters, schema",
			"write `rows: []` when no row may come out"))
	}
	return append(ds, f.conflicts(&at)...)
}

// Validate reports what the types cannot.
func (f letterFields) Validate(at dsl.Node) (ds source.Diagnostics) {
	if f.Record != nil {
		ds = append(ds, mapsOnly([]*dsl.Node{f.Record}, "record")...)
	}
	if f == (letterFields{}) {
		ds = append(ds, finding("nothing-expected", place(&at), "the dead letter may be any", "one of: code, component, error, ordinal, record, raw", "write the `code` of the reason"))
	}
	return ds
}

func mapsOnly(nodes []*dsl.Node, what string) (ds source.Diagnostics) {
	for _, n := range nodes {
		if n.Kind != dsl.MapNode {
			ds = append(ds, finding("test-row", place(n), "a record under `"+what+"` is "+n.Kind.String(), "a map from columns to values", ""))
		}
	}
	return ds
}

func finding(code string, at source.Range, found, expected, fix string) source.Diagnostic {
	return source.Diagnostic{Code: code, Range: at, Found: found, Expected: expected, Fix: fix}
}

// place is where a finding about the whole of n belongs: its name, else the value.
func place(n *dsl.Node) source.Range {
	if n.KeyRange.File != nil && n.KeyRange.End > n.KeyRange.Start {
		return n.KeyRange
	}
	return n.Range
}
