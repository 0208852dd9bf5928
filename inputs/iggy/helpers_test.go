package iggy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	filein "github.com/iggy-flow/iggy-flow/inputs/file"
	"github.com/iggy-flow/iggy-flow/inputs/iggy"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	client "github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
	"github.com/iggy-flow/iggy-flow/outputs/file"
	"github.com/iggy-flow/iggy-flow/outputs/iceberg"
	iggyout "github.com/iggy-flow/iggy-flow/outputs/iggy"
	"github.com/iggy-flow/iggy-flow/processors/limit"
	"github.com/iggy-flow/iggy-flow/processors/set"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// shop is a broker with a topic of orders, and a client that fills it.
type shop struct {
	t      *testing.T
	broker *iggytest.Broker
	client *client.Client
	sent   map[uint32]int // by partition
}

func newShop(t *testing.T, partitions uint32, o iggytest.Options) *shop {
	t.Helper()
	b := iggytest.Start(t, o)
	c, err := client.Dial(t.Context(), client.Config{Addresses: []string{b.Address()}, Credentials: client.Credentials{Username: iggytest.Username, Password: dsl.NewSecret(iggytest.Password)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	s := &shop{t: t, broker: b, client: c, sent: map[uint32]int{}}
	if _, err := c.EnsureTopic(t.Context(), &wire.NewTopic{Stream: wire.Name("shop"), Name: "orders", Partitions: partitions, Settings: wire.TopicSettings{Expiry: wire.Never, Replication: 1, Compression: 1}}); err != nil {
		t.Fatal(err)
	}
	return s
}

// send appends n messages {"p":partition,"n":number} to a partition.
func (s *shop) send(partition uint32, n int) {
	s.t.Helper()
	var lines []string
	for range n {
		lines = append(lines, fmt.Sprintf(`{"p":%d,"n":%d}`, partition, s.sent[partition]))
		s.sent[partition]++
	}
	s.sendRaw(partition, lines...)
}

func (s *shop) sendRaw(partition uint32, payloads ...string) {
	s.t.Helper()
	r := &wire.Send{Stream: wire.Name("shop"), Topic: wire.Name("orders"), Partitioning: wire.ToPartition(partition)}
	for _, p := range payloads {
		r.Messages.Start = append(r.Messages.Start, int32(len(r.Messages.Data)))
		r.Messages.Data = append(r.Messages.Data, p...)
		r.Messages.End = append(r.Messages.End, int32(len(r.Messages.Data)))
	}
	if err := s.client.Send(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
}

// document fills in who reads, and to where.
func (s *shop) document(reader, rest string) string {
	return fmt.Sprintf(`name: orders
input:
  iggy:
    address: %s
    username: %s
    password: %s
    stream: shop
    topic: orders
    start: first
    %s
  schema: {fields: {p: int64, n: int64}}
checkpoint: {interval: 20ms}
%s
`, s.broker.Address(), iggytest.Username, iggytest.Password, reader, rest)
}

// start runs a document in dir in the background.
func start(t *testing.T, dir, document, replica string) *running {
	t.Helper()
	r := engine.NewRegistry()
	iggy.Register(r)
	file.Register(r)
	iceberg.Register(r)
	filein.Register(r)
	iggyout.Register(r)
	limit.Register(r)
	set.Register(r)
	d, ds := dsl.Parse(source.NewFile("orders.yaml", []byte(document)), dir, dsl.Options{Specs: r})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	plan, ds := engine.NewPlan(d, r, engine.PlanOptions{Mem: arrowtest.Allocator(t), Log: log})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	store := checkpoint.Store(checkpoint.None{})
	if !plan.Shared() {
		directory, err := checkpoint.OpenDirectory(filepath.Join(dir, "state"))
		if err != nil {
			t.Fatal(err)
		}
		store = directory
	}
	ctx, kill := context.WithCancel(t.Context())
	out := &running{Runner: engine.NewRunner(plan, engine.RunOptions{Store: store, Replica: replica}), kill: kill, ended: make(chan error, 1)}
	go func() {
		defer kill()
		err := out.Run(ctx)
		out.ended <- errors.Join(err, store.Close())
	}()
	return out
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// running is a runner in the background.
type running struct {
	*engine.Runner
	kill  context.CancelFunc
	ended chan error
}

// end stops or kills it, and waits.
func (r *running) end(t *testing.T, clean bool) {
	t.Helper()
	if clean {
		r.Stop()
	} else {
		r.kill()
	}
	if err := <-r.ended; err != nil && (clean || !errors.Is(err, context.Canceled)) {
		t.Fatal(err)
	}
}

// until waits for a condition, which something in the background brings about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s has not come about", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// rows are the records of an NDJSON file, by partition, in order.
func rows(t *testing.T, path string) map[int64][]int64 {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	out := map[int64][]int64{}
	for line := range strings.Lines(string(data)) {
		var row struct{ P, N int64 }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			continue // the last line may be under way
		}
		out[row.P] = append(out[row.P], row.N)
	}
	return out
}

// whole reports whether got has the numbers below sent of each partition, once and in order; it fails when it has others.
func (s *shop) whole(got map[int64][]int64) bool {
	s.t.Helper()
	all := true
	for p, n := range s.sent {
		for i, have := range got[int64(p)] {
			if have != int64(i) {
				s.t.Fatalf("partition %d: number %d stands where %d belongs: lost, doubled or out of order", p, have, i)
			}
		}
		all = all && len(got[int64(p)]) == n
	}
	return all
}
