package iceberg

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/failpoint"
	lake "github.com/iggy-flow/iggy-flow/internal/iceberg"
)

// maxPrepares is how many tables end their files at a time: syncs wait for the disk, which takes several at once.
const maxPrepares = 8

// pending is the content of a committable: all that another process needs to commit it.
type pending struct {
	Batch  lake.Batch    `json:"batch"`
	Record engine.Record `json:"record,omitzero"`  // what the table keeps from the commit on, but for told
	After  string        `json:"after,omitempty"`  // commit uuid of the record that it was admitted behind
	Covers engine.Covers `json:"covers,omitempty"` // behind shared splits, in the place of Record and After
}

// state is what the next process of this run must know.
type state struct {
	Known map[string]engine.Positions `json:"known"` // of adopted tables, as long as the input is below
}

// Prepare implements engine.TransactionalOutput: it ends the data files of the epoch. A crash before the checkpoint is
// stored leaves files that nothing refers to, and no rows: they are read again.
func (o *output) Prepare(ctx context.Context, barrier engine.Barrier, _ *engine.Out) (engine.Prepared, error) {
	var written []*target
	for _, name := range slices.Sorted(maps.Keys(o.targets)) {
		if t := o.targets[name]; t.rows > 0 {
			written = append(written, t)
		}
	}
	p := engine.Prepared{Committables: make([]engine.Committable, len(written))}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(maxPrepares)
	for i, t := range written {
		g.Go(func() (err error) {
			if p.Committables[i], err = o.prepare(ctx, t, barrier); err != nil {
				return fmt.Errorf("prepare epoch %d of table %s: %w", barrier.Epoch, t.name, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return engine.Prepared{}, err
	}
	o.epoch = barrier.Epoch + 1
	clear(o.absent)
	o.forgetKnown(barrier.Positions)
	o.forgetLost(barrier.Positions)
	if len(o.known) > 0 {
		data, err := json.Marshal(state{Known: o.known})
		if err != nil {
			return engine.Prepared{}, fmt.Errorf("encode the state: %w", err)
		}
		p.State = data
	}
	return p, nil
}

// prepare ends the files of one table. It may run beside those of others: it changes t alone.
func (o *output) prepare(ctx context.Context, t *target, barrier engine.Barrier) (engine.Committable, error) {
	files, err := t.writer.Files(ctx)
	if err != nil {
		return engine.Committable{}, err
	}
	if err := failpoint.Hit(failpoint.IcebergFiles); err != nil {
		return engine.Committable{}, err
	}
	content := pending{Batch: lake.NewBatch(t.table, t.commit, files)}
	if o.start.Shared {
		if content.Covers, err = o.cover(ctx, t, barrier.Positions); err != nil {
			return engine.Committable{}, err
		}
	} else {
		content.After = t.after
		content.Record = engine.Record{
			Run: o.start.Run, Generation: o.start.Generation, Epoch: barrier.Epoch, Commit: t.commit,
			Positions: furthest(barrier.Positions, t.known),
		}
	}
	data, err := json.Marshal(content)
	if err != nil {
		return engine.Committable{}, fmt.Errorf("encode: %w", err)
	}
	c := engine.Committable{Target: t.name, ID: t.commit, Epoch: barrier.Epoch, Data: data}
	if o.start.Shared {
		o.handed(t.commit, t.table, files, content.Covers)
	}
	t.commit, t.rows = engine.NewCommitID(), 0
	return c, nil
}

// furthest joins positions; of a split in both the greater one stays, since the table holds all rows below either.
func furthest(at, known engine.Positions) engine.Positions {
	if len(known) == 0 {
		return at
	}
	out := known.Clone()
	for split, p := range at {
		if k, ok := known[split]; !ok || k.Ordinal <= p.Ordinal {
			out[split] = p
		}
	}
	return out
}

// forgetKnown drops what the input has passed: no row below comes any more, in this process or after a restart.
func (o *output) forgetKnown(at engine.Positions) {
	for name, known := range o.known {
		passed := true
		for split, k := range known {
			p, ok := at[split]
			passed = passed && ok && p.Ordinal >= k.Ordinal
		}
		if !passed {
			continue
		}
		delete(o.known, name)
		if t := o.targets[name]; t != nil {
			t.known = nil
		}
	}
}
