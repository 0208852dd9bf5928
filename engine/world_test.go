package engine_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/inputs/merge"
	"github.com/iggy-flow/iggy-flow/processors/limit"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// errCrash is what every operation returns from the moment that the world's process dies.
var errCrash = errors.New("the process died")

// world is what survives a crash: a log of numbers to read, targets, and a state store. Its operations are counted, and
// one of them is where the process dies, before or behind its effect.
type world struct {
	mu      sync.Mutex
	log     int64         // records 0 to log-1
	batch   int64         // records of a batch at most; 0 is 7
	late    int64         // those from here on have not arrived yet; 0 when all have
	pace    time.Duration // that each read takes
	stalled chan struct{} // commits wait until it is closed
	ops     int
	crash   int  // the operation at which the process dies; 0 never
	behind  bool // it dies behind the effect, so that the answer is lost
	dead    bool

	current, previous []byte // of the state store
	targets           map[string]*target
	told              engine.Positions
	sampled           int               // times that the schema was inferred
	opened            map[string]string // the state that each target's output was opened with last
}

// target is a transactional table in memory.
type target struct {
	rows     []int64
	commits  map[string]bool
	prepared map[string][]int64
	record   *engine.Record
}

func newWorld(log int64) *world {
	return &world{log: log, targets: map[string]*target{}, opened: map[string]string{}, told: engine.Positions{}}
}

func (w *world) target(name string) *target {
	if w.targets[name] == nil {
		w.targets[name] = &target{commits: map[string]bool{}, prepared: map[string][]int64{}}
	}
	return w.targets[name]
}

// do runs one operation with an effect on what survives.
func (w *world) do(effect func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		return errCrash
	}
	if w.ops++; w.ops != w.crash {
		return effect()
	}
	w.dead = true
	if w.behind {
		_ = effect() // its answer is lost
	}
	return errCrash
}

// revive starts another process, which dies at operation crash.
func (w *world) revive(crash int, behind bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead, w.ops, w.crash, w.behind = false, 0, crash, behind
}

// store implements checkpoint.Store.
type store struct{ *world }

func (s store) Load(context.Context) ([]byte, error)         { return s.current, nil }
func (s store) LoadPrevious(context.Context) ([]byte, error) { return s.previous, nil }
func (s store) Close() error                                 { return nil }
func (s store) Save(_ context.Context, data []byte) error {
	return s.do(func() error {
		s.previous, s.current = s.current, data
		return nil
	})
}

var _ checkpoint.Store = store{}

// numbers is an input that reads the world's log, a few records at a time.
type numbers struct {
	*world
	env    engine.Env
	split  string
	schema *schemas.Schema
	at     int64
}

var numberSchema = schemas.New(schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)})

func (in *numbers) Sample(context.Context, bool) (*schemas.Schema, error) {
	in.sampled++
	return numberSchema, nil
}

func (in *numbers) UseSchema(s *schemas.Schema) { in.schema = s }

func (in *numbers) Open(_ context.Context, at engine.Positions) error {
	in.at = at[in.split].Ordinal
	return in.do(func() error { return nil })
}

func (in *numbers) Read(ctx context.Context, out *engine.Out) error {
	if err := in.do(func() error { return nil }); err != nil {
		return err
	}
	time.Sleep(in.pace)
	n := min(in.log-in.at, cmp.Or(in.batch, 7))
	if n == 0 {
		return io.EOF
	}
	if in.late > 0 {
		if n = min(n, in.late-in.at); n == 0 {
			return nil
		}
	}
	out.Count(engine.Taken, int(n))
	b := numbersBatch(in.env.Mem, in.schema, in.split, in.at, n)
	in.at += n
	return out.Emit(ctx, b)
}

// numbersBatch holds the numbers from first on; columns of schema behind the first repeat them.
func numbersBatch(mem memory.Allocator, schema *schemas.Schema, split string, first, n int64) *engine.Batch {
	b := array.NewRecordBuilder(mem, schema.Arrow())
	defer b.Release()
	for c := range schema.Len() {
		for i := range n {
			b.Field(c).(*array.Int64Builder).Append(first + i)
		}
	}
	return engine.NewBatch(schema, b.NewRecordBatch(), nil, engine.Records(split, first, int(n), nil))
}

func (in *numbers) Positions() (engine.Positions, error) {
	return engine.Positions{in.split: {Ordinal: in.at}}, nil
}

func (in *numbers) Commit(_ context.Context, at engine.Positions) error {
	return in.do(func() error { maps.Copy(in.told, at); return nil })
}

func (in *numbers) Close(context.Context) error { return nil }

// fives is a processor that filters multiples of three and rejects multiples of five.
type fives struct{ env engine.Env }

func (fives) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) { return in, nil }

func (p fives) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	var keep []int32
	var rejected []engine.Rejection
	filtered := 0
	for i, n := range b.Columns.Column(0).(*array.Int64).Int64Values() {
		switch {
		case n%5 == 0:
			rejected = append(rejected, engine.Rejection{Row: i, Code: "five", Message: "a multiple of five"})
		case n%3 == 0:
			filtered++
		default:
			keep = append(keep, int32(i))
		}
	}
	if err := out.Reject(ctx, b, rejected); err != nil {
		return err
	}
	out.Count(engine.Filtered, filtered)
	kept, err := b.Take(ctx, p.env.Mem, keep)
	if err != nil {
		return err
	}
	return out.Emit(ctx, kept)
}

// table is a transactional output to one target of the world.
type table struct {
	*world
	name  string
	start engine.Start
	rows  []int64
	short bool // forgets to count a row
	met   bool
	known engine.Positions
}

func (o *table) Bind(engine.Shape) source.Diagnostics { return nil }

func (o *table) Open(_ context.Context, start engine.Start) error {
	o.start = start
	_ = json.Unmarshal(start.State, &o.known) // nothing, where a test has put something else there
	return o.do(func() error { o.opened[o.name] = string(start.State); return nil })
}

func (o *table) Write(_ context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	if !o.met { // as an output with routes, it meets its target with the first row
		err := o.do(func() error {
			known, err := o.start.Admit(o.name, o.target(o.name).record)
			if known != nil {
				o.known = known
			}
			return err
		})
		if err != nil {
			return err
		}
		o.met = true
	}
	for i := range b.Len() {
		split, ordinal := b.Origin.At(i)
		if o.known.Below(split, ordinal) {
			out.Count(engine.Dropped, 1)
			continue
		}
		if strings.HasPrefix(split, "second/") {
			ordinal += secondLog
		}
		o.rows = append(o.rows, ordinal)
		out.Count(engine.Delivered, 1)
	}
	if o.short {
		out.Count(engine.Delivered, -1)
	}
	return nil
}

func (o *table) Flush(context.Context, *engine.Out) error { return nil }

func (o *table) Prepare(_ context.Context, b engine.Barrier, _ *engine.Out) (engine.Prepared, error) {
	var state []byte
	at := b.Positions
	if o.known != nil && o.known["log"].Ordinal > at["log"].Ordinal { // rows that are there already are still to come
		at = o.known
		state, _ = json.Marshal(o.known)
	}
	if len(o.rows) == 0 {
		return engine.Prepared{State: state}, nil
	}
	id := engine.NewCommitID()
	rows := o.rows
	o.rows = nil
	data, err := json.Marshal(engine.Record{Run: o.start.Run, Generation: o.start.Generation, Epoch: b.Epoch, Commit: id, Positions: at})
	if err != nil {
		return engine.Prepared{}, err
	}
	err = o.do(func() error { o.target(o.name).prepared[id] = rows; return nil })
	return engine.Prepared{Committables: []engine.Committable{{Target: o.name, ID: id, Epoch: b.Epoch, Data: data}}, State: state}, err
}

func (o *table) Commit(ctx context.Context, cs []engine.Committable, _ engine.Positions) error {
	if o.stalled != nil {
		select {
		case <-o.stalled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for _, c := range cs {
		rec := &engine.Record{}
		if err := json.Unmarshal(c.Data, rec); err != nil {
			return engine.Permanent(err)
		}
		err := o.do(func() error {
			t := o.target(o.name)
			if !t.commits[c.ID] {
				t.commits[c.ID], t.record = true, rec
				t.rows = append(t.rows, t.prepared[c.ID]...)
			}
			return nil
		})
		if err != nil {
			return engine.Permanent(err) // a process that is dead does not try again
		}
	}
	return nil
}

func (o *table) Inspect(_ context.Context, c engine.Committable) (state engine.CommitState, err error) {
	err = o.do(func() error {
		t := o.target(o.name)
		_, there := t.prepared[c.ID]
		switch {
		case t.commits[c.ID]:
			state = engine.Committed
		case !there:
			state = engine.Missing
		}
		return nil
	})
	return state, err
}

func (o *table) Close(context.Context) error { return nil }

// secondLog is what the ordinals of the log "second" begin at in a target.
const secondLog = 1_000_000

// onceOnly is the config of a component without fields, numbersConfig that of the input, tableConfig that of the output.
type (
	onceOnly      struct{}
	numbersConfig struct {
		Log string `flow:"log" doc:"Its split."`
	}
	tableConfig struct {
		Name  string `flow:"name,required" doc:"Of the target."`
		Short bool   `flow:"short" doc:"Forgets to count a row."`
	}
)

// registry holds the components of a world.
func (w *world) registry() *engine.Registry {
	r := engine.NewRegistry()
	for name, replay := range map[string]engine.Replay{"numbers": engine.Replayable, "once": engine.Once} {
		engine.AddInput(r, engine.InputSpec[numbersConfig]{Name: name, Replay: replay, Bounded: true, Defaults: numbersConfig{"log"}, New: func(c numbersConfig, env engine.Env) (engine.Input, error) {
			return &numbers{world: w, env: env, split: c.Log}, nil
		}})
	}
	merge.Register(r)
	limit.Register(r)
	engine.AddProcessor(r, engine.ProcessorSpec[onceOnly]{Name: "fives", New: func(_ onceOnly, env engine.Env) (engine.Processor, error) { return fives{env}, nil }})
	engine.AddProcessor(r, engine.ProcessorSpec[onceOnly]{Name: "counter", New: func(onceOnly, engine.Env) (engine.Processor, error) { return &counter{}, nil }})
	engine.AddOutput(r, engine.OutputSpec[tableConfig]{Name: "table", Guarantee: engine.Transactional, New: func(c tableConfig, _ engine.Env) (engine.Output, error) {
		return &table{world: w, name: c.Name, short: c.Short}, nil
	}})
	return r
}

const numbersDocument = `name: numbers
input: {numbers: {}}
processors: [{fives: {}}]
output: {table: {name: good}}
dead_letter: {table: {name: bad}}
checkpoint: {interval: 1ms}
`

// start returns a start of document in w.
func (w *world) start(t fatal, mem memory.Allocator, document string, takeover engine.Takeover) *engine.Runner {
	t.Helper()
	return w.startOptions(t, mem, document, engine.RunOptions{Store: store{w}, Takeover: takeover})
}

func (w *world) startOptions(t fatal, mem memory.Allocator, document string, o engine.RunOptions) *engine.Runner {
	t.Helper()
	return w.startWith(t, mem, w.registry(), document, o)
}

// startWith is start for a registry that has further components.
func (w *world) startWith(t fatal, mem memory.Allocator, r *engine.Registry, document string, o engine.RunOptions) *engine.Runner {
	t.Helper()
	d, ds := dsl.Parse(source.NewFile("numbers.yaml", []byte(document)), ".", dsl.Options{Specs: r})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	plan, ds := engine.NewPlan(d, r, engine.PlanOptions{Mem: mem, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	return engine.NewRunner(plan, o)
}
