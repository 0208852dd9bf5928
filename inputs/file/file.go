package file

import (
	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Config is what a document says under file.
type Config struct {
	Paths       []dsl.Path `flow:"paths,required" doc:"Files to read, in this order; a pattern such as logs/*.ndjson stands for the files that match it, sorted by name."`
	Compression string     `flow:"compression,one_of=auto|none|gzip|zstd" doc:"How the files are packed; auto goes by the ending: .gz, .zst."`
	MaxRecord   dsl.Size   `flow:"max_record,min=1B,max=1GiB" doc:"The largest record; a longer one is rejected."`
}

// FormatPath implements engine.PathHolder.
func (c Config) FormatPath() string {
	if len(c.Paths) == 0 {
		return ""
	}
	return c.Paths[0].Written
}

// Register adds the file input to r.
func Register(r *engine.Registry) {
	engine.AddInput(r, engine.InputSpec[Config]{
		Name:    "file",
		Summary: "Reads files, each from its first record to its last.",
		Description: "Paths are relative to the document. The files are listed when the pipeline starts and read in order; the input ends behind the last one. " +
			"After a crash it goes on behind the last record that every target has, in compressed files too. " +
			"A file that was replaced meanwhile, or one that appeared among those already read, stops the pipeline instead of being skipped over.",
		Since:    "0.1.0",
		Defaults: Config{Compression: "auto", MaxRecord: 16 << 20},
		Examples: []dsl.Example{
			{Title: "One file", Document: oneFile},
			{Title: "All files of a folder, packed", Document: manyFiles},
		},
		Bytes:  true,
		Replay: engine.Replayable,
		Conditions: []string{
			"The files keep their names and their content until every record of theirs is committed. One that was replaced meanwhile, or has appeared in front of one that was read, stops the pipeline.",
		},
		Bounded: true,
		Meta: []schemas.Field{
			{Name: "path", Type: schemas.Of(schemas.String), Doc: "path of the file that the record comes from"},
			{Name: "record", Type: schemas.Of(schemas.Int64), Doc: "number of the record among all that the input reads, from 0"},
		},
		New: newInput,
	})
}

const oneFile = `name: copy
input: {file: orders.ndjson}
output: {file: {path: copy.ndjson}}
`

const manyFiles = `name: archive
input:
  file: {paths: [archive/*.ndjson.gz, today.ndjson], max_record: 1MiB}
  schema: {fields: {id: int64, status: string}}
output: {stdout: {}}
`
