package iggy_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

// cases are what the client does with any server of protocol 0.8, each in a stream of its own.
var cases = map[string]func(t *testing.T, s site){
	"messages":                  testMessages,
	"offsets":                   testOffsets,
	"members share":             testMembersShare,
	"a partition moves":         testPartitionMoves,
	"a member leaves":           testMemberLeaves,
	"missing stream and topic":  testMissing,
	"many calls on one session": testManyCalls,
}

// site is a server and a stream that nobody else uses.
type site struct {
	config iggy.Config
	stream wire.Identifier
}

func TestAgainstTheBroker(t *testing.T) {
	runCases(t, brokerConfig(iggytest.Start(t, iggytest.Options{})))
}

func TestAgainstTheBrokerWithTLS(t *testing.T) {
	authority := iggytest.NewAuthority(t)
	c := brokerConfig(iggytest.Start(t, iggytest.Options{TLS: authority.Server("broker.test")}))
	c.TLS = &iggy.TLS{CAFile: authority.File, ServerName: "broker.test"}
	runCases(t, c)
}

// TestAgainstAServer runs the same cases against the server at IGGY_ADDRESS.
func TestAgainstAServer(t *testing.T) {
	address := os.Getenv("IGGY_ADDRESS")
	if address == "" {
		t.Skip("IGGY_ADDRESS is not set: there is no server to talk to")
	}
	c := iggy.Config{
		Addresses:   []string{address},
		Credentials: iggy.Credentials{Username: os.Getenv("IGGY_USERNAME"), Password: dsl.NewSecret(os.Getenv("IGGY_PASSWORD"))},
	}
	if ca := os.Getenv("IGGY_TLS_CA_FILE"); ca != "" {
		c.TLS = &iggy.TLS{CAFile: ca, ServerName: os.Getenv("IGGY_TLS_SERVER_NAME")}
	}
	runCases(t, c)
}

func runCases(suite *testing.T, c iggy.Config) {
	for name, run := range cases {
		suite.Run(name, func(t *testing.T) {
			stream := fmt.Sprintf("iggy-flow-%d", time.Now().UnixNano())
			owner := dial(t, c)
			if err := owner.Do(within(t), &wire.NewStream{Name: stream}, nil); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { // before its client closes, and when the context of t is done
				if err := owner.Do(within(suite), &wire.OnStream{Do: wire.DeleteStream, Stream: wire.Name(stream)}, nil); err != nil {
					t.Errorf("delete the stream: %v", err)
				}
			})
			run(t, site{config: c, stream: wire.Name(stream)})
		})
	}
}

func brokerConfig(b *iggytest.Broker) iggy.Config {
	return (&fake{address: b.Address()}).configAs(iggytest.Username, iggytest.Password)
}

func (f *fake) configAs(username, password string) iggy.Config {
	c := f.config()
	c.Credentials = iggy.Credentials{Username: username, Password: dsl.NewSecret(password)}
	return c
}

// topic makes the topic clicks.
func (s site) topic(t *testing.T, c *iggy.Client, partitions uint32) {
	t.Helper()
	settings := wire.TopicSettings{Compression: 1, Expiry: wire.Never, Replication: 1}
	got, err := c.EnsureTopic(within(t), &wire.NewTopic{Stream: s.stream, Name: clicks.Name, Partitions: partitions, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != clicks.Name || len(got.Partitions) != int(partitions) {
		t.Fatalf("topic %+v", got)
	}
}

// fill sends n messages to each partition.
func (s site) fill(t *testing.T, c *iggy.Client, partitions uint32, n int) {
	t.Helper()
	for p := range partitions {
		var payloads []string
		for i := range n {
			payloads = append(payloads, fmt.Sprintf("%d/%d", p, i))
		}
		if err := c.Send(within(t), &wire.Send{Stream: s.stream, Topic: clicks, Partitioning: wire.ToPartition(p), Messages: batchOf(payloads...)}); err != nil {
			t.Fatal(err)
		}
	}
}

func (s site) poll(from wire.Strategy, count uint32) *wire.Poll {
	r := poll(0)
	r.Stream, r.Strategy, r.Count = s.stream, from, count
	return r
}

func testMessages(t *testing.T, s site) {
	c := dial(t, s.config)
	s.topic(t, c, 1)
	headers, err := wire.AppendHeader(nil, wire.Header{KeyKind: wire.HeaderString, Key: []byte("k"), ValueKind: wire.HeaderInt64, Value: []byte{1, 0, 0, 0, 0, 0, 0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	m := batchOf("first", "second", "third")
	m.ID = []wire.MessageID{{1}, {2}, {3}}
	m.Origin = []wire.Micros{11, 12, 13}
	m.HeaderData, m.HeaderStart, m.HeaderEnd = headers, []int32{0, 0, 0}, []int32{0, int32(len(headers)), 0}
	if err := c.Send(within(t), &wire.Send{Stream: s.stream, Topic: clicks, Partitioning: wire.ByKey([]byte("key")), Messages: m}); err != nil {
		t.Fatal(err)
	}
	var b iggy.Batch
	for _, test := range []struct {
		from  wire.Strategy
		count uint32
		want  []string
	}{
		{wire.FromOffset(0), 10, []string{"first", "second", "third"}},
		{wire.FromOffset(1), 1, []string{"second"}},
		{wire.FromOffset(3), 10, nil},
		{wire.Strategy{Kind: wire.First}, 2, []string{"first", "second"}},
		{wire.Strategy{Kind: wire.Last}, 2, []string{"second", "third"}},
		{wire.Strategy{Kind: wire.Next}, 10, []string{"first", "second", "third"}},
		{wire.FromTimestamp(0), 1, []string{"first"}},
		{wire.FromOffset(0), 0, nil},
	} {
		if err := c.Poll(within(t), s.poll(test.from, test.count), &b); err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range b.Len() {
			got = append(got, string(b.Payload(i)))
		}
		if diff := cmp.Diff(test.want, got); diff != "" || b.Current != 2 {
			t.Errorf("%v, %d: current %d (-want +got):\n%s", test.from, test.count, b.Current, diff)
		}
	}
	if err := c.Poll(within(t), s.poll(wire.FromOffset(0), 10), &b); err != nil || b.Len() != 3 {
		t.Fatalf("%v, %d messages", err, b.Len())
	}
	for i := range b.Len() {
		if b.Offset[i] != uint64(i) || b.ID[i] != m.ID[i] || b.Origin[i] != m.Origin[i] || b.Timestamp[i] == 0 || b.Checksum[i] == 0 {
			t.Errorf("message %d: offset %d, id %v, origin %d, timestamp %d, checksum %x", i, b.Offset[i], b.ID[i], b.Origin[i], b.Timestamp[i], b.Checksum[i])
		}
	}
	if !bytes.Equal(b.Headers(1), headers) || len(b.Headers(0)) != 0 {
		t.Errorf("headers % x, then % x", b.Headers(0), b.Headers(1))
	}
}

func testOffsets(t *testing.T, s site) {
	c := dial(t, s.config)
	s.topic(t, c, 1)
	s.fill(t, c, 1, 5)
	who := poll(0).Consumer
	if stored, found, err := c.Offset(within(t), who, s.stream, clicks, 0); err != nil || found {
		t.Errorf("before: %+v, %v, %v", stored, found, err)
	}
	for _, offset := range []uint64{3, 1} { // a lower one is a rewind
		if err := c.StoreOffset(within(t), who, s.stream, clicks, 0, offset); err != nil {
			t.Fatal(err)
		}
		want := wire.StoredOffset{Current: 4, Stored: offset}
		if stored, found, err := c.Offset(within(t), who, s.stream, clicks, 0); err != nil || !found || stored != want {
			t.Errorf("%+v, %v, %v; want %+v", stored, found, err, want)
		}
	}
	if err := c.StoreOffset(within(t), who, s.stream, clicks, 0, 5); iggy.StatusOf(err) != wire.InvalidOffset {
		t.Errorf("an offset behind the end: %v", err)
	}
}

func testMissing(t *testing.T, s site) {
	c := dial(t, s.config)
	s.topic(t, c, 1)
	nowhere := s.poll(wire.FromOffset(0), 1)
	nowhere.Stream = wire.Name("nowhere-" + s.stream.Name)
	nothing := s.poll(wire.FromOffset(0), 1)
	nothing.Topic = wire.Name("nothing")
	for _, test := range []struct {
		poll  *wire.Poll
		field string
	}{{nowhere, "stream"}, {nothing, "topic"}} {
		err := c.Poll(within(t), test.poll, new(iggy.Batch))
		if e, ok := errors.AsType[*iggy.Error](err); !ok || e.Field != test.field {
			t.Errorf("poll: %v; want the field %s", err, test.field)
		}
		_, err = c.Topic(within(t), test.poll.Stream, test.poll.Topic)
		if e, ok := errors.AsType[*iggy.Error](err); !ok || e.Field != test.field {
			t.Errorf("topic: %v; want the field %s", err, test.field)
		}
	}
}

// partitionsOf lists the partitions of what is owned.
func partitionsOf(owned []iggy.Owned) (out []uint32) {
	for _, o := range owned {
		out = append(out, o.Partition)
	}
	return out
}

// member joins the group with a client of its own.
func (s site) member(t *testing.T) (*iggy.Client, *iggy.Group) {
	t.Helper()
	c := dial(t, s.config)
	g, err := c.Join(within(t), s.stream, clicks, "members", true)
	if err != nil {
		t.Fatal(err)
	}
	return c, g
}

// owns refreshes g and returns what it owns.
func owns(t *testing.T, g *iggy.Group) []uint32 {
	t.Helper()
	change, err := g.Refresh(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return partitionsOf(change.Owned)
}

// share fails unless the members own all of n partitions, each one once.
func share(t *testing.T, n int, owned ...[]uint32) {
	t.Helper()
	all := slices.Sorted(slices.Values(slices.Concat(owned...)))
	if len(all) != n || len(slices.Compact(all)) != n {
		t.Errorf("the members own %v; expected %d partitions", owned, n)
	}
}

func testMembersShare(t *testing.T, s site) {
	c, first := s.member0(t, 4)
	s.fill(t, c, 4, 3)
	share(t, 4, owns(t, first))
	_, second := s.member(t)
	share(t, 4, owns(t, first), owns(t, second)) // nothing was polled: they move at once
	_, third := s.member(t)
	share(t, 4, owns(t, first), owns(t, second), owns(t, third))
	if err := third.Leave(within(t)); err != nil {
		t.Fatal(err)
	}
	share(t, 4, owns(t, first), owns(t, second))
}

// member0 makes the topic and is its first member.
func (s site) member0(t *testing.T, partitions uint32) (*iggy.Client, *iggy.Group) {
	t.Helper()
	s.topic(t, dial(t, s.config), partitions)
	return s.member(t)
}

func testPartitionMoves(t *testing.T, s site) {
	c, old := s.member0(t, 2)
	s.fill(t, c, 2, 3)
	share(t, 2, owns(t, old))
	var b iggy.Batch
	for p := range uint32(2) {
		if err := old.Poll(within(t), p, 0, 2, &b); err != nil || b.Len() != 2 {
			t.Fatalf("%v, %d messages", err, b.Len())
		}
	}
	_, fresh := s.member(t)
	change, err := old.Refresh(within(t))
	if err != nil || len(change.Lost) != 1 || len(change.Owned) != 1 || change.Anew {
		t.Fatalf("%+v, %v; expected to give one partition away", change, err)
	}
	moving := change.Lost[0]
	// What was polled is not yet committed: the old member still polls and commits it.
	if err := old.Poll(within(t), moving, 1, 1, &b); err != nil || b.Len() != 1 || b.Offset[0] != 1 {
		t.Fatalf("%v, %d messages", err, b.Len())
	}
	if err := old.StoreOffset(within(t), moving, 1); err != nil {
		t.Fatal(err)
	}
	if got := owns(t, fresh); !slices.Equal(got, []uint32{moving}) {
		t.Fatalf("the new member owns %v; expected %d", got, moving)
	}
	if stored, found, err := fresh.Offset(within(t), moving); err != nil || !found || stored.Stored != 1 {
		t.Errorf("the new member finds %+v, %v, %v", stored, found, err)
	}
	if err := fresh.Poll(within(t), moving, 2, 10, &b); err != nil || b.Len() != 1 || string(b.Payload(0)) != fmt.Sprintf("%d/2", moving) {
		t.Errorf("%v, %d messages", err, b.Len())
	}
	if err := old.StoreOffset(within(t), moving, 0); !errors.Is(err, iggy.ErrNotOwned) {
		t.Errorf("the old member stores an offset: %v", err)
	}
	if err := old.Poll(within(t), moving, 2, 10, &b); !errors.Is(err, iggy.ErrNotOwned) {
		t.Errorf("the old member polls %d messages: %v", b.Len(), err)
	}
}

func testMemberLeaves(t *testing.T, s site) {
	c, stays := s.member0(t, 3)
	s.fill(t, c, 3, 2)
	leaver, leaves := s.member(t)
	share(t, 3, owns(t, stays), owns(t, leaves))
	leaver.Close()
	ctx := within(t)
	for got := owns(t, stays); len(got) < 3; got = owns(t, stays) { // the server learns of it in its own time
		if ctx.Err() != nil {
			t.Fatalf("only %v came back", got)
		}
	}
}

func testManyCalls(t *testing.T, s site) {
	c := dial(t, s.config)
	s.topic(t, c, 1)
	const senders, each = 8, 25
	g, ctx := errgroup.WithContext(within(t))
	for range senders {
		g.Go(func() error {
			for range each {
				if err := c.Send(ctx, &wire.Send{Stream: s.stream, Topic: clicks, Partitioning: wire.Balanced(), Messages: batchOf("x")}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	var b iggy.Batch
	if err := c.Poll(within(t), s.poll(wire.FromOffset(0), 1000), &b); err != nil || b.Len() != senders*each || c.Session() != 1 {
		t.Errorf("%d messages in session %d, %v", b.Len(), c.Session(), err)
	}
}
