package switching

import (
	"strconv"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Config is what a document says under switch.
type Config struct {
	Cases []Case `flow:"cases,required,body" doc:"The cases. A record goes through the processors of the first one whose condition is true."`
}

// Case is one case.
type Case struct {
	When       dsl.Expression  `flow:"when" doc:"The condition; null counts as false. The last case may be without one: it takes the records that are left."`
	Processors []dsl.Component `flow:"processors,required" doc:"What the records of this case go through; an empty list lets them pass."`
}

// Register adds the switch processor to r.
func Register(r *engine.Registry) {
	engine.AddProcessor(r, engine.ProcessorSpec[Config]{
		Name:    "switch",
		Summary: "Sends each record through the processors of the first case that it meets.",
		Description: "The cases are tried in order, and the first whose condition is true takes the record; null counts as false. The last case may be " +
			"without `when`: it takes the records that are left. Without such a case they pass as they are. A record on which a condition fails, and that no " +
			"case before has taken, is rejected with its reason.\n\n" +
			"Behind the cases the records are in their old order again, with the columns of all cases: one that a case lacks is null there. Columns of one " +
			"name must be of one type.",
		Since:    "0.1.0",
		Examples: []dsl.Example{{Title: "Another treatment for each kind of event", Document: eventsExample}},
		New:      newProcessor,
	})
}

// The example uses only processors that every test of this folder brings along.
const eventsExample = `name: events
input:
  stdin: {}
  schema: {fields: {kind: string, id: int64, amount: double}}
processors:
  - switch:
      - when: kind == "debug"
        processors:
          - filter: "false"
      - when: kind == "refund"
        processors:
          - set: {amount: -amount}
      - processors:
          - set: {amount: amount ?? 0.0}
output: {stdout: {}}
`

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) (ds source.Diagnostics) {
	if len(c.Cases) == 0 {
		ds = append(ds, source.Diagnostic{
			Code: "switch-empty", Range: at.Range, Found: "`switch` has no case", Expected: "a list of cases",
			Fix: "write such as `switch: [{when: total > 100, processors: [...]}]`, or remove it",
		})
	}
	for i, k := range c.Cases {
		if !k.When.IsZero() || i == len(c.Cases)-1 {
			continue
		}
		ds = append(ds, source.Diagnostic{
			Code: "switch-order", Range: item(at, i), Found: "case " + strconv.Itoa(i+1) + " has no condition and takes every record: the cases behind it are never tried",
			Expected: "`when` in every case but the last", Fix: "add a `when`, or move the case to the end",
		})
	}
	return ds
}

// item is where case i stands.
func item(at dsl.Node, i int) source.Range {
	if i < len(at.Items) {
		return at.Items[i].Range
	}
	return at.Range
}
