package v08_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

var (
	orders = wire.Name("orders")
	three  = wire.ID(3)
)

// layouts are the frames of every request but SendMessages: length, command, body.
var layouts = []struct {
	name    string
	request wire.Request
	frame   string
}{
	{"ping", wire.Bare(wire.Ping), `04000000 01000000`},
	{"get stats", wire.Bare(wire.GetStats), `04000000 0a000000`},
	{"get cluster", wire.Bare(wire.GetCluster), `04000000 0c000000`},
	{"get me", wire.Bare(wire.GetMe), `04000000 14000000`},
	{"get client", &wire.OnClient{ID: 7}, `08000000 15000000 07000000`},
	{"get clients", wire.Bare(wire.GetClients), `04000000 16000000`},
	{"get user", &wire.OnUser{Do: wire.GetUser, User: wire.Name("ann")}, `09000000 1f000000 02 03 'ann'`},
	{"get users", wire.Bare(wire.GetUsers), `04000000 20000000`},
	{"create user", &wire.NewUser{Username: "ann", Password: "secret", Status: wire.UserActive}, `
		11000000 21000000
		03 'ann' 06 'secret' 01 ; active
		00                      ; no permissions`},
	{"create user with permissions", &wire.NewUser{Username: "ann", Password: "secret", Status: wire.UserDisabled, Permissions: []byte{1, 2, 3}}, `
		18000000 21000000
		03 'ann' 06 'secret' 02
		01 03000000 010203`},
	{"delete user", &wire.OnUser{Do: wire.DeleteUser, User: wire.ID(9)}, `0a000000 22000000 01 04 09000000`},
	{"update user", &wire.ChangedUser{User: wire.ID(9), Username: "bob", Status: wire.UserDisabled}, `
		11000000 23000000
		01 04 09000000
		01 03 'bob' ; a name
		01 02       ; a status`},
	{"update nothing of a user", &wire.ChangedUser{User: wire.ID(9)}, `0c000000 23000000 01 04 09000000 00 00`},
	{"update permissions", &wire.ChangedPermissions{User: wire.ID(9), Permissions: []byte{5}}, `10000000 24000000 01 04 09000000 01 01000000 05`},
	{"drop permissions", &wire.ChangedPermissions{User: wire.ID(9)}, `0b000000 24000000 01 04 09000000 00`},
	{"change password", &wire.ChangedPassword{User: wire.ID(9), Old: "a", New: "bc"}, `0f000000 25000000 01 04 09000000 01 'a' 02 'bc'`},
	{"login", &wire.Login{Username: "iggy", Password: "pass", Version: "0.8.0", Context: "x"}, `
		1c000000 26000000
		04 'iggy' 04 'pass'
		05000000 '0.8.0'
		01000000 'x'`},
	{"logout", wire.Bare(wire.Logout), `04000000 27000000`},
	{"get tokens", wire.Bare(wire.GetTokens), `04000000 29000000`},
	{"create token", &wire.NewToken{Name: "ci", Expiry: 0x0102030405060708}, `0f000000 2a000000 02 'ci' 0807060504030201`},
	{"delete token", &wire.OldToken{Name: "ci"}, `07000000 2b000000 02 'ci'`},
	{"login with a token", &wire.TokenLogin{Token: "abc"}, `08000000 2c000000 03 'abc'`},
	{"poll", &wire.Poll{
		Consumer: wire.Consumer{Kind: wire.SingleConsumer, ID: wire.ID(42)}, Stream: orders, Topic: three,
		Partition: wire.OfPartition(123), Strategy: wire.Strategy{Kind: wire.First}, Count: 100, AutoCommit: true,
	}, `
		2c000000 64000000
		01 01 04 2a000000       ; single consumer 42
		02 06 'orders'
		01 04 03000000
		01 7b000000             ; partition 123
		03 0000000000000000     ; first
		64000000                ; count
		01                      ; auto commit`},
	{"poll of a group", &wire.Poll{
		Consumer: wire.Consumer{Kind: wire.GroupConsumer, ID: wire.Name("g")}, Stream: three, Topic: three,
		Strategy: wire.FromOffset(0x1122334455667788), Count: 1,
	}, `
		27000000 64000000
		02 02 01 'g'
		01 04 03000000
		01 04 03000000
		00 00000000             ; the server chooses
		01 8877665544332211     ; by offset
		01000000
		00`},
	{"flush", &wire.FlushPartition{Stream: three, Topic: orders, Partition: 2, Sync: true}, `
		17000000 66000000
		01 04 03000000
		02 06 'orders'
		02000000 01`},
	{"get offset", &wire.OnOffset{Do: wire.GetOffset, Consumer: wire.Consumer{Kind: wire.GroupConsumer, ID: wire.Name("g")}, Stream: three, Topic: three, Partition: wire.OfPartition(1)}, `
		19000000 78000000
		02 02 01 'g'
		01 04 03000000 01 04 03000000
		01 01000000`},
	{"store offset", &wire.OnOffset{Do: wire.StoreOffset, Consumer: wire.Consumer{Kind: wire.GroupConsumer, ID: wire.Name("g")}, Stream: three, Topic: three, Partition: wire.OfPartition(1), Offset: 513}, `
		21000000 79000000
		02 02 01 'g'
		01 04 03000000 01 04 03000000
		01 01000000
		0102000000000000`},
	{"delete offset", &wire.OnOffset{Do: wire.DeleteOffset, Consumer: wire.Consumer{Kind: wire.SingleConsumer, ID: wire.Name("g")}, Stream: three, Topic: three}, `
		19000000 7a000000
		01 02 01 'g'
		01 04 03000000 01 04 03000000
		00 00000000`},
	{"get stream", &wire.OnStream{Do: wire.GetStream, Stream: orders}, `0c000000 c8000000 02 06 'orders'`},
	{"get streams", wire.Bare(wire.GetStreams), `04000000 c9000000`},
	{"create stream", &wire.NewStream{Name: "orders"}, `0b000000 ca000000 06 'orders'`},
	{"delete stream", &wire.OnStream{Do: wire.DeleteStream, Stream: three}, `0a000000 cb000000 01 04 03000000`},
	{"update stream", &wire.ChangedStream{Stream: three, Name: "new"}, `0e000000 cc000000 01 04 03000000 03 'new'`},
	{"purge stream", &wire.OnStream{Do: wire.PurgeStream, Stream: three}, `0a000000 cd000000 01 04 03000000`},
	{"get topic", &wire.OnTopic{Do: wire.GetTopic, Stream: three, Topic: orders}, `12000000 2c010000 01 04 03000000 02 06 'orders'`},
	{"get topics", &wire.OnStream{Do: wire.GetTopics, Stream: three}, `0a000000 2d010000 01 04 03000000`},
	{"create topic", &wire.NewTopic{Stream: three, Partitions: 8, Name: "t", Settings: wire.TopicSettings{Compression: 1, Expiry: wire.Never, MaxSize: 1 << 30, Replication: 1}}, `
		22000000 2e010000
		01 04 03000000
		08000000            ; partitions
		01                  ; no compression
		ffffffffffffffff    ; never
		0000004000000000    ; 1 GiB
		01                  ; replicas
		01 't'`},
	{"delete topic", &wire.OnTopic{Do: wire.DeleteTopic, Stream: three, Topic: three}, `10000000 2f010000 01 04 03000000 01 04 03000000`},
	{"update topic", &wire.ChangedTopic{Stream: three, Topic: three, Name: "t", Settings: wire.TopicSettings{Compression: 2, Expiry: 5, MaxSize: 6, Replication: 1}}, `
		24000000 30010000
		01 04 03000000 01 04 03000000
		02 0500000000000000 0600000000000000 01
		01 't'`},
	{"purge topic", &wire.OnTopic{Do: wire.PurgeTopic, Stream: three, Topic: three}, `10000000 31010000 01 04 03000000 01 04 03000000`},
	{"create partitions", &wire.SomePartitions{Do: wire.CreatePartitions, Stream: three, Topic: three, Count: 2}, `14000000 92010000 01 04 03000000 01 04 03000000 02000000`},
	{"delete partitions", &wire.SomePartitions{Do: wire.DeletePartitions, Stream: three, Topic: three, Count: 2}, `14000000 93010000 01 04 03000000 01 04 03000000 02000000`},
	{"delete segments", &wire.SomeSegments{Stream: three, Topic: three, Partition: 1, Count: 2}, `18000000 f7010000 01 04 03000000 01 04 03000000 01000000 02000000`},
	{"get group", &wire.OnGroup{Do: wire.GetGroup, Stream: three, Topic: three, Group: wire.Name("g")}, `13000000 58020000 01 04 03000000 01 04 03000000 02 01 'g'`},
	{"get groups", &wire.OnTopic{Do: wire.GetGroups, Stream: three, Topic: three}, `10000000 59020000 01 04 03000000 01 04 03000000`},
	{"create group", &wire.NewGroup{Stream: three, Topic: three, Name: "g"}, `12000000 5a020000 01 04 03000000 01 04 03000000 01 'g'`},
	{"delete group", &wire.OnGroup{Do: wire.DeleteGroup, Stream: three, Topic: three, Group: wire.ID(1)}, `16000000 5b020000 01 04 03000000 01 04 03000000 01 04 01000000`},
	{"join group", &wire.OnGroup{Do: wire.JoinGroup, Stream: three, Topic: three, Group: wire.ID(1)}, `16000000 5c020000 01 04 03000000 01 04 03000000 01 04 01000000`},
	{"leave group", &wire.OnGroup{Do: wire.LeaveGroup, Stream: three, Topic: three, Group: wire.ID(1)}, `16000000 5d020000 01 04 03000000 01 04 03000000 01 04 01000000`},
}

func TestLayoutsOfRequests(t *testing.T) {
	for _, test := range layouts {
		t.Run(test.name, func(t *testing.T) {
			want := unhex(t, test.frame)
			got, err := v08.Codec{}.AppendRequest([]byte("before"), test.request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(hex.Dump(append([]byte("before"), want...)), hex.Dump(got)); diff != "" {
				t.Errorf("frame (-want +got):\n%s", diff)
			}
			do, size, err := v08.RequestHeader(want)
			if err != nil || do != test.request.Command() || size != len(want)-8 {
				t.Errorf("header: command %d, %d bytes, %v", do, size, err)
			}
			back, err := v08.DecodeRequest(do, want[8:])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.request, back); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryPrefixOfARequestIsRefused(t *testing.T) {
	for _, test := range layouts {
		frame := unhex(t, test.frame)
		for n := range len(frame) - 8 {
			if _, err := v08.DecodeRequest(test.request.Command(), frame[8:8+n]); statusOf(err) == wire.OK {
				t.Errorf("%s: %d of %d bytes are taken, or refused without a status: %v", test.name, n, len(frame)-8, err)
			}
		}
		if _, err := v08.DecodeRequest(test.request.Command(), append(frame[8:], 7)); statusOf(err) != wire.InvalidCommand {
			t.Errorf("%s: a byte behind the end: %v", test.name, err)
		}
	}
}

func TestTheSDKSendsOneByteTooManyToUpdateAUser(t *testing.T) {
	body := unhex(t, `01 04 09000000 01 03 'bob' 01 02 00`)
	got, err := v08.DecodeRequest(wire.UpdateUser, body)
	if err != nil {
		t.Fatal(err)
	}
	want := &wire.ChangedUser{User: wire.ID(9), Username: "bob", Status: wire.UserDisabled}
	if diff := cmp.Diff(wire.Request(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRequestsThatHaveNoLayout(t *testing.T) {
	long := strings.Repeat("n", 256)
	for _, test := range []struct {
		request wire.Request
		want    wire.Status
	}{
		{&wire.NewStream{}, wire.InvalidStreamName},
		{&wire.NewStream{Name: long}, wire.InvalidStreamName},
		{&wire.NewTopic{Name: long}, wire.InvalidTopicName},
		{&wire.NewGroup{Name: long}, wire.InvalidGroupName},
		{&wire.OnStream{Do: wire.GetStream, Stream: wire.Name(long)}, wire.InvalidIdentifier},
		{&wire.Login{Password: "x"}, wire.InvalidUsername},
		{&wire.Login{Username: "x"}, wire.InvalidPassword},
		{&wire.TokenLogin{}, wire.InvalidToken},
		{&wire.Poll{Consumer: wire.Consumer{Kind: 3}}, wire.InvalidCommand},
		{&wire.Poll{Consumer: wire.Consumer{Kind: 1}}, wire.InvalidCommand},
		{&wire.NewUser{Username: "a", Password: "b"}, wire.InvalidUserStatus},
		{&wire.Send{}, wire.InvalidMessagesCount},
		{&wire.Send{Partitioning: wire.ByKey(nil), Messages: one("x")}, wire.InvalidKeyLength},
		{&wire.Send{Partitioning: wire.ByKey([]byte(long)), Messages: one("x")}, wire.InvalidKeyLength},
		{&wire.Send{Messages: one("x")}, wire.InvalidCommand},
		{&wire.Send{Partitioning: wire.Balanced(), Messages: one("")}, wire.InvalidPayloadLength},
		{&wire.Send{Partitioning: wire.Balanced(), Messages: one(strings.Repeat("x", wire.MaxPayload+1))}, wire.TooBigPayload},
	} {
		before := []byte("before")
		got, err := v08.Codec{}.AppendRequest(before, test.request)
		if statusOf(err) != test.want || string(got) != "before" {
			t.Errorf("%T: %v, %d bytes; want %v", test.request, err, len(got), test.want)
		}
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		do   wire.Command
		body string
		want wire.Status
	}{
		{99, ``, wire.InvalidCommand},
		{wire.GetStream, `01 03 000000`, wire.InvalidIdentifier},
		{wire.GetStream, `02 00`, wire.InvalidIdentifier},
		{wire.GetStream, `03 01 00`, wire.InvalidIdentifier},
		{wire.CreateStream, `00`, wire.InvalidStreamName},
		{wire.CreateUser, `01 'a' 01 'b' 03 00`, wire.InvalidUserStatus},
		{wire.CreateUser, `01 'a' 01 'b' 01 02`, wire.InvalidCommand},
		{wire.LoginUser, `01 'a' 01 'b' ffffffff`, wire.InvalidCommand},
		{wire.PollMessages, `03 01 04 00000000`, wire.InvalidCommand},
	} {
		if _, err := v08.DecodeRequest(test.do, unhex(t, test.body)); statusOf(err) != test.want {
			t.Errorf("%d %s: %v, want %v", test.do, test.body, err, test.want)
		}
	}
}

func TestLengthsThatAreRefused(t *testing.T) {
	for _, header := range []string{`03000000 01000000`, `05000001 01000000`, `ffffffff 65000000`} {
		if _, _, err := v08.RequestHeader(unhex(t, header)); statusOf(err) != wire.InvalidCommand {
			t.Errorf("%s: %v", header, err)
		}
	}
	if _, size, err := v08.RequestHeader(unhex(t, `04000001 65000000`)); err != nil || size != 1<<24 {
		t.Errorf("16 MiB of messages: %d bytes, %v", size, err)
	}
}

// statusOf is the status that err wraps, or OK.
func statusOf(err error) wire.Status {
	s, _ := errors.AsType[wire.Status](err)
	return s
}
