package iggytest_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// poll asks for messages of one partition, as the single consumer 1.
func poll(stream, topic wire.Identifier, partition uint32, from wire.Strategy, count uint32) *wire.Poll {
	return &wire.Poll{
		Consumer: wire.Consumer{Kind: wire.SingleConsumer, ID: wire.ID(1)}, Stream: stream, Topic: topic,
		Partition: wire.OfPartition(partition), Strategy: from, Count: count,
	}
}

func sendTo(stream, topic wire.Identifier, partition uint32, payloads ...string) *wire.Send {
	return &wire.Send{Stream: stream, Topic: topic, Partitioning: wire.ToPartition(partition), Messages: text(payloads...)}
}

func testMessages(t *testing.T, c suiteCase) {
	s := c.session(t)
	st, tp := topic(t, s, 1)
	sent := text("one", "two", "three")
	sent.ID = []wire.MessageID{{1}, {2, 15: 9}, {}} // the server draws the last
	sent.Origin = []wire.Micros{11, 12, 13}
	s.run(&wire.Send{Stream: st, Topic: tp, Partitioning: wire.ToPartition(0), Messages: sent})
	s.run(sendTo(st, tp, 0, "four"))

	b := batch(s, poll(st, tp, 0, wire.FromOffset(0), 100))
	if diff := cmp.Diff([]string{"one", "two", "three", "four"}, payloads(b)); diff != "" {
		t.Errorf("payloads (-want +got):\n%s", diff)
	}
	if b.Partition != 0 || b.Current != 3 || !slices.Equal(b.Offset, []uint64{0, 1, 2, 3}) {
		t.Errorf("partition %d, current %d, offsets %v", b.Partition, b.Current, b.Offset)
	}
	if b.ID[0] != sent.ID[0] || b.ID[1] != sent.ID[1] || b.ID[2] == (wire.MessageID{}) || b.ID[3] == b.ID[2] {
		t.Errorf("ids are %v", b.ID)
	}
	if !slices.Equal(b.Origin[:3], sent.Origin) || b.Timestamp[0] == 0 || !slices.IsSorted(b.Timestamp) {
		t.Errorf("origin timestamps %v, timestamps %v", b.Origin, b.Timestamp)
	}
	for i, sum := range b.Checksum {
		if want := checksum(b, i); sum != want {
			t.Errorf("message %d has checksum %x, want %x", i, sum, want)
		}
	}
	d := must[wire.Topic](s, &wire.OnTopic{Do: wire.GetTopic, Stream: st, Topic: tp})
	if p := d.Partitions[0]; d.Messages != 4 || p.Messages != 4 || p.Current != 3 || p.Segments != 1 || p.Size != 4*64+15 {
		t.Errorf("the topic counts %d messages, its partition is %+v", d.Messages, p)
	}
}

func testHeaders(t *testing.T, c suiteCase) {
	s := c.session(t)
	st, tp := topic(t, s, 1)
	var encoded []byte
	var err error
	for kind := wire.HeaderRaw; kind <= wire.HeaderFloat64; kind++ {
		size := kind.Size()
		if size == 0 {
			size = 3
		}
		h := wire.Header{KeyKind: wire.HeaderString, Key: fmt.Appendf(nil, "k%d", kind), ValueKind: kind, Value: bytes.Repeat([]byte{byte(kind)}, size)}
		if kind == wire.HeaderBool {
			h.Value = []byte{1}
		}
		if encoded, err = wire.AppendHeader(encoded, h); err != nil {
			t.Fatal(err)
		}
	}
	sent := text("with", "without")
	sent.HeaderData, sent.HeaderStart, sent.HeaderEnd = encoded, []int32{0, 0}, []int32{int32(len(encoded)), 0}
	s.run(&wire.Send{Stream: st, Topic: tp, Partitioning: wire.ToPartition(0), Messages: sent})
	b := batch(s, poll(st, tp, 0, wire.FromOffset(0), 10))
	if !bytes.Equal(b.Headers(0), encoded) || len(b.Headers(1)) != 0 {
		t.Errorf("headers are %x and %x, want %x and none", b.Headers(0), b.Headers(1), encoded)
	}
	if diff := cmp.Diff([]string{"with", "without"}, payloads(b)); diff != "" {
		t.Errorf("payloads (-want +got):\n%s", diff)
	}
}

func testLargeMessages(t *testing.T, c suiteCase) {
	s := c.session(t)
	st, tp := topic(t, s, 1)
	var want []string
	for i := range 6 {
		batch := []string{strings.Repeat(string(rune('a'+i)), 1_000_000), fmt.Sprint("small ", i)}
		s.run(sendTo(st, tp, 0, batch...))
		want = append(want, batch...)
	}
	s.run(sendTo(st, tp, 0, numbered("n", 1000)...))
	want = append(want, numbered("n", 1000)...)
	if got := payloads(batch(s, poll(st, tp, 0, wire.FromOffset(0), 5000))); !slices.Equal(got, want) {
		t.Errorf("%d messages came back, want %d equal ones", len(got), len(want))
	}
	got := payloads(batch(s, poll(st, tp, 0, wire.FromOffset(3), 2)))
	if !slices.Equal(got, want[3:5]) {
		t.Errorf("messages 3 and 4 are %.20q", got)
	}
}

func testPartitioning(t *testing.T, c suiteCase) {
	s := c.session(t)
	st, tp := topic(t, s, 5)
	for i := range 10 { // each request goes to one partition
		s.run(&wire.Send{Stream: st, Topic: tp, Partitioning: wire.Balanced(), Messages: text(numbered(fmt.Sprint("balanced-", i), 2)...)})
	}
	for p := range uint32(5) {
		if n := batch(s, poll(st, tp, p, wire.FromOffset(0), 100)).Len(); n != 4 {
			t.Errorf("partition %d got %d of 20 messages in 10 balanced requests, want 4", p, n)
		}
	}

	other, tp := topic(t, s, 5)
	// Known values of XXH32 with seed 0, modulo 5: 0x550d7456, 0x32d153ff, 0xe2293b2f.
	for key, want := range map[string]uint32{"a": 0x550d7456 % 5, "abc": 0x32d153ff % 5, "Nobody inspects the spammish repetition": 0xe2293b2f % 5} {
		before := batch(s, poll(other, tp, want, wire.FromOffset(0), 100)).Len()
		s.run(&wire.Send{Stream: other, Topic: tp, Partitioning: wire.ByKey([]byte(key)), Messages: text(key)})
		b := batch(s, poll(other, tp, want, wire.FromOffset(0), 100))
		if b.Len() != before+1 || string(b.Payload(b.Len()-1)) != key {
			t.Errorf("the key %q did not go to partition %d", key, want)
		}
	}
	number := binary.LittleEndian.AppendUint64(nil, 7)
	for range 3 {
		s.run(&wire.Send{Stream: other, Topic: tp, Partitioning: wire.ByKey(number), Messages: text("seven")})
	}
	for p := range uint32(5) {
		n := 0
		for _, payload := range payloads(batch(s, poll(other, tp, p, wire.FromOffset(0), 100))) {
			if payload == "seven" {
				n++
			}
		}
		if n != 0 && n != 3 {
			t.Errorf("partition %d has %d of 3 messages of one key", p, n)
		}
	}
}

func testStrategies(t *testing.T, c suiteCase) {
	s := c.session(t)
	st, tp := topic(t, s, 1)
	for i := range 3 {
		s.run(sendTo(st, tp, 0, numbered(fmt.Sprint(i), 3)...))
	}
	all := batch(s, poll(st, tp, 0, wire.FromOffset(0), 100))
	for _, test := range []struct {
		what  string
		from  wire.Strategy
		count uint32
		want  []uint64
	}{
		{"first", wire.Strategy{Kind: wire.First}, 2, []uint64{0, 1}},
		{"last", wire.Strategy{Kind: wire.Last}, 2, []uint64{7, 8}},
		{"last, more than there are", wire.Strategy{Kind: wire.Last}, 20, []uint64{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{"next, without a stored offset", wire.Strategy{Kind: wire.Next}, 2, []uint64{0, 1}},
		{"an offset within a batch", wire.FromOffset(4), 3, []uint64{4, 5, 6}},
		{"the last offset", wire.FromOffset(8), 3, []uint64{8}},
		{"an offset behind the end", wire.FromOffset(9), 3, nil},
		{"time zero", wire.FromTimestamp(0), 2, []uint64{0, 1}},
		{"a time in the future", wire.FromTimestamp(all.Timestamp[8] + 1), 2, nil},
	} {
		b := batch(s, poll(st, tp, 0, test.from, test.count))
		if !slices.Equal(b.Offset, test.want) || b.Current != 8 {
			t.Errorf("%s: offsets %v, current %d; want %v and 8", test.what, b.Offset, b.Current, test.want)
		}
	}
	b := batch(s, poll(st, tp, 0, wire.FromTimestamp(all.Timestamp[6]), 10))
	if b.Len() == 0 || b.Timestamp[0] < all.Timestamp[6] || b.Offset[b.Len()-1] != 8 {
		t.Errorf("from the timestamp of message 6: offsets %v, timestamps %v", b.Offset, b.Timestamp)
	}
}

// testProbes: a poll for no messages tells the partition and its end.
func testProbes(t *testing.T, c suiteCase) {
	s := c.session(t)
	st, tp := topic(t, s, 2)
	s.run(sendTo(st, tp, 1, "a", "b", "c"))
	b := batch(s, poll(st, tp, 1, wire.FromOffset(0), 0))
	if b.Len() != 0 || b.Partition != 1 || b.Current != 2 {
		t.Errorf("a probe says partition %d, current %d, %d messages", b.Partition, b.Current, b.Len())
	}
	b = batch(s, &wire.Poll{Consumer: wire.Consumer{Kind: wire.SingleConsumer, ID: wire.ID(1)}, Stream: st, Topic: tp, Strategy: wire.FromOffset(0), Count: 10})
	if b.Partition != 0 || b.Len() != 0 || b.Current != 0 {
		t.Errorf("without a partition a single consumer reads %d messages of partition %d; want partition 0, which is empty", b.Len(), b.Partition)
	}
}

func testRefusedMessages(t *testing.T, c suiteCase) {
	s := c.session(t)
	st, tp := topic(t, s, 1)
	nowhere := wire.Name(unique("none"))
	s.refused(sendTo(nowhere, tp, 0, "a"), nil, wire.StreamIDNotFound)
	s.refused(sendTo(st, nowhere, 0, "a"), nil, wire.TopicIDNotFound)
	s.refused(sendTo(st, tp, 1, "a"), nil, wire.PartitionNotFound)
	s.refused(poll(nowhere, tp, 0, wire.FromOffset(0), 1), &wire.Batch{}, wire.StreamIDNotFound)
	s.refused(poll(st, nowhere, 0, wire.FromOffset(0), 1), &wire.Batch{}, wire.TopicIDNotFound)
	s.refused(poll(st, tp, 1, wire.FromOffset(0), 1), &wire.Batch{}, wire.PartitionNotFound)
	s.run(sendTo(st, tp, 0, "the connection still works"))
}
