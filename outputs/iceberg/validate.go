package iceberg

import (
	"fmt"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	lake "github.com/iggy-flow/iggy-flow/internal/iceberg"
)

// Validate reports what the types cannot, each finding at its value.
func (c Config) Validate(at dsl.Node) (ds source.Diagnostics) {
	table, route := c.Table.Value != "", !c.Route.IsZero()
	switch {
	case table && route:
		ds = append(ds, source.Diagnostic{
			Code: "iceberg-target", Range: c.Route.Range,
			Found: "both `table` and `route`", Expected: "one of them", Fix: "remove `table` to choose the table of each record, else `route`",
		})
	case !table && !route:
		ds = append(ds, source.Diagnostic{
			Code: "iceberg-target", Range: name(at),
			Found: "neither `table` nor `route`", Expected: "one of them", Fix: "add `table: namespace.name`, or `route` with an expression that names it",
		})
	case table && !lake.ValidTableName(c.Table.Value):
		ds = append(ds, source.Diagnostic{
			Code: "iceberg-table", Range: c.Table.Range, Found: fmt.Sprintf("the table name %q", c.Table.Value), Expected: nameRule,
		})
	}
	return ds
}

// name is where a component's name stands, or the component itself where it has none.
func name(at dsl.Node) source.Range {
	if at.KeyRange.IsZero() {
		return at.Range
	}
	return at.KeyRange
}

// nameRule says what a table name looks like.
const nameRule = "namespace.table: letters, digits and underscores, with a dot between the parts"

// Validate reports properties that the output sets itself.
func (c Create) Validate(dsl.Node) (ds source.Diagnostics) {
	for _, e := range c.Properties {
		switch {
		case e.Key == "format-version":
			ds = append(ds, source.Diagnostic{
				Code: "iceberg-property", Range: e.KeyRange, Found: "the property `format-version`", Fix: "write `format_version` beside `properties`",
			})
		case strings.HasPrefix(e.Key, recordPrefix):
			ds = append(ds, source.Diagnostic{
				Code: "iceberg-property", Range: e.KeyRange, Found: fmt.Sprintf("the property `%s`", e.Key),
				Expected: "another name: those with iggy-flow. in front keep positions", Fix: "rename it",
			})
		}
	}
	return ds
}
