package iceberg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/apache/iceberg-go/catalog"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	lake "github.com/iggy-flow/iggy-flow/internal/iceberg"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// output writes to tables. Commit and Inspect use only what Open has set and does not change; all else belongs to the
// goroutine that writes.
type output struct {
	config Config
	env    engine.Env
	wrap   func(catalog.Catalog) catalog.Catalog // nil but in tests of faults

	eval *expression.Evaluator // of the route; nil with a table

	catalog *lake.Catalog // nil before Open
	start   engine.Start
	epoch   engine.Epoch // of the next barrier

	targets map[string]*target
	absent  map[string]bool             // tables that were looked for in this epoch and do not exist
	known   map[string]engine.Positions // of adopted tables: rows below are there already
	batches int64                       // written so far: the clock by which tables are least recently used
	scratch grouping
	written tally
	journal journal
}

var (
	_ engine.TransactionalOutput = (*output)(nil)
	_ engine.Router              = (*output)(nil)
	_ engine.Reporter            = (*output)(nil)
	_ engine.Rewinder            = (*output)(nil)
	_ engine.Buffered            = (*output)(nil)
	_ engine.Positioned          = (*output)(nil)
)

func newOutput(c Config, env engine.Env) (engine.Output, error) {
	return &output{config: c, env: env, targets: map[string]*target{}, absent: map[string]bool{}, known: map[string]engine.Positions{}}, nil
}

// Rewinds implements engine.Rewinder: every table keeps positions.
func (o *output) Rewinds() bool { return true }

// Bind compiles the route, and says which columns no table can hold.
func (o *output) Bind(in engine.Shape) source.Diagnostics {
	ds := o.bindColumns(in.Columns)
	if o.config.Route.IsZero() {
		return ds
	}
	program, found := o.env.Compile(in, o.config.Route)
	if ds = append(ds, found...); program == nil {
		return ds
	}
	t := program.Result(0).Type
	if t.Kind != schemas.String && t.Kind != schemas.Unknown {
		ds = append(ds, source.Diagnostic{
			Code: "iceberg-route", Range: o.config.Route.Range, Found: "the route is " + t.String(), Expected: "a string that names a table",
			Fix: "write `\"shop.orders_\" + string(" + o.config.Route.Source + ")`",
		})
	}
	for _, r := range program.Nondeterministic() {
		ds = append(ds, source.Diagnostic{
			Code: "iceberg-route", Range: r, Found: "a route that may name another table when a record is read again after a crash",
			Expected: "an expression over the record alone", Fix: "use a time or a number of the record, such as meta.timestamp",
		})
	}
	if !ds.HasErrors() && !in.Columns.Open() {
		if o.eval != nil {
			o.eval.Release()
		}
		o.eval = program.NewEvaluator(o.env.Mem)
	}
	return ds
}

// bindColumns reports columns that Iceberg has no type for, and names that most engines cannot tell apart.
func (o *output) bindColumns(s *schemas.Schema) (ds source.Diagnostics) {
	place := source.Range{}
	if o.env.Node != nil {
		place = name(*o.env.Node)
	}
	for _, err := range lake.CheckTypes(s, o.config.Create.FormatVersion) {
		ds = append(ds, source.Diagnostic{
			Code: "iceberg-type", Range: place, Found: fmt.Sprintf("records that Iceberg cannot hold: %v", err),
			Fix: "remove the column, or change its type with `cast`",
		})
	}
	for _, pair := range lake.EqualButForCase(s) {
		ds = append(ds, source.Diagnostic{
			Code: "iceberg-case", Range: place, Found: fmt.Sprintf("the columns `%s` and `%s` differ in case only", pair[0], pair[1]),
			Expected: "names that every engine can tell apart", Fix: "rename one",
		})
	}
	if s.Len() == 0 && !s.Open() {
		ds = append(ds, source.Diagnostic{Code: "iceberg-type", Range: place, Found: "records without a column", Expected: "one at least"})
	}
	return ds
}

// Open opens the catalog. With a fixed table it asks at once whether this start may write to it.
func (o *output) Open(ctx context.Context, start engine.Start) error {
	o.start, o.epoch = start, start.Epoch+1
	if len(start.State) > 0 {
		var s state
		if err := json.Unmarshal(start.State, &s); err != nil {
			return engine.Permanent(fmt.Errorf("read the state of the iceberg output: %w", err))
		}
		for name, at := range s.Known {
			o.known[name] = at
		}
	}
	config, err := o.config.Catalog.open(o.env.Dir)
	if err != nil {
		return engine.Permanent(err)
	}
	config.Wrap = o.wrap
	if o.catalog, err = lake.Open(ctx, config); err != nil {
		return err
	}
	if o.config.Table.Value == "" {
		return nil
	}
	o.note(o.config.Table.Value)
	t, err := o.catalog.Load(ctx, o.config.Table.Value)
	if errors.Is(err, lake.ErrNoTable) {
		if o.config.OnMissing == onMissingFail {
			return o.noTable(o.config.Table.Value)
		}
		return nil
	}
	if err != nil {
		return permanent(err)
	}
	_, err = o.admit(t)
	return err
}

// Flush is never called: a transactional output prepares.
func (o *output) Flush(context.Context, *engine.Out) error {
	return errors.New("flush of a transactional output: this is a bug in iggy-flow")
}

// Close removes the files that no Prepare has handed over: nobody else knows of them.
func (o *output) Close(ctx context.Context) error {
	for _, t := range o.targets {
		t.writer.Abort(ctx)
	}
	if o.eval != nil {
		o.eval.Release()
	}
	if o.catalog == nil {
		return nil
	}
	if err := o.catalog.Close(); err != nil {
		return fmt.Errorf("close the iceberg catalog: %w", err)
	}
	return nil
}
