package iggytest_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

const benchMessages = 1000

// cpu is the processor time that this process has used. Client and broker share it.
func cpu(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rate reports messages per second, of the clock and of processor time since before, which a busy machine does not change.
func rate(b *testing.B, before time.Duration) {
	messages := float64(b.N) * benchMessages
	b.ReportMetric(messages/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(messages/(cpu(b)-before).Seconds(), "messages/cpu-s")
}

func benchBatch() wire.Messages {
	out := make([]string, benchMessages)
	for i := range out {
		out[i] = strings.Repeat("x", 256)
	}
	m := text(out...)
	m.ID = make([]wire.MessageID, benchMessages)
	for i := range m.ID {
		m.ID[i] = wire.MessageID{1, byte(i), byte(i >> 8)}
	}
	return m
}

// BenchmarkSend sends one encoded request again and again, so that the client costs next to nothing.
func BenchmarkSend(b *testing.B) {
	r := newRig(b, iggytest.Options{}, 1, wire.TopicSettings{MaxSize: 256 << 20})
	p := r.peer.(*codecPeer)
	frame, err := v08.Codec{}.AppendRequest(nil, &wire.Send{Stream: streamS, Topic: topicT, Partitioning: wire.ToPartition(0), Messages: benchBatch()})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		if _, err := p.conn.Write(frame); err != nil {
			b.Fatal(err)
		}
		if err := p.receive(nil); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, before)
}

// BenchmarkPoll polls the same messages again and again and reads past them.
func BenchmarkPoll(b *testing.B) {
	r := newRig(b, iggytest.Options{}, 1, wire.TopicSettings{})
	for range 10 {
		r.run(&wire.Send{Stream: streamS, Topic: topicT, Partitioning: wire.ToPartition(0), Messages: benchBatch()})
	}
	p := r.peer.(*codecPeer)
	frame, err := v08.Codec{}.AppendRequest(nil, poll(streamS, topicT, 0, wire.FromOffset(5000), benchMessages))
	if err != nil {
		b.Fatal(err)
	}
	header := make([]byte, 8)
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		if _, err := p.conn.Write(frame); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(p.reader, header); err != nil {
			b.Fatal(err)
		}
		status, size := v08.Codec{}.ReplyHeader(header)
		if status != wire.OK || size < benchMessages*(256+v08.HeaderSize) {
			b.Fatalf("status %v, %d bytes", status, size)
		}
		if _, err := p.reader.Discard(size); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(size))
	}
	rate(b, before)
}
