package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// sharedTable writes even numbers to one target and odd ones to another.
type sharedTable struct {
	*sharers
	rows  map[string]map[string][]int64 // by target and split: of the epoch
	known map[string]map[string]*engine.Position
}

type sharedPending struct {
	Rows   map[string][]int64
	Covers engine.Covers
}

var _ engine.Positioned = (*sharedTable)(nil)

func (o *sharedTable) Bind(engine.Shape) source.Diagnostics { return nil }

func (o *sharedTable) Open(ctx context.Context, _ engine.Start) error { return o.Discard(ctx) }

func (o *sharedTable) Discard(context.Context) error {
	o.rows, o.known = map[string]map[string][]int64{}, map[string]map[string]*engine.Position{}
	for name := range o.targets {
		o.rows[name], o.known[name] = map[string][]int64{}, map[string]*engine.Position{}
	}
	return nil
}

func (o *sharedTable) position(name, split string) *engine.Position {
	if p, met := o.known[name][split]; met {
		return p
	}
	o.sharers.mu.Lock()
	defer o.sharers.mu.Unlock()
	o.known[name][split] = nil
	if r := o.targets[name].record; r != nil {
		if p, ok := r.Positions[split]; ok {
			o.known[name][split] = &p
		}
	}
	return o.known[name][split]
}

func (o *sharedTable) Write(_ context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	for i := range b.Len() {
		split, n := b.Origin.At(i)
		name := []string{"even", "odd"}[n%2]
		if p := o.position(name, split); p != nil && n < p.Ordinal {
			out.Count(engine.Dropped, 1)
			continue
		}
		o.rows[name][split] = append(o.rows[name][split], n)
		out.Count(engine.Delivered, 1)
	}
	return nil
}

func (o *sharedTable) Flush(context.Context, *engine.Out) error { return nil }

func (o *sharedTable) Prepare(_ context.Context, b engine.Barrier, _ *engine.Out) (p engine.Prepared, err error) {
	for name := range o.targets {
		if len(o.rows[name]) > 0 {
			pending := sharedPending{Rows: o.rows[name], Covers: engine.Covers{}}
			for split, to := range b.Positions {
				c := engine.Cover{Known: o.position(name, split), To: to}
				sets := c.Sets()
				pending.Covers[split], o.known[name][split] = c, &sets
			}
			data, err := json.Marshal(pending)
			if err != nil {
				return p, err
			}
			p.Committables = append(p.Committables, engine.Committable{Target: name, ID: engine.NewCommitID(), Epoch: b.Epoch, Data: data})
			o.rows[name] = map[string][]int64{}
		}
		maps.DeleteFunc(o.known[name], func(split string, _ *engine.Position) bool { _, ours := b.Positions[split]; return !ours })
	}
	return p, nil
}

func (o *sharedTable) Commit(_ context.Context, cs []engine.Committable, told engine.Positions) error {
	o.sharers.mu.Lock()
	defer o.sharers.mu.Unlock()
	t := o.targets[cs[0].Target]
	covers, rows := engine.Covers{}, map[string][]int64{}
	for _, c := range cs {
		var p sharedPending
		err := json.Unmarshal(c.Data, &p)
		if err == nil {
			covers, err = covers.Then(p.Covers)
		}
		if err != nil {
			return engine.Permanent(err)
		}
		for split, n := range p.Rows {
			rows[split] = append(rows[split], n...)
		}
	}
	next, err := t.record.Advance(covers, cs[len(cs)-1].ID, told)
	if err != nil {
		t.thrown++
		return engine.Permanent(err)
	}
	t.record = next
	for split, n := range rows {
		t.rows[split] = append(t.rows[split], n...)
	}
	close(o.changed)
	o.changed = make(chan struct{})
	return nil
}

func (o *sharedTable) Inspect(context.Context, engine.Committable) (engine.CommitState, error) {
	return engine.Missing, errors.New("behind shared splits no state is read")
}

func (o *sharedTable) Acquired(splits []string) {
	for _, known := range o.known {
		for _, split := range splits {
			delete(known, split)
		}
	}
}

func (o *sharedTable) Told(context.Context, []string) (engine.Positions, error) {
	o.sharers.mu.Lock()
	defer o.sharers.mu.Unlock()
	told := engine.Positions{}
	for _, t := range o.targets {
		if t.record != nil {
			told.Raise(t.record.Told)
		}
	}
	return told, nil
}

func (o *sharedTable) Close(context.Context) error { return nil }
