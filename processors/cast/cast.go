package cast

import (
	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Config is what a document says under cast.
type Config struct {
	Types dsl.Map[schemas.Type] `flow:"types,required,body" doc:"The new type of each column, by its name."`
}

// Register adds the cast processor to r.
func Register(r *engine.Registry) {
	engine.AddProcessor(r, engine.ProcessorSpec[Config]{
		Name:    "cast",
		Summary: "Converts columns to other types, without loss.",
		Description: "A value that the new type cannot hold rejects its record: 1.5 as a whole number, 300 as an int8, a text that is no date. Null stays null.\n\n" +
			"- Numbers: between all types. A double becomes the nearest float, and a decimal the nearest float or double that reads back as it; everything else " +
			"must fit exactly.\n" +
			"- Bools: from and to `true` and `false`, and the whole numbers 1 and 0.\n" +
			"- Text to numbers: digits, a sign, for fractions a point and an exponent; no spaces.\n" +
			"- Text to times: a `date` is `2026-07-28`, a `time` `12:30:00`, a `timestamp` RFC 3339, with a space instead of its `T` if need be; a " +
			"`local_timestamp` is the same without a zone. Digits beyond the type's precision are cut.\n" +
			"- Times: a `date` is midnight, and only midnight is a `date`; a `local_timestamp` is taken as UTC.\n" +
			"- `uuid`, `binary` and `fixed(n)`: between each other and text. Text to `json` must be JSON, and is kept as it is.\n\n" +
			"A number is no time, since it does not say its unit: use an expression.",
		Since:    "0.1.0",
		Examples: []dsl.Example{{Title: "Types for a CSV file", Document: csvExample}},
		New:      newProcessor,
	})
}

const csvExample = `name: typed
input:
  stdin: {}
  schema: {fields: {id: string, total: string, day: string, note: string}}
processors:
  - cast:
      id:    int64
      total: decimal(12,2)
      day:   date
output: {stdout: {}}
`

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) (ds source.Diagnostics) {
	if len(c.Types) == 0 {
		ds = append(ds, source.Diagnostic{
			Code: "cast-empty", Range: at.Range, Found: "`cast` converts no column",
			Expected: "a type for each column", Fix: "write such as `cast: {total: double}`, or leave it out",
		})
	}
	return ds
}
