package lint

import (
	"time"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// The intervals below which data files are tiny: a live stream of 10 MB/s makes 300 MB in 30 s, over all tables; a file is
// read ten times as fast, and is over some day.
const (
	smallForStream = 30 * time.Second
	smallForFile   = 3 * time.Second
)

// tinyFiles warns when checkpoints fill an Iceberg table with small files and many snapshots.
func tinyFiles(p *engine.Plan) source.Diagnostics {
	every := p.Document.Checkpoint.Interval
	small := smallForStream
	if p.Bounded() {
		small = smallForFile
	}
	if p.Output.Component.Name != "iceberg" || every >= small {
		return nil
	}
	at := p.Document.Root.Field("checkpoint")
	where := at.Field("interval").Range
	if !at.Has("interval") {
		where = p.Output.Component.NameRange
	}
	return source.Diagnostics{{
		Code: "tiny-files", Severity: source.Warning, Range: where,
		Found: "a checkpoint every " + every.String() + " writes a data file and a commit per table as often",
		Fix:   "write an interval of " + small.String() + " or more, unless readers need rows that soon",
	}}
}
