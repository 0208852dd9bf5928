package iggy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	iggyclient "github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// connections are how many the lanes share.
const connections = 4

// output writes to lanes. All but what mu guards belongs to the engine's goroutine.
type output struct {
	config  Config
	env     engine.Env
	at      struct{ stream, topic, key, partition, headers int } // results of the program; -1 for none
	eval    *expression.Evaluator                                // nil without expressions
	encoder codec.Encoder
	start   engine.Start
	pool    *iggyclient.Pool
	topics  map[string]*topic
	origins origins
	buf     []byte // payloads of a batch
	ends    []int  // where they end, where the format says it
	touched []*lane

	life  context.Context // of the lanes; ends with Close
	end   context.CancelFunc
	lanes sync.WaitGroup

	mu     sync.Mutex
	moved  *sync.Cond // a lane has taken or confirmed messages, or something has failed
	all    []*lane
	listed []*topic
	failed error
}

var (
	_ engine.Output   = (*output)(nil)
	_ engine.Router   = (*output)(nil)
	_ engine.Reporter = (*output)(nil)
)

func newOutput(c Config, env engine.Env) (engine.Output, error) {
	o := &output{config: c, env: env, topics: map[string]*topic{}}
	o.moved = sync.NewCond(&o.mu)
	o.life, o.end = context.WithCancel(context.Background())
	return o, nil
}

// Open implements engine.Output. A topic that the document names is looked for at once.
func (o *output) Open(ctx context.Context, start engine.Start) (err error) {
	o.start = start
	o.origins.producer = start.Pipeline
	if !start.Shared { // a new run of a document sends its records on purpose
		o.origins.producer = fmt.Sprintf("%s-%s-%d", start.Pipeline, start.Run, start.Generation)
	}
	if o.pool, err = iggyclient.DialPool(ctx, o.config.Client(o.env.Log), connections); err != nil {
		return err
	}
	if o.config.Stream.Value != "" && o.config.Topic.Value != "" {
		_, err = o.topic(ctx, o.config.Stream.Value, o.config.Topic.Value)
	}
	return err
}

// topic is one that is written to.
type topic struct {
	stream, name string
	partitions   uint32
	lanes        []*lane // by partition; nil until the first record
	rows         int64   // under the output's lock
}

// topic returns the topic of that name, which is looked for, or created, at its first record.
func (o *output) topic(ctx context.Context, stream, name string) (*topic, error) {
	key := stream + "\x00" + name
	if t, ok := o.topics[key]; ok {
		return t, nil
	}
	client := o.pool.For(0)
	var found wire.Topic
	var err error
	if o.config.OnMissing == onMissingCreate {
		found, err = client.EnsureTopic(ctx, &wire.NewTopic{Stream: wire.Name(stream), Name: name, Partitions: uint32(o.config.Create.Partitions), Settings: o.settings()})
	} else {
		found, err = client.Topic(ctx, wire.Name(stream), wire.Name(name))
	}
	if err != nil {
		return nil, err
	}
	if found.PartitionCount == 0 {
		return nil, engine.Permanent(fmt.Errorf("topic %s of stream %s has no partitions", name, stream))
	}
	t := &topic{stream: stream, name: name, partitions: found.PartitionCount, lanes: make([]*lane, found.PartitionCount)}
	o.topics[key] = t
	o.mu.Lock()
	defer o.mu.Unlock()
	o.listed = append(o.listed, t)
	slices.SortFunc(o.listed, func(a, b *topic) int { return strings.Compare(a.stream+"/"+a.name, b.stream+"/"+b.name) })
	return t, nil
}

func (o *output) settings() wire.TopicSettings {
	c := o.config.Create
	s := wire.TopicSettings{Compression: 1, Expiry: wire.Never, MaxSize: uint64(c.MaxSize), Replication: uint8(c.Replication)}
	if c.Compression == "gzip" {
		s.Compression = 2
	}
	if c.Expiry > 0 {
		s.Expiry = wire.Micros(c.Expiry.Microseconds())
	}
	return s
}

// Flush waits until every message is confirmed.
func (o *output) Flush(ctx context.Context, _ *engine.Out) error {
	defer context.AfterFunc(ctx, o.wake)()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.all {
		l.hurry()
	}
	for {
		busy := false
		for _, l := range o.all {
			busy = busy || l.busy()
		}
		switch {
		case o.failed != nil:
			return o.failed
		case ctx.Err() != nil:
			return ctx.Err()
		case !busy:
			return nil
		}
		o.moved.Wait()
	}
}

// wake lets whoever waits for a lane look again.
func (o *output) wake() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.moved.Broadcast()
}

// fail notes what ends the pipeline.
func (o *output) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed == nil && !errors.Is(err, context.Canceled) {
		o.failed = err
	}
	o.moved.Broadcast()
}

// Close implements engine.Output.
func (o *output) Close(context.Context) error {
	o.end()
	o.lanes.Wait()
	o.release()
	if o.pool != nil {
		o.pool.Close()
	}
	return nil
}

func (o *output) release() {
	if o.eval != nil {
		o.eval.Release()
		o.eval = nil
	}
}

// Report implements engine.Reporter.
func (o *output) Report() (rows []engine.TargetRows) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, t := range o.listed {
		rows = append(rows, engine.TargetRows{Target: t.stream + "/" + t.name, Rows: t.rows})
	}
	return rows
}
