package iceberg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/iggy-flow/iggy-flow/engine"
	lake "github.com/iggy-flow/iggy-flow/internal/iceberg"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// recordPrefix, with the pipeline's name behind it, is the table property that keeps an engine.Record.
const recordPrefix = "iggy-flow."

// target is one table that this process writes to.
type target struct {
	name  string
	table *lake.Table // as it was loaded last

	schema *schemas.Schema // of the records that plan is for
	plan   *lake.Plan
	writer *lake.Writer

	known  engine.Positions // rows below are in the table already; nil for none
	shared splits           // the same behind shared splits
	after  string           // commit uuid of the record that was there when this start was admitted
	commit string           // uuid of the next committable
	rows   int64            // written since the last barrier
	used   int64            // when it was written to last, in batches
}

// admission is what a table's record means for this start.
type admission struct {
	known engine.Positions
	after string
}

// admit asks whether this start may write to t, before any row is.
func (o *output) admit(t *lake.Table) (admission, error) {
	if err := unpartitioned(t); err != nil {
		return admission{}, err
	}
	record, err := o.record(t)
	if err != nil {
		return admission{}, err
	}
	known, err := o.start.Admit("table "+t.Name, record)
	if err != nil {
		return admission{}, err
	}
	var a admission
	if record != nil {
		a.after = record.Commit
	}
	// A table that was adopted by an earlier process of this run has this run's record by now, and still holds rows that
	// the input reads again.
	if known == nil {
		known = o.known[t.Name]
	}
	a.known = maps.Clone(known)
	return a, nil
}

func unpartitioned(t *lake.Table) error {
	if by := t.Partitioned(); by != "" {
		return engine.Permanent(fmt.Errorf("table %s is partitioned (%s), and the iceberg output writes unpartitioned tables only", t.Name, by))
	}
	return nil
}

// record reads what t keeps of this pipeline; it is nil when that is nothing.
func (o *output) record(t *lake.Table) (*engine.Record, error) {
	value, ok := t.Property(o.property())
	if !ok {
		return nil, nil
	}
	return o.decode(t.Name, value)
}

// decode reads the record that a table keeps.
func (o *output) decode(table, value string) (*engine.Record, error) {
	r := &engine.Record{}
	if err := json.Unmarshal([]byte(value), r); err != nil {
		return nil, engine.Permanent(fmt.Errorf("table %s: the property %s is not what iggy-flow writes: %w", table, o.property(), err))
	}
	return r, nil
}

func (o *output) property() string { return recordPrefix + o.start.Pipeline }

func (o *output) noTable(name string) error {
	return engine.Permanent(fmt.Errorf("table %s does not exist; create it, or allow it with `on_missing: create`", name))
}

// target returns the table called name, which is loaded or created at its first row. It returns nil and a rejection when
// the rows have no table.
func (o *output) target(ctx context.Context, name string, s *schemas.Schema) (*target, *engine.Rejection, error) {
	if t, ok := o.targets[name]; ok {
		return t, nil, nil
	}
	if o.absent[name] {
		return nil, missingTable(name), nil
	}
	if len(o.targets) >= o.config.MaxTables {
		return nil, &engine.Rejection{Code: "route-tables", Range: o.config.Route.Range, Message: fmt.Sprintf(
			"the record is for table %s, and %d tables are written to already; raise `max_tables`, or route to fewer", name, len(o.targets))}, nil
	}
	table, err := o.catalog.Load(ctx, name)
	if errors.Is(err, lake.ErrNoTable) {
		switch o.config.OnMissing {
		case onMissingFail:
			return nil, nil, o.noTable(name)
		case onMissingDeadLetter:
			o.absent[name] = true
			return nil, missingTable(name), nil
		}
		properties := map[string]string{}
		for _, e := range o.config.Create.Properties {
			properties[e.Key] = e.Value.Value
		}
		table, err = o.catalog.Create(ctx, name, s, lake.CreateOptions{FormatVersion: o.config.Create.FormatVersion, Properties: properties})
	}
	if err != nil {
		return nil, nil, permanent(err)
	}
	a, err := o.admit(table)
	if err != nil {
		return nil, nil, err
	}
	if a.known != nil {
		o.known[name] = a.known
	}
	t := &target{name: name, table: table, known: a.known, after: a.after, commit: engine.NewCommitID()}
	t.writer = lake.NewWriter(o.env.Mem, o.settings(), func(n int) string {
		return fmt.Sprintf("%s-%d-%s-%d.parquet", o.start.Pipeline, o.epoch, t.commit, n)
	})
	o.targets[name] = t
	o.note(name)
	return t, nil, nil
}

func missingTable(name string) *engine.Rejection {
	return &engine.Rejection{Code: "table-missing", Message: "table " + name + " does not exist, and `on_missing` says dead_letter"}
}

func (o *output) settings() lake.Settings {
	w := o.config.Write
	return lake.Settings{
		Compression: lake.Compression(w.Compression), Level: w.Level, RowGroupRows: int64(w.RowGroupRows), TargetBytes: int64(w.TargetFileSize),
	}
}

// planFor returns how records of schema s become rows of t. Columns that the table lacks are added to it first, in a
// commit of their own. A table that another process changes meanwhile is looked at again only for what it lacks: ids and
// types of its columns do not change under us.
func (o *output) planFor(ctx context.Context, t *target, s *schemas.Schema) (*lake.Plan, error) {
	if t.plan != nil && (t.schema == s || t.schema.Equal(s)) {
		return t.plan, nil
	}
	plan, err := lake.NewPlan(s, t.table)
	if err == nil && len(plan.Missing) > 0 && o.config.Evolve == evolveAdd {
		plan, err = o.catalog.Evolve(ctx, t.name, s)
	}
	if err != nil {
		return nil, permanent(err)
	}
	if plan.Table.UUID != t.table.UUID {
		return nil, engine.Permanent(fmt.Errorf("table %s was dropped and created again while it was written to", t.name))
	}
	if err := unpartitioned(plan.Table); err != nil {
		return nil, err
	}
	t.table, t.schema, t.plan = plan.Table, s, plan
	return plan, nil
}

// permanent marks what no retry cures.
func permanent(err error) error {
	if _, ok := errors.AsType[*lake.MismatchError](err); ok {
		return engine.Permanent(err)
	}
	return err
}
