package iggy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

// faulty is a broker with a topic of one partition, and a client that is connected.
func faulty(t *testing.T, c func(*iggy.Config)) (*iggytest.Broker, *iggy.Client, site) {
	t.Helper()
	b := iggytest.Start(t, iggytest.Options{})
	s := site{config: brokerConfig(b), stream: shop}
	if c != nil {
		c(&s.config)
	}
	client := dial(t, s.config)
	s.topic(t, client, 1)
	return b, client, s
}

// held counts the messages that the broker has.
func held(t *testing.T, c *iggy.Client, s site) int {
	t.Helper()
	var b iggy.Batch
	if err := c.Poll(within(t), s.poll(wire.FromOffset(0), 1000), &b); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// TestSendsThroughFaults: whatever becomes of a connection, a send that succeeds is there once, and one of unknown outcome is
// there at most once.
func TestSendsThroughFaults(t *testing.T) {
	for _, test := range []struct {
		name    string
		fault   iggybroker.Fault
		unknown bool
		held    int
	}{
		{"the request is lost", iggybroker.Fault{Do: iggybroker.DropRequest}, true, 0},
		{"the answer is lost", iggybroker.Fault{Do: iggybroker.DropReply}, true, 1},
		{"the answer is cut", iggybroker.Fault{Do: iggybroker.CutReply, Bytes: 5}, true, 1},
		{"the session is stale", iggybroker.Fault{Do: iggybroker.Refuse, Status: wire.StaleClient}, false, 1},
		{"no answer in time", iggybroker.Fault{Do: iggybroker.Stall}, true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, client, s := faulty(t, func(c *iggy.Config) { c.Timeout = 2 * time.Second })
			test.fault.On, test.fault.Times = []wire.Command{wire.SendMessages}, 1
			injected := b.Faults().Inject(test.fault)
			err := client.Send(within(t), &wire.Send{Stream: s.stream, Topic: clicks, Partitioning: wire.Balanced(), Messages: batchOf("x")})
			if iggy.OutcomeUnknown(err) != test.unknown || !test.unknown && err != nil {
				t.Errorf("%v", err)
			}
			if n := held(t, client, s); n != test.held {
				t.Errorf("%d messages, expected %d", n, test.held)
			}
			if injected.Hits() != 1 {
				t.Errorf("the fault met %d requests", injected.Hits())
			}
		})
	}
}

// TestPollsThroughFaults: a poll is repeated until it succeeds, and reads what is there.
func TestPollsThroughFaults(t *testing.T) {
	b, client, s := faulty(t, nil)
	s.fill(t, client, 1, 5)
	for _, fault := range []iggybroker.Fault{
		{Do: iggybroker.DropRequest, Times: 3},
		{Do: iggybroker.DropReply, Times: 3},
		{Do: iggybroker.CutReply, Bytes: 100, Times: 3},
		{Do: iggybroker.Refuse, Status: wire.Unauthenticated, Times: 3},
		{Do: iggybroker.DuplicateReply, Times: 1},
	} {
		fault.On = []wire.Command{wire.PollMessages}
		injected := b.Faults().Inject(fault)
		for range 3 {
			if n := held(t, client, s); n != 5 {
				t.Errorf("%v: %d messages", fault, n)
			}
		}
		if injected.Hits() != fault.Times {
			t.Errorf("%v met %d polls", fault, injected.Hits())
		}
		injected.Remove()
	}
}

// TestAGroupOutlivesItsServer: a restarted server has no members; the client is one again by its next call, and says so.
func TestAGroupOutlivesItsServer(t *testing.T) {
	b, client, s := faulty(t, nil)
	g, err := client.Join(within(t), s.stream, clicks, "g", true)
	if err != nil {
		t.Fatal(err)
	}
	s.fill(t, client, 1, 3)
	owned := []iggy.Owned{{Partition: 0, Current: 2}}
	refresh(t, g, iggy.Change{Owned: owned, Gained: []uint32{0}, Anew: true})
	if err := g.StoreOffset(within(t), 0, 1); err != nil {
		t.Fatal(err)
	}
	b.Restart(true)
	refresh(t, g, iggy.Change{Owned: owned, Gained: []uint32{0}, Lost: []uint32{0}, Anew: true})
	want := wire.StoredOffset{Current: 2, Stored: 1}
	stored, found, err := g.Offset(within(t), 0)
	if err != nil || !found {
		t.Fatalf("%v, %v", found, err)
	}
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCredentialsAtTheBroker: what a broker with users and tokens says becomes the messages that the fake's tests hold.
func TestCredentialsAtTheBroker(t *testing.T) {
	b, client, s := faulty(t, nil)
	wrong := s.config
	wrong.Credentials.Password = noSecret
	if err := refusal(t, wrong); iggy.StatusOf(err) != wire.InvalidCredentials {
		t.Errorf("a wrong password: %v", err)
	}
	var raw wire.RawToken
	if err := client.Do(within(t), &wire.NewToken{Name: "ci-token", Expiry: wire.Micros(time.Hour / time.Microsecond)}, &raw); err != nil {
		t.Fatal(err)
	}
	token := s.config
	token.Credentials = tokenOf(raw)
	held(t, dial(t, token), s)
	b.Advance(2 * time.Hour)
	if err := refusal(t, token); iggy.StatusOf(err) != wire.TokenExpired {
		t.Errorf("an expired token: %v", err)
	}
}
