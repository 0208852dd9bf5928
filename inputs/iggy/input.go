package iggy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	iggyclient "github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// event is what goroutines tell the engine's: a reply, that a split begins, or that its reader has ended.
type event struct {
	split *split
	reply *reply
	begin bool
	end   bool
}

// waiting is how many events may wait; each reader that finds no room waits with one more.
const waiting = 4

// connections are how many a consumer's partitions share.
const connections = 4

type input struct {
	config  Config
	env     engine.Env
	decoder decoder
	pool    *iggyclient.Pool // of a consumer
	topics  []*topic
	replies *sync.Pool

	life   context.Context // ends with Close
	end    context.CancelFunc
	work   sync.WaitGroup // readers and watchers
	events chan event
	failed chan error  // one: the first
	timer  *time.Timer // of Read

	mu     sync.Mutex
	splits map[string]*split
	coming map[string]bool // announced, and not yet begun
	bytes  atomic.Int64
}

var (
	_ engine.SharedInput  = (*input)(nil)
	_ engine.Sampler      = (*input)(nil)
	_ engine.SchemaSetter = (*input)(nil)
	_ engine.MetaSetter   = (*input)(nil)
	_ engine.Identified   = (*input)(nil)
	_ engine.Progress     = (*input)(nil)
	_ engine.Lagging      = (*input)(nil)
)

func newInput(c Config, env engine.Env) (engine.Input, error) {
	in := &input{
		config: c, env: env, replies: newReplies(), events: make(chan event, waiting), failed: make(chan error, 1),
		splits: map[string]*split{}, coming: map[string]bool{},
	}
	in.life, in.end = context.WithCancel(context.Background())
	in.decoder = decoder{env: env, options: codec.DecodeOptions{Mem: env.Mem, MaxFrame: int(c.MaxRecord), Unknown: codec.KeepUnknown}.Defaults()}
	if d := env.Declared; d != nil {
		in.decoder.options.Unknown = map[string]codec.Unknown{"ignore": codec.IgnoreUnknown, "error": codec.RejectUnknown, "keep": codec.KeepUnknown}[d.Unknown]
	}
	return in, nil
}

// Shared implements engine.SharedInput.
func (in *input) Shared() bool { return in.config.ConsumerGroup.Value != "" }

// Identity implements engine.Identified.
func (in *input) Identity() string {
	names := make([]string, len(in.config.Topic))
	for i, t := range in.config.Topic {
		names[i] = t.Value
	}
	return "iggy " + in.config.Stream.Value + "/" + strings.Join(names, ",")
}

// UseSchema implements engine.SchemaSetter.
func (in *input) UseSchema(s *schemas.Schema) { in.decoder.options.Schema = s }

// UseMeta implements engine.MetaSetter.
func (in *input) UseMeta(fields *schemas.Schema) { in.decoder.fields = fields }

// Progress implements engine.Progress: a stream has no end.
func (in *input) Progress() (done, total int64) { return in.bytes.Load(), 0 }

// Lag implements engine.Lagging.
func (in *input) Lag() map[string]int64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	lag := make(map[string]int64, len(in.splits))
	for name, s := range in.splits {
		lag[name] = s.lag()
	}
	return lag
}

// Open implements engine.Input.
func (in *input) Open(ctx context.Context, at engine.Positions) error {
	if err := in.decoder.use(in.decoder.options.Schema); err != nil {
		return err
	}
	if err := in.connect(ctx); err != nil {
		return err
	}
	for _, t := range in.topics {
		if t.group == nil {
			if err := in.openPartitions(ctx, t, at); err != nil {
				return err
			}
		}
		in.work.Go(func() { in.watch(in.life, t) })
	}
	return nil
}

// connect finds the topics, and joins the group.
func (in *input) connect(ctx context.Context) error {
	config := in.config.Client(in.env.Log)
	if !in.Shared() {
		var err error
		if in.pool, err = iggyclient.DialPool(ctx, config, connections); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	in.topics = make([]*topic, len(in.config.Topic))
	for i, name := range in.config.Topic {
		t := &topic{stream: in.config.Stream.Value, name: name.Value, changed: make(chan struct{}, 1)}
		in.topics[i] = t
		g.Go(func() (err error) {
			if in.Shared() {
				if t.client, err = iggyclient.Dial(ctx, config); err != nil {
					return err
				}
			}
			if t.incarnation, t.partitions, err = in.look(ctx, t); err != nil {
				return err
			}
			if in.Shared() {
				t.group, err = t.client.Join(ctx, t.streamID(), t.topicID(), in.config.ConsumerGroup.Value, in.config.CreateGroup)
			}
			return err
		})
	}
	return g.Wait()
}

// look reads how many partitions a topic has, and whether it is still the one that was opened.
func (in *input) look(ctx context.Context, t *topic) (incarnation string, partitions uint32, err error) {
	found, err := in.clientOf(t, 0).Topic(ctx, t.streamID(), t.topicID())
	if err != nil {
		return "", 0, err
	}
	incarnation = fmt.Sprintf("%d-%d", found.ID, uint64(found.Created))
	if t.incarnation != "" && t.incarnation != incarnation {
		return "", 0, engine.Permanent(fmt.Errorf("topic %s of stream %s was deleted and created again while it was read; start anew with --fresh, or with another consumer and pipeline name", t.name, t.stream))
	}
	return incarnation, found.PartitionCount, nil
}

// openPartitions begins the partitions of a consumer: each where the state has it, else where the document says.
func (in *input) openPartitions(ctx context.Context, t *topic, at engine.Positions) error {
	for _, p := range in.config.Partitions {
		if uint32(p) >= t.partitions {
			return engine.Permanent(fmt.Errorf("%s: partition %d of topic %s does not exist; it has %d, the first is 0", in.config.Stream.Range, p, t.name, t.partitions))
		}
	}
	for _, p := range in.wanted(t.partitions) {
		name := t.splitName(p)
		var known *engine.Position
		if position, ok := at[name]; ok {
			known = &position
		}
		s, err := in.acquire(ctx, t, p, known)
		if err != nil {
			return err
		}
		in.start(s)
	}
	return nil
}

// wanted lists the partitions, of a topic that has so many, that a consumer reads.
func (in *input) wanted(all uint32) (partitions []uint32) {
	for p := range all {
		if len(in.config.Partitions) == 0 || slices.Contains(in.config.Partitions, int(p)) {
			partitions = append(partitions, p)
		}
	}
	return partitions
}

// acquire makes a split that begins at a known position, else where the server has stored an offset or the document says.
func (in *input) acquire(ctx context.Context, t *topic, partition uint32, known *engine.Position) (*split, error) {
	s := &split{topic: t, partition: partition, name: t.splitName(partition), done: make(chan struct{})}
	s.current.Store(-1)
	if known == nil && !in.Shared() && in.config.Start.Value == startNext {
		at, ok, err := in.stored(ctx, t, partition)
		if err != nil {
			return nil, err
		}
		if ok {
			known = &at
		}
	}
	if in.config.Dedupe == dedupeOrigin {
		var state []byte
		if known != nil {
			state = known.Data
		}
		s.repeats = &repeats{}
		if err := s.repeats.restore(state); err != nil {
			return nil, err
		}
	}
	if known == nil {
		return s, in.begin(ctx, s)
	}
	if known.Incarnation != t.incarnation {
		return nil, engine.Permanent(fmt.Errorf("topic %s of stream %s is not the one that was read up to offset %d of partition %d: it was deleted and created again; "+
			"start anew with --fresh, or with another consumer and pipeline name", t.name, t.stream, known.Ordinal-1, partition))
	}
	s.next, s.last = known.Ordinal, known.Fingerprint
	return s, nil
}

// start begins to read a split.
func (in *input) start(s *split) {
	ctx, stop := context.WithCancel(in.life)
	s.stop = stop
	s.taken.Store(s.next)
	in.mu.Lock()
	in.splits[s.name] = s
	delete(in.coming, s.name)
	in.mu.Unlock()
	r := &reader{in: in, split: s, offset: s.next, last: s.last, count: min(firstCount, uint32(in.config.BatchSize)), pause: firstPause}
	in.work.Go(func() { r.run(ctx) })
}

// fail ends the pipeline.
func (in *input) fail(err error) {
	select {
	case in.failed <- err:
	default: // the first one tells more
	}
}

// send hands an event over; it is false when ctx is done before.
func (in *input) send(ctx context.Context, e event) bool {
	select {
	case in.events <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// Close implements engine.Input. Whoever leaves a group has its partitions dealt to the others at once.
func (in *input) Close(ctx context.Context) error {
	in.end()
	in.work.Wait()
	for len(in.events) > 0 {
		if e := <-in.events; e.reply != nil {
			e.reply.release()
		}
	}
	in.decoder.release()
	var err error
	for _, t := range in.topics {
		if t == nil || t.client == nil {
			continue
		}
		if t.group != nil {
			if left := t.group.Leave(ctx); left != nil {
				in.env.Log.Warn("leaving the consumer group; the server finds out by the lost connection", "topic", t.name, "error", left)
			}
		}
		t.client.Close()
	}
	if in.pool != nil {
		in.pool.Close()
	}
	return err
}
