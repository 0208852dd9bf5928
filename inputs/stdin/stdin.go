package stdin

import (
	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Config is what a document says under stdin.
type Config struct {
	MaxRecord dsl.Size `flow:"max_record,min=1B,max=1GiB" doc:"The largest record; a longer one is rejected."`
}

// Register adds the stdin input to r.
func Register(r *engine.Registry) {
	engine.AddInput(r, engine.InputSpec[Config]{
		Name:    "stdin",
		Summary: "Reads standard input until it ends.",
		Description: "What was read is gone with the process: after a crash the records that no checkpoint covers must be piped in again, " +
			"so a document with this input gives best_effort. Each start is a new run. A batch is handed on when it is full, or when nothing has come for 50 ms.",
		Since:    "0.1.0",
		Defaults: Config{MaxRecord: 16 << 20},
		Examples: []dsl.Example{{Title: "Pretty errors from a log", Document: example}},
		Bytes:    true,
		Replay:   engine.Once,
		Conditions: []string{
			"Whoever writes to the pipe keeps what no checkpoint holds yet, to write it again after a crash.",
		},
		Bounded: true,
		New:     newInput,
	})
}

const example = `name: errors
input:
  stdin: {}
  schema: {fields: {level: string, message: string, at: timestamp}}
processors:
  - filter: level == "error"
output: {stdout: {}}
`
