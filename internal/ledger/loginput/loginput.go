package loginput

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/scanner"
	"github.com/iggy-flow/iggy-flow/internal/ledger/logserver"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Config is what a document says under log.
type Config struct {
	Address string `flow:"address,required" doc:"host:port of the log."`
}

// Register adds the log input to r.
func Register(r *engine.Registry) {
	engine.AddInput(r, engine.InputSpec[Config]{
		Name: "log", Summary: "Reads the log of the crash harness as one of several replicas.", Since: "0.1.0",
		Bytes: true, Replay: engine.Replayable,
		New: func(c Config, env engine.Env) (engine.Input, error) {
			return &input{config: c, env: env, scanner: scanner.New(env, 0, nil), holds: map[int]*hold{}, leaving: map[int]leave{}}, nil
		},
	})
}

// How often the server is asked what is owned, and how long a Read waits when nothing has come.
const (
	askEvery = 20 * time.Millisecond
	idle     = 10 * time.Millisecond
)

// most is how many records one Read takes.
const most = 500

// hold is a partition that is read.
type hold struct {
	assignment int64
	next       int64
	read       bool // since the last barrier
	revoked    bool // read no further, and given up behind the next barrier's commit
}

// leave is a partition that was revoked and whose last position is in a barrier.
type leave struct{ assignment, last int64 }

// input is one replica.
type input struct {
	config  Config
	env     engine.Env
	scanner *scanner.Scanner
	client  *logserver.Client
	asked   time.Time
	turn    int

	mu      sync.Mutex // guards what follows: Commit runs beside Read
	member  int64
	holds   map[int]*hold
	leaving map[int]leave
}

var (
	_ engine.SharedInput  = (*input)(nil)
	_ engine.SchemaSetter = (*input)(nil)
)

func split(partition int) string { return strconv.Itoa(partition) }

// Shared implements engine.SharedInput.
func (in *input) Shared() bool { return true }

// UseSchema implements engine.SchemaSetter.
func (in *input) UseSchema(s *schemas.Schema) { in.scanner.UseSchema(s) }

// Open implements engine.Input.
func (in *input) Open(ctx context.Context, _ engine.Positions) (err error) {
	if in.client, err = logserver.Dial(ctx, in.config.Address); err != nil {
		return err
	}
	in.member, err = in.client.Join()
	return err
}

// Read implements engine.Input.
func (in *input) Read(ctx context.Context, out *engine.Out) error {
	if time.Since(in.asked) >= askEvery {
		if err := in.learn(ctx, out); err != nil {
			return err
		}
		in.asked = time.Now()
	}
	partition, h := in.pick()
	if h == nil {
		return pause(ctx)
	}
	lines, err := in.client.Read(partition, h.next, most)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return pause(ctx)
	}
	if err := in.scanner.Begin(split(partition), 0, h.next, nil, nil); err != nil {
		return err
	}
	in.scanner.Append([]byte(strings.Join(lines, "\n") + "\n"))
	in.scanner.End()
	for !in.scanner.Ended() {
		if _, err := in.scanner.Decode(); err != nil {
			return engine.Permanent(fmt.Errorf("partition %d at record %d: %w", partition, h.next, err))
		}
		if err := in.scanner.Flush(ctx, out); err != nil {
			return err
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	h.next, h.read = in.scanner.Ordinal(), true
	return nil
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(idle):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pick returns the next partition in turn.
func (in *input) pick() (int, *hold) {
	in.mu.Lock()
	defer in.mu.Unlock()
	var free []int
	for p, h := range in.holds {
		if !h.revoked {
			free = append(free, p)
		}
	}
	if len(free) == 0 {
		return 0, nil
	}
	slices.Sort(free)
	in.turn++
	p := free[in.turn%len(free)]
	return p, in.holds[p]
}

// learn looks at what the server says is owned. A partition that is gone with rows under way throws everything back.
func (in *input) learn(ctx context.Context, out *engine.Out) error {
	owned, err := in.client.Owned(in.member)
	if errors.Is(err, logserver.ErrUnknownMember) {
		member, err := in.client.Join()
		if err != nil {
			return err
		}
		in.mu.Lock()
		in.member = member
		in.mu.Unlock()
	} else if err != nil {
		return err
	}
	fresh, lost := in.compare(owned)
	if lost {
		return fmt.Errorf("a partition was taken away while rows of it were under way: %w", engine.ErrThrownBack)
	}
	return in.acquire(ctx, out, fresh)
}

// compare brings holds in line with what is owned. It returns what is new, and whether rows under way were lost.
func (in *input) compare(owned []logserver.Owned) (fresh []logserver.Owned, lost bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	now := map[int]logserver.Owned{}
	for _, o := range owned {
		now[o.Partition] = o
	}
	for _, p := range slices.Sorted(maps.Keys(in.holds)) {
		h := in.holds[p]
		o, ours := now[p]
		switch {
		case !ours || o.Assignment != h.assignment:
			lost = lost || h.read
			delete(in.holds, p)
		case o.Revoked && !h.revoked:
			h.revoked = true
			in.env.Ask()
		}
	}
	for _, o := range owned {
		l, leaves := in.leaving[o.Partition]
		if leaves && l.assignment == o.Assignment {
			continue // it is on its way out, and does not come back
		}
		if in.holds[o.Partition] == nil {
			fresh = append(fresh, o)
		}
	}
	return fresh, lost
}

// acquire begins partitions where the engine says.
func (in *input) acquire(ctx context.Context, out *engine.Out, fresh []logserver.Owned) error {
	if len(fresh) == 0 {
		return nil
	}
	stored, names := engine.Positions{}, make([]string, len(fresh))
	for i, o := range fresh {
		names[i] = split(o.Partition)
		offset, err := in.client.Stored(o.Partition)
		if err != nil {
			return err
		}
		if offset >= 0 {
			stored[names[i]] = engine.Position{Ordinal: offset}
		}
	}
	begin, err := in.env.Begin(ctx, names, stored)
	if err != nil {
		return err
	}
	in.mu.Lock()
	for i, o := range fresh {
		in.holds[o.Partition] = &hold{assignment: o.Assignment, next: begin[names[i]].Ordinal}
	}
	in.mu.Unlock()
	return out.Acquire(ctx, names)
}

// Positions implements engine.Input: a partition that was revoked is in them for the last time.
func (in *input) Positions() (engine.Positions, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	at := engine.Positions{}
	for p, h := range in.holds {
		at[split(p)] = engine.Position{Ordinal: h.next}
		h.read = false
		if h.revoked {
			in.leaving[p] = leave{h.assignment, h.next}
			delete(in.holds, p)
		}
	}
	return at, nil
}

// Commit implements engine.Input: it stores offsets, and gives up what was revoked.
func (in *input) Commit(_ context.Context, at engine.Positions) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	for name, p := range at {
		partition, err := strconv.Atoi(name)
		if err != nil {
			return fmt.Errorf("partition %q: %w", name, err)
		}
		if err := in.client.Store(partition, p.Ordinal); err != nil {
			return err
		}
		if l, ok := in.leaving[partition]; ok && p.Ordinal >= l.last {
			if err := in.client.Release(in.member, partition, l.assignment); err != nil {
				return err
			}
			delete(in.leaving, partition)
		}
	}
	return nil
}

// Rewind implements engine.SharedInput: what is still owned is acquired anew by the next Read, what was to leave leaves.
func (in *input) Rewind(context.Context) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	for p, l := range in.leaving {
		if err := in.client.Release(in.member, p, l.assignment); err != nil {
			return err
		}
	}
	clear(in.leaving)
	clear(in.holds)
	in.asked = time.Time{}
	return nil
}

// Close implements engine.Input.
func (in *input) Close(context.Context) error {
	in.scanner.Release()
	if in.client == nil {
		return nil
	}
	return in.client.Close()
}
