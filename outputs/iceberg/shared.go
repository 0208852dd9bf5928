package iceberg

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/engine"
	lake "github.com/iggy-flow/iggy-flow/internal/iceberg"
)

// splits is what is known, behind shared splits, of the positions in one table: nil for a split that the table has no
// position of. What is not in the map is not known, and read when the split's first row comes.
type splits map[string]*engine.Position

// below are the positions that rows can be compared with.
func (s splits) below() engine.Positions {
	at := engine.Positions{}
	for split, p := range s {
		if p != nil {
			at[split] = *p
		}
	}
	return at
}

// meet returns the positions below which t holds the rows of origin. Those of splits that t has not met since they were
// acquired are what a committable that is open will set, or else read from the table as it is now.
func (o *output) meet(ctx context.Context, t *target, origin engine.Origin) (engine.Positions, error) {
	for _, r := range origin {
		if _, met := t.shared[r.Split]; !met {
			if err := o.know(ctx, t, origin); err != nil {
				return nil, err
			}
			break
		}
	}
	return t.shared.below(), nil
}

// know reads the positions of the splits of origin that are not known.
func (o *output) know(ctx context.Context, t *target, origin engine.Origin) error {
	var missing []string
	for _, r := range origin {
		if _, met := t.shared[r.Split]; !met {
			missing = append(missing, r.Split)
		}
	}
	return o.readSplits(ctx, t, missing)
}

func (o *output) readSplits(ctx context.Context, t *target, missing []string) error {
	open := o.opened(t.name) // before the table: what is committed in between is seen here, and is the same there
	fresh, err := o.catalog.Load(ctx, t.name)
	if err != nil {
		return permanent(err)
	}
	record, err := o.record(fresh)
	if err != nil {
		return err
	}
	if t.shared == nil {
		t.shared = splits{}
	}
	for _, split := range missing {
		t.shared[split] = nil
		if p, ok := open[split]; ok {
			t.shared[split] = &p
			continue
		}
		if record == nil {
			continue
		}
		if p, ok := record.Positions[split]; ok {
			t.shared[split] = &p
		}
	}
	return nil
}

// cover says, for every split that is owned at the barrier, from where to where the rows of t's committable go. From then
// on, what the committable sets is what is known.
func (o *output) cover(ctx context.Context, t *target, at engine.Positions) (engine.Covers, error) {
	var missing []string
	for split := range at {
		if _, met := t.shared[split]; !met {
			missing = append(missing, split)
		}
	}
	if len(missing) > 0 {
		if err := o.readSplits(ctx, t, missing); err != nil {
			return nil, err
		}
	}
	covers := engine.Covers{}
	for split, to := range at {
		c := engine.Cover{Known: t.shared[split], To: to}
		sets := c.Sets()
		covers[split], t.shared[split] = c, &sets
	}
	return covers, nil
}

// forgetLost forgets what is known of splits that are not owned any more.
func (o *output) forgetLost(owned engine.Positions) {
	for _, t := range o.targets {
		for split := range t.shared {
			if _, ours := owned[split]; !ours {
				delete(t.shared, split)
			}
		}
	}
}

// Acquired implements engine.Positioned.
func (o *output) Acquired(acquired []string) {
	for _, t := range o.targets {
		for _, split := range acquired {
			delete(t.shared, split)
		}
	}
}

// commitIn returns the commit uuid of the record that a table has.
func (o *output) commitIn(table, value string) (string, error) {
	r, err := o.decode(table, value)
	if err != nil {
		return "", err
	}
	if r.Run != "" && o.start.Takeover != engine.Adopt {
		return "", engine.Permanent(fmt.Errorf("table %s: run %s of pipeline %q has written to it, behind an input of fixed splits; stop the other process", table, r.Run, o.start.Pipeline))
	}
	return r.Commit, nil
}

// advance is what the table's record becomes with the commit of ours.
func (o *output) advance(table, old string, ours []pending, told engine.Positions) (string, error) {
	var there *engine.Record
	if old != "" {
		var err error
		if there, err = o.decode(table, old); err != nil {
			return "", err
		}
	}
	covers := engine.Covers{}
	for _, p := range ours {
		var err error
		if covers, err = covers.Then(p.Covers); err != nil {
			return "", err
		}
	}
	next, err := there.Advance(covers, ours[len(ours)-1].Batch.ID, told)
	if err != nil {
		return "", engine.Permanent(fmt.Errorf("table %s: %w", table, err)) // no retry helps: everything is read again
	}
	return encode(table, *next)
}

// journal is what other goroutines than the writing one ask for, or add to.
type journal struct {
	sync.Mutex
	names []string             // tables whose positions may say where a split begins
	open  map[string]*prepared // by commit uuid: committables that are not known to be committed
}

// prepared is a committable behind shared splits.
type prepared struct {
	table *lake.Table
	files []lake.File
	sets  engine.Positions
	tried bool // a commit of it may be under way
}

// note adds a table that is open, or that the document names.
func (o *output) note(name string) {
	o.journal.Lock()
	defer o.journal.Unlock()
	o.journal.names = append(o.journal.names, name)
}

// handed notes what Prepare has handed over.
func (o *output) handed(id string, table *lake.Table, files []lake.File, covers engine.Covers) {
	sets := engine.Positions{}
	for split, c := range covers {
		sets[split] = c.Sets()
	}
	o.journal.Lock()
	defer o.journal.Unlock()
	if o.journal.open == nil {
		o.journal.open = map[string]*prepared{}
	}
	o.journal.open[id] = &prepared{table: table, files: files, sets: sets}
}

// opened are the positions that a table will have when this process's open committables for it are committed. Each of them
// goes on from what the one before sets, so the furthest is the last.
func (o *output) opened(table string) engine.Positions {
	o.journal.Lock()
	defer o.journal.Unlock()
	at := engine.Positions{}
	for _, p := range o.journal.open {
		if p.table.Name == table {
			at.Raise(p.sets)
		}
	}
	return at
}

// attempted notes that commits of cs may be under way from here on.
func (o *output) attempted(cs []engine.Committable) {
	o.journal.Lock()
	defer o.journal.Unlock()
	for _, c := range cs {
		if p := o.journal.open[c.ID]; p != nil {
			p.tried = true
		}
	}
}

// settled notes that cs are committed.
func (o *output) settled(cs []engine.Committable) {
	o.journal.Lock()
	defer o.journal.Unlock()
	for _, c := range cs {
		delete(o.journal.open, c.ID)
	}
}

// maxLooks is how many tables are asked for their positions at a time.
const maxLooks = 8

// Told implements engine.Positioned.
func (o *output) Told(ctx context.Context, wanted []string) (engine.Positions, error) {
	o.journal.Lock()
	names := o.journal.names
	o.journal.Unlock()
	records := make([]*engine.Record, len(names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(maxLooks)
	for i, name := range names {
		g.Go(func() error {
			t, err := o.catalog.Load(ctx, name)
			if errors.Is(err, lake.ErrNoTable) {
				return nil
			}
			if err == nil {
				records[i], err = o.record(t)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	told := engine.Positions{}
	for _, r := range records {
		for _, split := range wanted {
			if r == nil {
				continue
			}
			if p, ok := r.Told[split]; ok {
				told.Raise(engine.Positions{split: p})
			}
		}
	}
	return told, nil
}

// Discard implements engine.Positioned. A file that was never handed to a commit is nobody's.
func (o *output) Discard(ctx context.Context) error {
	for _, t := range o.targets {
		t.writer.Abort(ctx)
		t.shared, t.rows, t.commit = nil, 0, engine.NewCommitID()
	}
	o.journal.Lock()
	defer o.journal.Unlock()
	for id, p := range o.journal.open {
		if !p.tried {
			p.table.Remove(ctx, p.files)
		}
		delete(o.journal.open, id)
	}
	return nil
}
