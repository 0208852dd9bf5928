package iggy_test

import (
	"bufio"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/apache/iggy/foreign/go/client"
	"github.com/apache/iggy/foreign/go/client/tcp"
	iggcon "github.com/apache/iggy/foreign/go/contracts"
	"golang.org/x/sys/unix"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

// What both clients send and poll.
const (
	benchMessages = 1000
	benchBytes    = 256
)

// brokerProcess starts a broker in a process of its own, so that the processor time of this one is the client's alone.
func brokerProcess(b *testing.B) (address string) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), brokerData+"="+b.TempDir())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close() // the broker ends with its input
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// benchTopic is a client of ours and its topic, which keeps no more than 256 MiB.
func benchTopic(b *testing.B, address string) *iggy.Client {
	b.Helper()
	c, err := iggy.Dial(b.Context(), iggy.Config{
		Addresses: []string{address}, Credentials: iggy.Credentials{Username: iggytest.Username, Password: dsl.NewSecret(iggytest.Password)},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	settings := wire.TopicSettings{Compression: 1, Expiry: wire.Never, MaxSize: 256 << 20, Replication: 1}
	if _, err := c.EnsureTopic(b.Context(), &wire.NewTopic{Stream: shop, Name: clicks.Name, Partitions: 1, Settings: settings}); err != nil {
		b.Fatal(err)
	}
	return c
}

// benchSend is the batch of both clients as ours takes it.
func benchSend() *wire.Send {
	m := wire.Messages{Data: []byte(strings.Repeat("x", benchMessages*benchBytes))}
	for i := range int32(benchMessages) {
		m.Start, m.End = append(m.Start, i*benchBytes), append(m.End, (i+1)*benchBytes)
		m.ID = append(m.ID, wire.MessageID{1, byte(i), byte(i >> 8)})
	}
	return &wire.Send{Stream: shop, Topic: clicks, Partitioning: wire.ToPartition(0), Messages: m}
}

// sdk is the official client, logged in, and how it names the topic.
func sdk(b *testing.B, address string) (c iggcon.Client, stream, topic iggcon.Identifier) {
	b.Helper()
	log.SetOutput(io.Discard) // it tells each login
	c, err := client.NewIggyClient(client.WithTcp(tcp.WithServerAddress(address)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	if _, err := c.LoginUser(iggytest.Username, iggytest.Password); err != nil {
		b.Fatal(err)
	}
	if stream, err = iggcon.NewIdentifier(shop.Name); err != nil {
		b.Fatal(err)
	}
	if topic, err = iggcon.NewIdentifier(clicks.Name); err != nil {
		b.Fatal(err)
	}
	return c, stream, topic
}

// measure runs batch for each iteration and reports messages per second, of the clock and of this process's processor time.
func measure(b *testing.B, batch func() error) {
	b.Helper()
	b.SetBytes(benchMessages * benchBytes)
	b.ReportAllocs()
	for range 20 { // buffers grow, sockets open their windows
		if err := batch(); err != nil {
			b.Fatal(err)
		}
	}
	before := cpu(b)
	for b.Loop() {
		if err := batch(); err != nil {
			b.Fatal(err)
		}
	}
	messages := float64(b.N) * benchMessages
	b.ReportMetric(messages/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(messages/(cpu(b)-before).Seconds(), "messages/cpu-s")
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSend sends the same batch again and again; both clients have it ready.
func BenchmarkSend(b *testing.B) {
	address := brokerProcess(b)
	b.Run("client", func(b *testing.B) {
		c, r := benchTopic(b, address), benchSend()
		measure(b, func() error { return c.Send(b.Context(), r) })
	})
	b.Run("sdk", func(b *testing.B) {
		benchTopic(b, address)
		c, stream, topic := sdk(b, address)
		var messages []iggcon.IggyMessage
		for range benchMessages {
			m, err := iggcon.NewIggyMessage([]byte(strings.Repeat("x", benchBytes)))
			if err != nil {
				b.Fatal(err)
			}
			messages = append(messages, m)
		}
		measure(b, func() error { return c.SendMessages(stream, topic, iggcon.PartitionId(0), messages) })
	})
}

// BenchmarkPoll polls the same batch again and again, and looks at every payload.
func BenchmarkPoll(b *testing.B) {
	address := brokerProcess(b)
	fill := benchTopic(b, address)
	for range 4 {
		if err := fill.Send(b.Context(), benchSend()); err != nil {
			b.Fatal(err)
		}
	}
	check := func(b *testing.B, messages, bytes int) {
		if messages != benchMessages || bytes != benchMessages*benchBytes {
			b.Fatalf("%d messages of %d bytes", messages, bytes)
		}
	}
	b.Run("client", func(b *testing.B) {
		c := benchTopic(b, address)
		r := poll(0)
		r.Count = benchMessages
		var batch iggy.Batch
		measure(b, func() error {
			if err := c.Poll(b.Context(), r, &batch); err != nil {
				return err
			}
			bytes := 0
			for i := range batch.Len() {
				bytes += len(batch.Payload(i))
			}
			check(b, batch.Len(), bytes)
			return nil
		})
	})
	b.Run("sdk", func(b *testing.B) {
		c, stream, topic := sdk(b, address)
		partition := uint32(0)
		me, err := iggcon.NewIdentifier("me")
		if err != nil {
			b.Fatal(err)
		}
		measure(b, func() error {
			batch, err := c.PollMessages(stream, topic, iggcon.NewSingleConsumer(me), iggcon.OffsetPollingStrategy(0), benchMessages, false, &partition)
			if err != nil {
				return err
			}
			bytes := 0
			for _, m := range batch.Messages {
				bytes += len(m.Payload)
			}
			check(b, len(batch.Messages), bytes)
			return nil
		})
	})
}
