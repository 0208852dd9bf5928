package iggytest

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/catalog"
)

// The root user of every broker.
const (
	Username = "iggy"
	Password = "iggy-password"
)

// Options say how a broker differs from server 0.8 as it comes.
type Options struct {
	TLS              *tls.Config // such as that of an Authority; nil: plain TCP
	SegmentBytes     int64       // 0: 64 MiB
	SaveMessages     int         // so many messages are saved together, and survive a restart without the tail; 0: 1024
	Fsync            bool        // every batch is synced before it is confirmed
	RebalanceTimeout time.Duration
	Heartbeat        time.Duration // a client that is silent for 1.2 times as long loses its groups; 0: none ever does
}

// Broker is a running broker. Its methods are for the test's goroutine, but for Address and Faults.
type Broker struct {
	t       testing.TB
	options iggybroker.Options
	clock   *clock
	server  *iggybroker.Server
	cancel  context.CancelFunc
	served  chan error
	lost    []tail
}

// tail is how many messages the next restart takes from a partition.
type tail struct {
	stream, topic string
	partition     uint32
	messages      uint64
}

// clock is the time, moved by what the test says.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// Start runs a broker until the test ends.
func Start(t testing.TB, o Options) *Broker {
	t.Helper()
	b := &Broker{t: t, clock: &clock{}}
	b.options = iggybroker.Options{
		Address: "127.0.0.1:0", TLS: o.TLS, Data: t.TempDir(), Username: Username, Password: Password,
		SegmentBytes: o.SegmentBytes, SaveMessages: o.SaveMessages, RebalanceTimeout: o.RebalanceTimeout, Heartbeat: o.Heartbeat,
		Now: b.clock.now, Faults: iggybroker.NewFaults(),
	}
	if o.Fsync {
		b.options.Fsync = func(string, string) bool { return true }
	}
	b.start()
	b.options.Address = b.server.Address()
	t.Cleanup(b.Stop)
	return b
}

func (b *Broker) start() {
	b.t.Helper()
	server, err := iggybroker.Open(b.options)
	if err != nil {
		b.t.Fatalf("start the broker: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }() // stop waits for it
	b.server, b.cancel, b.served = server, cancel, served
}

// stop ends the connections and then calls last, before the files are closed.
func (b *Broker) stop(last func() error) {
	b.t.Helper()
	if b.server == nil {
		return
	}
	b.cancel()
	err := <-b.served
	if err == nil {
		err = last()
	}
	if err := errors.Join(err, b.server.Close()); err != nil {
		b.t.Errorf("stop the broker: %v", err)
	}
	b.server = nil
}

// Address is host:port. It stays the same through restarts.
func (b *Broker) Address() string { return b.options.Address }

// Faults are the broker's faults. They stay through restarts.
func (b *Broker) Faults() *iggybroker.Faults { return b.options.Faults }

// Stop stops the broker, cleanly. What it took stays for a Restart.
func (b *Broker) Stop() {
	b.t.Helper()
	b.stop(func() error { return nil })
}

// Restart stops the broker if it runs and starts it again. Without its tail it lost what a crash of a server that writes behind
// takes: the messages of each partition that were not yet saved, or as many as LoseTail says. Their offsets are given out again.
func (b *Broker) Restart(keepTail bool) {
	b.t.Helper()
	b.stop(func() error {
		if keepTail {
			return nil
		}
		return b.server.Catalog().LoseTail(b.end)
	})
	b.lost = nil
	b.start()
}

// end is where a partition ends after a restart without its tail.
func (b *Broker) end(at catalog.Tail) uint64 {
	for _, l := range b.lost {
		if l.stream == at.Stream && l.topic == at.Topic && l.partition == at.Partition {
			return at.Next - min(at.Next, l.messages)
		}
	}
	return at.Saved
}

// LoseTail makes the next restart without the tail take the last messages of a partition, saved or not.
func (b *Broker) LoseTail(stream, topic string, partition uint32, messages uint64) {
	b.lost = append(b.lost, tail{stream, topic, partition, messages})
}

// RecreateTopic deletes a topic and creates it again, as another client could.
func (b *Broker) RecreateTopic(stream, topic string) {
	b.t.Helper()
	if err := b.server.Catalog().RecreateTopic(wire.Name(stream), wire.Name(topic)); err != nil {
		b.t.Fatalf("create topic %s of stream %s again: %v", topic, stream, err)
	}
}

// Disconnect closes all connections; the broker accepts new ones.
func (b *Broker) Disconnect() { b.server.Disconnect() }

// Advance moves the broker's clock, and lets it do at once what is due: expiry, the timeouts of consumer groups, and clients
// that are silent.
func (b *Broker) Advance(d time.Duration) {
	b.t.Helper()
	b.clock.advance(d)
	if err := b.server.Maintain(); err != nil {
		b.t.Fatalf("maintain the broker: %v", err)
	}
}
