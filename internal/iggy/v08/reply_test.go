package v08_test

import (
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// aTopic is the topic whose record stands in several replies.
var aTopic = wire.Topic{
	ID: 3, Created: 4, PartitionCount: 1, Size: 5, Messages: 6, Name: "t",
	Settings: wire.TopicSettings{Compression: 1, Expiry: wire.Never, MaxSize: 7, Replication: 1},
}

const topicRecord = `
	03000000 0400000000000000 01000000 ffffffffffffffff 01 0700000000000000 01
	0500000000000000 0600000000000000 01 't'`

const streamRecord = `01000000 0200000000000000 01000000 0300000000000000 0400000000000000 06 'orders'`

var replies = []struct {
	name  string
	reply wire.Reply
	body  string
}{
	{"identity", &wire.Identity{User: 7}, `07000000`},
	{"offset", &wire.StoredOffset{Partition: 1, Current: 2, Stored: 3}, `01000000 0200000000000000 0300000000000000`},
	{"stream", &wire.Stream{ID: 1, Created: 2, TopicCount: 1, Size: 3, Messages: 4, Name: "orders", Topics: []wire.Topic{aTopic}}, streamRecord + topicRecord},
	{"streams", &wire.Streams{{ID: 1, Created: 2, TopicCount: 1, Size: 3, Messages: 4, Name: "orders"}, {ID: 1, Created: 2, TopicCount: 1, Size: 3, Messages: 4, Name: "orders"}}, streamRecord + streamRecord},
	{"topic", func() wire.Reply {
		t := aTopic
		t.Partitions = []wire.PartitionInfo{{ID: 0, Created: 1, Segments: 2, Current: 3, Size: 4, Messages: 5}}
		return &t
	}(), topicRecord + `00000000 0100000000000000 02000000 0300000000000000 0400000000000000 0500000000000000`},
	{"topics", &wire.Topics{aTopic, aTopic}, topicRecord + topicRecord},
	{"group", &wire.Group{ID: 1, PartitionCount: 3, MemberCount: 2, Name: "g", Members: []wire.Member{{ID: 1, Partitions: []uint32{0, 2}}, {ID: 2}}}, `
		01000000 03000000 02000000 01 'g'
		01000000 02000000 00000000 02000000
		02000000 00000000`},
	{"groups", &wire.Groups{{ID: 1, PartitionCount: 3, MemberCount: 2, Name: "g"}}, `01000000 03000000 02000000 01 'g'`},
	{"client", &wire.Client{ID: 1, User: 2, Transport: 1, Address: "a:1", GroupCount: 1, Groups: []wire.ClientGroup{{Stream: 4, Topic: 5, Group: 6}}}, `
		01000000 02000000 01 03000000 'a:1' 01000000
		04000000 05000000 06000000`},
	{"clients", &wire.Clients{{ID: 1, User: 2, Transport: 1, Address: "a:1", GroupCount: 1}}, `01000000 02000000 01 03000000 'a:1' 01000000`},
	{"user", &wire.User{ID: 1, Created: 2, Status: wire.UserActive, Name: "ann"}, `01000000 0200000000000000 01 03 'ann' 00`},
	{"user with permissions", &wire.User{ID: 1, Created: 2, Status: wire.UserDisabled, Name: "ann", Permissions: []byte{9}}, `01000000 0200000000000000 02 03 'ann' 01 01000000 09`},
	{"users", &wire.Users{{ID: 1, Created: 2, Status: wire.UserActive, Name: "ann"}}, `01000000 0200000000000000 01 03 'ann'`},
	{"new token", &wire.RawToken{Token: "secret"}, `06 'secret'`},
	{"tokens", &wire.Tokens{{Name: "ci", Expiry: 5}, {Name: "x"}}, `02 'ci' 0500000000000000 01 'x' 0000000000000000`},
	{"cluster", &wire.Cluster{Name: "c", Nodes: []wire.Node{{Name: "n", IP: "::1", TCP: 8090, QUIC: 8080, HTTP: 3000, WebSocket: 8092, Role: 1, Status: 4}}}, `
		01000000 'c' 01000000
		01000000 'n' 03000000 '::1' 9a1f 901f b80b 9c1f 01 04`},
	{"stats", &wire.Stats{
		Process: 1, CPU: 1.5, TotalCPU: 2, Memory: 3, TotalMemory: 4, FreeMemory: 5, RunTime: 6, StartTime: 7, ReadBytes: 8, WrittenBytes: 9, SizeBytes: 10,
		Streams: 11, Topics: 12, Partitions: 13, Segments: 14, Messages: 15, Clients: 16, Groups: 17,
		Host: "h", OS: "o", OSVersion: "v", Kernel: "k", ServerVersion: "0.8.0", ServerSemver: 8000,
		Caches: []wire.Cache{{Stream: 1, Topic: 2, Partition: 3, Hits: 4, Misses: 5, Ratio: 0.5}}, Threads: 18, FreeDisk: 19, TotalDisk: 20,
	}, `
		01000000 0000c03f 00000040
		0300000000000000 0400000000000000 0500000000000000 0600000000000000 0700000000000000
		0800000000000000 0900000000000000 0a00000000000000
		0b000000 0c000000 0d000000 0e000000 0f00000000000000 10000000 11000000
		01000000 'h' 01000000 'o' 01000000 'v' 01000000 'k' 05000000 '0.8.0' 401f0000
		01000000 01000000 02000000 03000000 0400000000000000 0500000000000000 0000003f
		12000000 1300000000000000 1400000000000000`},
	{"raw messages", &wire.Raw{Partition: 1, Current: 2, Count: 1, Messages: []byte("m")}, `01000000 0200000000000000 01000000 'm'`},
}

func TestLayoutsOfReplies(t *testing.T) {
	for _, test := range replies {
		t.Run(test.name, func(t *testing.T) {
			body := unhex(t, test.body)
			frame, err := v08.AppendReply([]byte("before"), test.reply)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(hex.Dump(body), hex.Dump(frame[6+8:])); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			status, size := v08.Codec{}.ReplyHeader(frame[6:14])
			if status != wire.OK || size != len(body) {
				t.Errorf("header: %v, %d bytes", status, size)
			}
			back := like(test.reply)
			if err := (v08.Codec{}).DecodeReply(body, back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.reply, back); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
		})
	}
}

// like returns an empty reply of the same type.
func like(r wire.Reply) wire.Reply {
	return reflect.New(reflect.TypeOf(r).Elem()).Interface().(wire.Reply)
}

func TestCutRepliesAreRefused(t *testing.T) {
	for _, test := range replies {
		body := unhex(t, test.body)
		for n := 1; n < len(body); n++ {
			back := like(test.reply)
			if err := (v08.Codec{}).DecodeReply(body[:n], back); err != nil {
				continue
			}
			again, err := v08.AppendReply(nil, back) // a list may end between two elements
			if err != nil || string(again[8:]) != string(body[:n]) {
				t.Errorf("%s: %d of %d bytes became %+v", test.name, n, len(body), back)
			}
		}
	}
}

func TestEmptyReplies(t *testing.T) {
	for _, r := range []wire.Reply{&wire.Stream{}, &wire.Topic{}, &wire.Group{}, &wire.StoredOffset{}, &wire.Client{}, &wire.User{}, &wire.Identity{}, &wire.Stats{}} {
		if err := (v08.Codec{}).DecodeReply(nil, r); !errors.Is(err, wire.ErrAbsent) {
			t.Errorf("%T: %v", r, err)
		}
	}
	batch := &wire.Batch{Partition: 1, Current: 2, Messages: one("x")}
	for _, r := range []wire.Reply{&wire.Streams{{ID: 1}}, &wire.Topics{{ID: 1}}, &wire.Groups{{ID: 1}}, &wire.Clients{{ID: 1}}, &wire.Users{{ID: 1}}, &wire.Tokens{{Name: "x"}}, &wire.Raw{Count: 1}} {
		if err := (v08.Codec{}).DecodeReply(nil, r); err != nil || !reflect.ValueOf(r).Elem().IsZero() {
			t.Errorf("%T: %v, %+v", r, err, r)
		}
	}
	if err := (v08.Codec{}).DecodeReply(nil, batch); err != nil || batch.Len() != 0 || batch.Partition != 0 || batch.Current != 0 {
		t.Errorf("batch: %v, %+v", err, batch)
	}
	frame, err := v08.AppendReply(nil, nil)
	if want := unhex(t, `00000000 00000000`); err != nil || string(frame) != string(want) {
		t.Errorf("an answer without a body: % x, %v", frame, err)
	}
}

func TestLayoutOfAnError(t *testing.T) {
	if got, want := v08.AppendError(nil, wire.TopicIDNotFound), unhex(t, `da070000 00000000`); string(got) != string(want) {
		t.Errorf("% x, want % x", got, want)
	}
}

func TestPolledMessagesAreViewsOfTheReply(t *testing.T) {
	messages := unhex(t, encodedMessages)
	frame, err := v08.AppendReply(nil, &wire.Raw{Partition: 5, Current: 9, Count: 2, Messages: messages})
	if err != nil {
		t.Fatal(err)
	}
	body := frame[8:]
	var b wire.Batch
	if err := (v08.Codec{}).DecodeReply(body, &b); err != nil {
		t.Fatal(err)
	}
	if b.Partition != 5 || b.Current != 9 {
		t.Errorf("partition %d, current %d", b.Partition, b.Current)
	}
	checkMessages(t, &b.Messages)
	if &b.Payload(0)[0] != &body[16+64] {
		t.Error("the payload was copied")
	}
	if allocs := testing.AllocsPerRun(10, func() {
		if err := (v08.Codec{}).DecodeReply(body, &b); err != nil {
			t.Fatal(err)
		}
	}); allocs > 0 {
		t.Errorf("decoding into a used batch allocates %v times", allocs)
	}
}

func TestPollRepliesThatAreRefused(t *testing.T) {
	head := unhex(t, `05000000 0900000000000000 02000000`)
	messages := unhex(t, encodedMessages)
	for _, test := range []struct {
		name string
		body []byte
	}{
		{"a message less", append(head, messages[:82]...)},
		{"a cut payload", append(head, messages[:len(messages)-1]...)},
		{"a byte too many", append(head, append(messages, 0)...)},
		{"a count alone", unhex(t, `05000000 0900000000000000 ffffffff`)},
	} {
		if err := (v08.Codec{}).DecodeReply(test.body, &wire.Batch{}); err == nil {
			t.Errorf("%s is taken", test.name)
		}
	}
}

func TestBatchesAreOnlyRead(t *testing.T) {
	if _, err := v08.AppendReply(nil, &wire.Batch{}); err == nil {
		t.Error("a batch of views was encoded")
	}
}
