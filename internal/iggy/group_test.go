package iggy_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// members is a fake's idea of a group with one member that owns partitions.
type members struct {
	mu     sync.Mutex
	owned  []uint32
	next   int // of the round robin
	joined map[int]bool
	joins  int
	exists bool
}

func (m *members) own(partitions ...uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owned = partitions
}

func (m *members) answer(c *fakeConn, r wire.Request) (wire.Reply, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch r := r.(type) {
	case *wire.NewGroup:
		m.exists = true
	case *wire.OnGroup:
		switch r.Do {
		case wire.GetGroup:
			if m.exists {
				return &wire.Group{Name: "g"}, nil
			}
		case wire.JoinGroup:
			if m.joined == nil {
				m.joined = map[int]bool{}
			}
			m.joined[c.number] = true
			m.joins++
		}
	case *wire.OnTopic:
		return &wire.Topic{Name: "clicks", Partitions: []wire.PartitionInfo{{ID: 0, Current: 9, Messages: 10}}}, nil
	case *wire.OnOffset:
		if !m.has(r.Partition.Number) {
			return nil, wire.NotResolvedConsumer
		}
	case *wire.Poll:
		return m.poll(c, r)
	}
	return nil, nil
}

func (m *members) has(partition uint32) bool {
	for _, p := range m.owned {
		if p == partition {
			return true
		}
	}
	return false
}

func (m *members) poll(c *fakeConn, r *wire.Poll) (wire.Reply, error) {
	if !m.joined[c.number] {
		return nil, wire.GroupMemberNotFound
	}
	if r.Partition.Given {
		if !m.has(r.Partition.Number) {
			return &wire.Raw{}, nil
		}
		return stored(r.Partition.Number, r.Strategy.Value, "m"), nil
	}
	if len(m.owned) == 0 {
		return &wire.Raw{}, nil
	}
	m.next++
	p := m.owned[m.next%len(m.owned)]
	return &wire.Raw{Partition: p, Current: uint64(p) + 10}, nil
}

func refresh(t *testing.T, g *iggy.Group, want iggy.Change) {
	t.Helper()
	got, err := g.Refresh(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAGroupFindsOutWhatItOwns(t *testing.T) {
	m := &members{}
	f := startFake(t, m.answer)
	client := dial(t, f.config())
	g, err := client.Join(within(t), shop, clicks, "g", true)
	if err != nil {
		t.Fatal(err)
	}
	m.own(2, 0, 5)
	refresh(t, g, iggy.Change{Owned: []iggy.Owned{{0, 10}, {2, 12}, {5, 15}}, Gained: []uint32{0, 2, 5}, Anew: true})
	refresh(t, g, iggy.Change{Owned: []iggy.Owned{{0, 10}, {2, 12}, {5, 15}}})
	m.own(3, 2)
	refresh(t, g, iggy.Change{Owned: []iggy.Owned{{2, 12}, {3, 13}}, Gained: []uint32{3}, Lost: []uint32{0, 5}})
	m.own()
	refresh(t, g, iggy.Change{Lost: []uint32{2, 3}})
	m.own(0)
	refresh(t, g, iggy.Change{Owned: []iggy.Owned{{0, 10}}, Gained: []uint32{0}})
	f.hangUp()
	refresh(t, g, iggy.Change{Owned: []iggy.Owned{{0, 10}}, Gained: []uint32{0}, Lost: []uint32{0}, Anew: true})
	if m.joins != 2 {
		t.Errorf("%d joins", m.joins)
	}
}

func TestAGroupThatForgotItsMemberIsJoinedAgain(t *testing.T) {
	m := &members{exists: true, owned: []uint32{1}}
	f := startFake(t, m.answer)
	g, err := dial(t, f.config()).Join(within(t), shop, clicks, "g", false)
	if err != nil {
		t.Fatal(err)
	}
	refresh(t, g, iggy.Change{Owned: []iggy.Owned{{1, 11}}, Gained: []uint32{1}, Anew: true})
	m.mu.Lock()
	m.joined = nil
	m.mu.Unlock()
	refresh(t, g, iggy.Change{Owned: []iggy.Owned{{1, 11}}, Gained: []uint32{1}, Lost: []uint32{1}, Anew: true})
}

func TestWhatIsNotOwnedIsSaid(t *testing.T) {
	m := &members{exists: true, owned: []uint32{0, 1}}
	g, err := dial(t, startFake(t, m.answer).config()).Join(within(t), shop, clicks, "g", false)
	if err != nil {
		t.Fatal(err)
	}
	var b iggy.Batch
	if err := g.Poll(within(t), 1, 7, 10, &b); err != nil || b.Len() != 1 || b.Offset[0] != 7 {
		t.Errorf("%v, %d messages", err, b.Len())
	}
	if err := g.StoreOffset(within(t), 1, 7); err != nil {
		t.Error(err)
	}
	m.own(2)
	for _, p := range []uint32{0, 1} {
		if err := g.Poll(within(t), p, 7, 10, &b); !errors.Is(err, iggy.ErrNotOwned) {
			t.Errorf("poll of %d: %v", p, err)
		}
		if err := g.StoreOffset(within(t), p, 7); !errors.Is(err, iggy.ErrNotOwned) {
			t.Errorf("store of %d: %v", p, err)
		}
	}
}

func TestAGroupThatIsMissing(t *testing.T) {
	_, err := dial(t, startFake(t, (&members{}).answer).config()).Join(within(t), shop, clicks, "g", false)
	if want := "join consumer group g of shop/clicks: consumer group not found (5003); check `consumer_group`"; err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

func TestAGroupThatWasLeftIsNotJoinedAgain(t *testing.T) {
	m := &members{exists: true}
	f := startFake(t, m.answer)
	client := dial(t, f.config())
	g, err := client.Join(within(t), shop, clicks, "g", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Leave(within(t)); err != nil {
		t.Fatal(err)
	}
	f.hangUp()
	if err := client.Do(within(t), wire.Bare(wire.Ping), nil); err != nil || m.joins != 1 {
		t.Errorf("%v, %d joins", err, m.joins)
	}
}

func TestTopicsAreMadeOnce(t *testing.T) {
	var mu sync.Mutex
	var stream, topic bool
	var created []string
	f := startFake(t, func(c *fakeConn, r wire.Request) (wire.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		switch r := r.(type) {
		case *wire.NewStream:
			stream = true
			created = append(created, r.Name)
			return nil, errHangUp // done, but nobody learns of it
		case *wire.NewTopic:
			topic = true
			created = append(created, r.Name)
			return nil, wire.TopicNameExists // somebody was faster
		case *wire.OnStream:
			if stream {
				return &wire.Stream{Name: "shop"}, nil
			}
		case *wire.OnTopic:
			if topic {
				return &wire.Topic{ID: 7, Name: "clicks"}, nil
			}
		}
		return nil, nil
	})
	client := dial(t, f.config())
	for range 2 {
		got, err := client.EnsureTopic(within(t), &wire.NewTopic{Stream: shop, Name: "clicks", Partitions: 1})
		if err != nil || got.ID != 7 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if diff := cmp.Diff([]string{"shop", "clicks"}, created); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPoolGivesEveryKeyItsClient(t *testing.T) {
	f := startFake(t, nil)
	p, err := iggy.DialPool(within(t), f.config(), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.For(0) == p.For(1) || p.For(1) != p.For(4) {
		t.Error("keys are not spread")
	}
	f.stop()
	c := f.config()
	c.Retry.MaxElapsed = 1
	if _, err := iggy.DialPool(within(t), c, 3); err == nil {
		t.Error("a pool without a server")
	}
}
