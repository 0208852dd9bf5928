package file

import (
	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Config is what a document says under file.
type Config struct {
	Path        dsl.Path `flow:"path,required" doc:"Where to write. With {epoch} or {part} in its last part, a file for each checkpoint; {replica} names the process."`
	IfExists    string   `flow:"if_exists,one_of=replace|append|fail" doc:"What a new run does with files that are there already."`
	Compression string   `flow:"compression,one_of=auto|none|gzip|zstd" doc:"How the files are packed; auto goes by the ending: .gz, .zst."`
}

// FormatPath implements engine.PathHolder.
func (c Config) FormatPath() string { return c.Path.Written }

// Register adds the file output to r.
func Register(r *engine.Registry) {
	engine.AddOutput(r, engine.OutputSpec[Config]{
		Name:    "file",
		Summary: "Writes files that become visible whole, when a checkpoint commits them.",
		Description: "A fixed path is written as a hidden file beside it and renamed when the input has ended; a crash in between costs nothing, and the next start goes on in it. " +
			"Behind an input that never ends or cannot be read again (stdin), and with `if_exists: append`, it is written in place: rows are visible before their checkpoint, and a restart cuts off those that no checkpoint holds. " +
			"A path with {epoch} or {part} gets a file for each checkpoint that has rows. " +
			"A path that is no regular file, such as a named pipe, is written to directly and cannot take anything back.",
		Since:    "0.1.0",
		Defaults: Config{IfExists: "replace", Compression: "auto"},
		Examples: []dsl.Example{
			{Title: "One file", Document: oneFile},
			{Title: "A packed file for each checkpoint", Document: manyFiles},
		},
		Bytes:     true,
		Guarantee: engine.Transactional,
		Conditions: []string{
			"The path is that of a regular file: anything else, such as a named pipe, is append-only.",
			"The disk keeps what was synced.",
			"Nobody else changes the files, or removes the hidden ones beside them. Readers of a file that is written in place may see rows that a restart cuts off.",
		},
		New: newOutput,
	})
}

const oneFile = `name: copy
input: {file: orders.ndjson}
output: {file: paid.ndjson}
`

const manyFiles = `name: archive
input: {file: orders.ndjson}
output: {file: {path: "archive/orders-{epoch}.ndjson.gz", if_exists: append}}
checkpoint: {interval: 1m}
`

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) source.Diagnostics {
	if err := checkPattern(c.Path.Value); err != nil {
		return source.Diagnostics{{
			Code: "file-path", Range: at.Field("path").Range, Found: err.Error(),
			Expected: "{epoch}, {part} or {replica}, the first two in the file's name", Fix: "for other parts of the path use ${vars.NAME}",
		}}
	}
	return nil
}
