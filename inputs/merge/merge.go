package merge

import (
	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Config is what a document says under merge.
type Config struct {
	Inputs []dsl.Component `flow:"inputs,required,body,kind=input" doc:"The inputs, each as it would stand under input, with its own format and schema."`
}

// Register adds the merge input to r.
func Register(r *engine.Registry) {
	engine.AddCombiner(r, engine.CombinerSpec[Config]{
		Name:    "merge",
		Summary: "Reads several inputs at once.",
		Description: "Records come as their inputs give them: in order from each input, in no order between two. They have the columns of all inputs, " +
			"and `meta` has the fields of all; one that an input lacks is null in its records. Columns of one name must be of one type: `cast` cannot help in front of here, a `schema` can. " +
			"It ends when all its inputs have ended. Each input has positions of its own: after a crash every one goes on where the targets are.",
		Since:    "0.1.0",
		Examples: []dsl.Example{{Title: "Two files with other columns", Document: twoFiles}},
		New:      newMerge,
	})
}

// The example uses only components that every test of this folder brings along.
const twoFiles = `name: all-orders
input:
  merge:
    - file: shop.ndjson
      schema: {fields: {id: int64, total: double}}
    - file: phone.ndjson
      label: phone
      schema: {fields: {id: int64, agent: string}}
output: {stdout: {}}
`

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) source.Diagnostics {
	if len(c.Inputs) > 0 {
		return nil
	}
	return source.Diagnostics{{
		Code: "merge-empty", Range: at.Range, Found: "`merge` has no input", Expected: "a list of inputs",
		Fix: "write such as `merge: [{file: a.ndjson}, {file: b.ndjson}]`",
	}}
}
