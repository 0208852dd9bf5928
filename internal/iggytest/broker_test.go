package iggytest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

// rig is a broker with the stream "s" and its topic "t", and a connection to it.
type rig struct {
	*iggytest.Broker
	session
	t testing.TB
}

var streamS, topicT = wire.Name("s"), wire.Name("t")

func newRig(t testing.TB, o iggytest.Options, partitions uint32, settings wire.TopicSettings) *rig {
	t.Helper()
	r := &rig{Broker: iggytest.Start(t, o), t: t}
	r.connect()
	must[wire.Stream](r.session, &wire.NewStream{Name: "s"})
	settings.Compression = 1
	must[wire.Topic](r.session, &wire.NewTopic{Stream: streamS, Partitions: partitions, Settings: settings, Name: "t"})
	return r
}

// connect replaces the connection by a new one.
func (r *rig) connect() {
	r.t.Helper()
	r.session = session{r.t, newCodecPeer(r.t, brokerServer(r.Broker))}
	r.login(iggytest.Username, iggytest.Password)
}

func (r *rig) restart(keepTail bool) {
	r.t.Helper()
	r.Restart(keepTail)
	r.connect()
}

func (r *rig) send(partition uint32, payloads ...string) {
	r.t.Helper()
	r.run(sendTo(streamS, topicT, partition, payloads...))
}

func (r *rig) read(partition uint32) []string {
	r.t.Helper()
	return payloads(batch(r.session, poll(streamS, topicT, partition, wire.Strategy{Kind: wire.First}, 10_000)))
}

func (r *rig) want(partition uint32, want ...string) {
	r.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), r.read(partition)); diff != "" {
		r.t.Errorf("partition %d (-want +got):\n%s", partition, diff)
	}
}

func TestRestartKeepsEverything(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 2, wire.TopicSettings{})
	must[wire.Group](r.session, &wire.NewGroup{Stream: streamS, Topic: topicT, Name: "g"})
	token := must[wire.RawToken](r.session, &wire.NewToken{Name: "token"}).Token
	r.send(0, "a", "b")
	r.send(1, "c")
	consumer := wire.Consumer{Kind: wire.SingleConsumer, ID: wire.Name("me")}
	stored := &wire.OnOffset{Do: wire.StoreOffset, Consumer: consumer, Stream: streamS, Topic: topicT, Offset: 1}
	r.run(stored)
	before := must[wire.Topic](r.session, &wire.OnTopic{Do: wire.GetTopic, Stream: streamS, Topic: topicT})

	r.restart(true)
	if diff := cmp.Diff(before, must[wire.Topic](r.session, &wire.OnTopic{Do: wire.GetTopic, Stream: streamS, Topic: topicT})); diff != "" {
		t.Errorf("the topic (-before +after):\n%s", diff)
	}
	stored.Do = wire.GetOffset
	if o := must[wire.StoredOffset](r.session, stored); o.Stored != 1 {
		t.Errorf("the stored offset is %d", o.Stored)
	}
	if g := must[wire.Groups](r.session, &wire.OnTopic{Do: wire.GetGroups, Stream: streamS, Topic: topicT}); len(g) != 1 || g[0].Name != "g" {
		t.Errorf("the groups are %+v", g)
	}
	must[wire.Identity](r.session, &wire.TokenLogin{Token: token})
	r.send(0, "after")
	r.want(0, "a", "b", "after")
	r.want(1, "c")
}

// TestRestartWithoutTailGivesOffsetsAgain: a server that writes behind loses what it confirmed and had not saved.
func TestRestartWithoutTailGivesOffsetsAgain(t *testing.T) {
	r := newRig(t, iggytest.Options{SaveMessages: 3}, 2, wire.TopicSettings{})
	r.send(0, "a", "b", "c") // saved
	r.send(0, "d", "e")      // not
	r.send(1, "x")           // nor that
	r.run(&wire.FlushPartition{Stream: streamS, Topic: topicT, Partition: 1, Sync: true})
	consumer := wire.Consumer{Kind: wire.SingleConsumer, ID: wire.ID(1)}
	r.run(&wire.OnOffset{Do: wire.StoreOffset, Consumer: consumer, Stream: streamS, Topic: topicT, Offset: 4})

	r.restart(false)
	r.want(0, "a", "b", "c")
	r.want(1, "x")
	o := must[wire.StoredOffset](r.session, &wire.OnOffset{Do: wire.GetOffset, Consumer: consumer, Stream: streamS, Topic: topicT})
	if want := (wire.StoredOffset{Current: 2, Stored: 4}); o != want {
		t.Errorf("the offset is %+v, want %+v: stored offsets survive what they point at", o, want)
	}
	r.send(0, "D")
	b := batch(r.session, poll(streamS, topicT, 0, wire.FromOffset(3), 10))
	if diff := cmp.Diff([]string{"D"}, payloads(b)); diff != "" || b.Offset[0] != 3 {
		t.Errorf("offset 3 is given out again: offsets %v (-want +got):\n%s", b.Offset, diff)
	}
}

func TestLoseTailTakesAsManyAsAsked(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 2, wire.TopicSettings{})
	r.send(0, "a", "b", "c")
	r.send(1, "x")
	r.run(&wire.FlushPartition{Stream: streamS, Topic: topicT, Partition: 0})
	r.run(&wire.FlushPartition{Stream: streamS, Topic: topicT, Partition: 1})
	r.LoseTail("s", "t", 0, 2)
	r.restart(false)
	r.want(0, "a")
	r.want(1, "x")
}

func TestRecreatedTopicIsEmptyAndNew(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 2, wire.TopicSettings{})
	must[wire.Group](r.session, &wire.NewGroup{Stream: streamS, Topic: topicT, Name: "g"})
	r.send(0, "old")
	before := must[wire.Topic](r.session, &wire.OnTopic{Do: wire.GetTopic, Stream: streamS, Topic: topicT})
	r.Advance(time.Minute)
	r.RecreateTopic("s", "t")
	after := must[wire.Topic](r.session, &wire.OnTopic{Do: wire.GetTopic, Stream: streamS, Topic: topicT})
	if after.ID != before.ID || after.Settings != before.Settings || after.PartitionCount != 2 || after.Created <= before.Created {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if g := must[wire.Groups](r.session, &wire.OnTopic{Do: wire.GetGroups, Stream: streamS, Topic: topicT}); len(g) != 0 {
		t.Errorf("the groups are %+v", g)
	}
	r.want(0)
	r.restart(true)
	r.want(0)
}

func TestPurge(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 1, wire.TopicSettings{})
	for _, purge := range []wire.Request{
		&wire.OnTopic{Do: wire.PurgeTopic, Stream: streamS, Topic: topicT}, &wire.OnStream{Do: wire.PurgeStream, Stream: streamS},
	} {
		r.send(0, "a")
		consumer := wire.Consumer{Kind: wire.SingleConsumer, ID: wire.ID(1)}
		r.run(&wire.OnOffset{Do: wire.StoreOffset, Consumer: consumer, Stream: streamS, Topic: topicT})
		r.run(purge)
		r.want(0)
		r.refused(&wire.OnOffset{Do: wire.GetOffset, Consumer: consumer, Stream: streamS, Topic: topicT}, &wire.StoredOffset{}, wire.ErrAbsent)
	}
}

// small segments hold two of these messages.
const segmentBytes = 3000

func big(name string) string { return name + strings.Repeat(".", 1200) }

func names(payloads []string) (out []string) {
	for _, p := range payloads {
		out = append(out, strings.TrimRight(p, "."))
	}
	return out
}

func TestDeleteSegments(t *testing.T) {
	r := newRig(t, iggytest.Options{SegmentBytes: segmentBytes}, 1, wire.TopicSettings{})
	for i := range 7 {
		r.send(0, big(fmt.Sprint(i)))
	}
	r.run(&wire.SomeSegments{Stream: streamS, Topic: topicT, Count: 2})
	if got := names(r.read(0)); !slices.Equal(got, []string{"4", "5", "6"}) {
		t.Errorf("kept %v, want 4 to 6", got)
	}
	r.run(&wire.SomeSegments{Stream: streamS, Topic: topicT, Count: 9})
	b := batch(r.session, poll(streamS, topicT, 0, wire.FromOffset(1), 10)) // jumps to what is kept
	if !slices.Equal(b.Offset, []uint64{6}) || b.Current != 6 {
		t.Errorf("a poll of offset 1 gives %v, current %d; want 6, the active segment", b.Offset, b.Current)
	}
}

func TestExpiry(t *testing.T) {
	r := newRig(t, iggytest.Options{SegmentBytes: segmentBytes}, 1, wire.TopicSettings{Expiry: 60_000_000})
	r.send(0, big("old"), big("older"))
	r.Advance(40 * time.Second)
	r.send(0, big("young"))
	r.Advance(30 * time.Second)
	if got := names(r.read(0)); !slices.Equal(got, []string{"young"}) {
		t.Errorf("after 70 s of 60 the topic has %v, want young", got)
	}
	r.Advance(time.Hour)
	b := batch(r.session, poll(streamS, topicT, 0, wire.FromOffset(0), 10))
	if b.Len() != 0 || b.Current != 2 {
		t.Errorf("after an hour a poll gives %d messages and current %d; want none and 2", b.Len(), b.Current)
	}
	r.send(0, "new")
	if b := batch(r.session, poll(streamS, topicT, 0, wire.FromOffset(0), 10)); !slices.Equal(b.Offset, []uint64{3}) {
		t.Errorf("then a message gets offset %v, want 3", b.Offset)
	}
}

func TestMaxTopicSize(t *testing.T) {
	r := newRig(t, iggytest.Options{SegmentBytes: segmentBytes}, 2, wire.TopicSettings{MaxSize: 6000})
	for i := range 4 {
		r.send(0, big(fmt.Sprint("a", i)))
		r.Advance(time.Second)
		r.send(1, big(fmt.Sprint("b", i)))
		r.Advance(time.Second)
	}
	a, b := names(r.read(0)), names(r.read(1))
	if !slices.Equal(a, []string{"a2", "a3"}) || !slices.Equal(b, []string{"b2", "b3"}) {
		t.Errorf("kept %v and %v; want the newer half of each", a, b)
	}
	r.refused(&wire.NewTopic{Stream: streamS, Partitions: 1, Settings: wire.TopicSettings{Compression: 1, MaxSize: 100}, Name: "tiny"}, &wire.Topic{}, wire.Status(1019))
}

// TestPendingPartitionMovesAfterTheTimeout: an owner that does not commit keeps a partition for 30 s.
func TestPendingPartitionMovesAfterTheTimeout(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 2, wire.TopicSettings{})
	must[wire.Group](r.session, &wire.NewGroup{Stream: streamS, Topic: topicT, Name: "g"})
	r.send(1, "a")
	first := member{r.session, streamS, topicT}
	r.connect()
	second := member{r.session, streamS, topicT}
	first.run(first.on(wire.JoinGroup))
	batch(first.session, first.poll(wire.OfPartition(1), 10))
	second.run(second.on(wire.JoinGroup))
	r.Advance(29 * time.Second)
	first.run(first.store(1, 0)) // its owner's still, and this commit is all of it
	if got := second.owned(); !slices.Equal(got, []uint32{1}) {
		t.Fatalf("after the commit the second member owns %v", got)
	}
	second.run(second.on(wire.LeaveGroup))

	r.send(1, "b")
	batch(first.session, first.poll(wire.OfPartition(1), 10))
	second.run(second.on(wire.JoinGroup))
	r.Advance(31 * time.Second)
	if got := second.owned(); !slices.Equal(got, []uint32{1}) {
		t.Errorf("after 31 s the second member owns %v, want 1", got)
	}
	first.refused(first.store(1, 1), nil, wire.NotResolvedConsumer)
}

// TestSilentClientLosesItsGroups: a heartbeat finds the member whose connection lives and who does not.
func TestSilentClientLosesItsGroups(t *testing.T) {
	r := newRig(t, iggytest.Options{Heartbeat: 5 * time.Second}, 2, wire.TopicSettings{})
	must[wire.Group](r.session, &wire.NewGroup{Stream: streamS, Topic: topicT, Name: "g"})
	silent := member{r.session, streamS, topicT}
	r.connect()
	lively := member{r.session, streamS, topicT}
	silent.run(silent.on(wire.JoinGroup))
	lively.run(lively.on(wire.JoinGroup))
	r.Advance(4 * time.Second)
	lively.run(wire.Bare(wire.Ping))
	r.Advance(time.Second)
	if got := lively.owned(); !slices.Equal(got, []uint32{1}) {
		t.Errorf("after 5 s the lively member owns %v, want 1", got)
	}
	r.Advance(2 * time.Second)
	if got := lively.owned(); !slices.Equal(got, []uint32{0, 1}) {
		t.Errorf("after 7 s the lively member owns %v, want both", got)
	}
	silent.refused(silent.poll(wire.Partition{}, 1), &wire.Batch{}, wire.StaleClient)
	if err := silent.do(wire.Bare(wire.Ping), nil); err == nil {
		t.Error("the connection of a stale client answers again")
	}
}

func TestTokenExpires(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 0, wire.TopicSettings{})
	token := must[wire.RawToken](r.session, &wire.NewToken{Name: "short", Expiry: 60_000_000}).Token
	must[wire.Identity](r.session, &wire.TokenLogin{Token: token})
	r.Advance(time.Minute)
	r.refused(&wire.TokenLogin{Token: token}, &wire.Identity{}, wire.TokenExpired)
}

func TestMeIsTheConnection(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 0, wire.TopicSettings{})
	first := must[wire.Client](r.session, wire.Bare(wire.GetMe))
	r.connect()
	second := must[wire.Client](r.session, wire.Bare(wire.GetMe))
	if first.ID == second.ID || second.User != 0 {
		t.Errorf("two connections are %+v and %+v", first, second)
	}
}

func TestSendToTopicWithoutPartitions(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 0, wire.TopicSettings{})
	r.refused(&wire.Send{Stream: streamS, Topic: topicT, Partitioning: wire.Balanced(), Messages: text("a")}, nil, wire.NoPartitions)
}

func TestFsyncTopicKeepsItsTail(t *testing.T) {
	r := newRig(t, iggytest.Options{Fsync: true}, 1, wire.TopicSettings{})
	r.send(0, "a")
	r.restart(false)
	r.want(0, "a")
}
