package iceberg

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/iggy-flow/iggy-flow/engine"
	lake "github.com/iggy-flow/iggy-flow/internal/iceberg"
)

// Commit implements engine.TransactionalOutput: one snapshot for all of cs. A crash before the catalog has it changes
// nothing; one behind it is found by the uuids of cs, by whichever process looks next.
func (o *output) Commit(ctx context.Context, cs []engine.Committable, told engine.Positions) error {
	if len(cs) == 0 {
		return nil
	}
	a, err := o.appendOf(cs, told)
	if err != nil {
		return err
	}
	o.attempted(cs)
	if err := permanent(o.catalog.Append(ctx, a)); err != nil {
		return err
	}
	o.settled(cs)
	return nil
}

// Inspect implements engine.TransactionalOutput. That the table is gone, or another one, or was taken over, is an error
// and not Missing: going back to an earlier checkpoint would not cure it.
func (o *output) Inspect(ctx context.Context, c engine.Committable) (engine.CommitState, error) {
	a, err := o.appendOf([]engine.Committable{c}, nil)
	if err != nil {
		return engine.Missing, err
	}
	found, err := o.catalog.Inspect(ctx, a)
	if err != nil {
		return engine.Missing, permanent(err)
	}
	switch found {
	case lake.Committed:
		return engine.Committed, nil
	case lake.Ready:
		return engine.Ready, nil
	default:
		return engine.Missing, nil
	}
}

// appendOf reads committables of one table.
func (o *output) appendOf(cs []engine.Committable, told engine.Positions) (lake.Append, error) {
	a := lake.Append{Table: cs[0].Target, Property: o.property()}
	ours := make([]pending, len(cs))
	for i, c := range cs {
		if err := json.Unmarshal(c.Data, &ours[i]); err != nil {
			return lake.Append{}, engine.Permanent(fmt.Errorf("read committable %s of table %s: %w", c.ID, c.Target, err))
		}
		a.Batches = append(a.Batches, ours[i].Batch)
	}
	if o.start.Shared {
		a.Read = func(value string) (string, error) { return o.commitIn(a.Table, value) }
		a.Value = func(old string, open []lake.Batch) (string, error) {
			return o.advance(a.Table, old, ours[len(ours)-len(open):], told)
		}
		return a, nil
	}
	record := ours[len(ours)-1].Record
	record.Told = told
	a.Read = func(value string) (string, error) { return o.mayFollow(a.Table, value, ours) }
	a.Value = func(string, []lake.Batch) (string, error) { return encode(a.Table, record) }
	return a, nil
}

// encode writes the record that a table keeps.
func encode(table string, r engine.Record) (string, error) {
	value, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encode the record of table %s: %w", table, err)
	}
	return string(value), nil
}

// mayFollow says whether ours may be committed behind the record that the table has. The record of another run is in
// order only when it is the very one that this run was admitted behind: a later one means that its writer is still alive.
func (o *output) mayFollow(table, value string, ours []pending) (commit string, err error) {
	there, err := o.decode(table, value)
	if err != nil {
		return "", err
	}
	for _, p := range ours {
		if p.Batch.ID == there.Commit {
			return there.Commit, nil
		}
	}
	first := ours[0]
	switch {
	case there.Run != first.Record.Run:
		if there.Commit != first.After {
			err = engine.Permanent(fmt.Errorf("table %s: run %s of pipeline %q has written to it since this run was admitted; "+
				"stop the other process; the data files of commit %s are kept", table, there.Run, o.start.Pipeline, first.Batch.ID))
		}
	case there.Generation > first.Record.Generation || there.Generation == first.Record.Generation && there.Epoch >= first.Record.Epoch:
		err = engine.Permanent(fmt.Errorf("table %s holds epoch %d of generation %d, and commit %s is epoch %d of generation %d: "+
			"another process of pipeline %q has overtaken this one; its data files are kept",
			table, there.Epoch, there.Generation, first.Batch.ID, first.Record.Epoch, first.Record.Generation, o.start.Pipeline))
	}
	return there.Commit, err
}
