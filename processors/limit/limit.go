package limit

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Config is what a document says under limit.
type Config struct {
	Rows int64 `flow:"rows,required,min=1" doc:"How many records pass, over all starts of a run."`
}

// Register adds the limit processor to r.
func Register(r *engine.Registry) {
	engine.AddProcessor(r, engine.ProcessorSpec[Config]{
		Name:    "limit",
		Summary: "Lets the first records pass, then ends the input.",
		Description: "The records behind the last one that passes count as filtered. The pipeline then finishes as it does at the end of a file, so that the next start is a new run. " +
			"The count is part of the checkpoint: a pipeline that was killed goes on counting where its targets are. It cannot stand within `switch`.",
		Since:    "0.1.0",
		Examples: []dsl.Example{{Title: "A sample of a file", Document: sample}},
		Stateful: true,
		New:      newProcessor,
	})
}

const sample = `name: sample
input: {file: orders.ndjson}
processors:
  - limit: 1000
output: {stdout: {}}
`

// processor counts what has passed.
type processor struct {
	env    engine.Env
	config Config
	passed int64
}

var _ engine.Stateful = (*processor)(nil)

func newProcessor(c Config, env engine.Env) (engine.Processor, error) {
	return &processor{env: env, config: c}, nil
}

// Bind implements engine.Processor.
func (p *processor) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) { return in, nil }

// Process emits the rows that are left of the number. It takes b.
func (p *processor) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	left := p.config.Rows - p.passed
	if int64(b.Len()) < left {
		p.passed += int64(b.Len())
		return out.Emit(ctx, b)
	}
	defer b.Release()
	out.Count(engine.Filtered, b.Len()-int(left))
	p.passed = p.config.Rows
	p.env.End()
	return out.Emit(ctx, b.Slice(0, int(left)))
}

// state is what a checkpoint keeps.
type state struct {
	Passed int64 `json:"passed"`
}

// Snapshot implements engine.Stateful.
func (p *processor) Snapshot() ([]byte, error) { return json.Marshal(state{p.passed}) }

// Restore implements engine.Stateful. A limit that was lowered meanwhile lets nothing more pass.
func (p *processor) Restore(data []byte) error {
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("read the count of passed records: %w", err)
	}
	if p.passed = min(s.Passed, p.config.Rows); p.passed == p.config.Rows {
		p.env.End()
	}
	return nil
}

// Held implements engine.Stateful.
func (p *processor) Held() int64 { return 0 }
