package iggy_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

func TestPollReadsIntoTheSameBufferAgain(t *testing.T) {
	f := startFake(t, func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
		if p, ok := r.(*wire.Poll); ok {
			return stored(0, p.Strategy.Value, fmt.Sprintf("message %d", p.Strategy.Value)), nil
		}
		return nil, nil
	})
	client := dial(t, f.config())
	var b iggy.Batch
	var first *byte
	for offset := range uint64(5) {
		if err := client.Poll(within(t), poll(offset), &b); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("message %d", offset); b.Len() != 1 || string(b.Payload(0)) != want || b.Offset[0] != offset || b.Current != offset {
			t.Fatalf("%d messages at %d: %q", b.Len(), b.Current, b.Payload(0))
		}
		if cap(b.Data) < len(b.Data)+64-16 {
			t.Errorf("%d bytes behind the messages can be read", cap(b.Data)-len(b.Data))
		}
		if first == nil {
			first = &b.Data[0]
		} else if first != &b.Data[0] {
			t.Error("another buffer was used")
		}
	}
}

func TestRequestsArePipelined(t *testing.T) {
	const n = 8
	var mu sync.Mutex
	var held []wire.Request
	f := startFake(t, func(c *fakeConn, r wire.Request) (wire.Reply, error) {
		p, ok := r.(*wire.Poll)
		if !ok {
			return nil, nil
		}
		mu.Lock()
		defer mu.Unlock()
		if held = append(held, p); len(held) < n {
			return nil, rawAnswer(nil) // nothing, until all requests are here
		}
		var frames []byte
		for _, r := range held {
			frames = append(frames, frameOf(t, stored(0, r.(*wire.Poll).Strategy.Value, "m"))...)
		}
		return nil, rawAnswer(frames)
	})
	client := dial(t, f.config())
	g, ctx := errgroup.WithContext(within(t))
	for offset := range uint64(n) {
		g.Go(func() error {
			var b iggy.Batch
			if err := client.Poll(ctx, poll(offset), &b); err != nil {
				return err
			}
			if b.Offset[0] != offset {
				return fmt.Errorf("the answer for %d came to %d", b.Offset[0], offset)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func TestStatusesOfRequests(t *testing.T) {
	for _, test := range []struct {
		status wire.Status
		want   string
		again  bool
	}{
		{wire.StreamIDNotFound, "poll shop/clicks: stream not found (1009); check `stream`", false},
		{wire.TopicIDNotFound, "poll shop/clicks: topic not found (2010); check `topic`", false},
		{wire.PartitionNotFound, "poll shop/clicks: partition not found (3007); check `partitions`", false},
		{wire.Unauthorized, "poll shop/clicks: not allowed for this user (41); check `username`", false},
		{wire.NotResolvedConsumer, "poll shop/clicks: partition belongs to another member of the consumer group (3022)", true},
		{4711, "poll shop/clicks: unknown error (4711)", false},
	} {
		f := startFake(t, only(wire.PollMessages, test.status))
		client := dial(t, f.config())
		err := client.Poll(within(t), poll(0), new(iggy.Batch))
		if err == nil || err.Error() != test.want || iggy.StatusOf(err) != test.status || retry.IsPermanent(err) == test.again {
			t.Errorf("%v (permanent: %v)\nwant %s", err, retry.IsPermanent(err), test.want)
		}
	}
}

func TestAMissingTopicIsToldFromAMissingStream(t *testing.T) {
	for _, test := range []struct {
		stream bool
		want   string
	}{
		{true, "look up topic shop/clicks: topic not found (2010); check `topic`"},
		{false, "look up topic shop/clicks: stream not found (1009); check `stream`"},
	} {
		f := startFake(t, func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
			if r.Command() == wire.GetStream && test.stream {
				return &wire.Stream{Name: "shop"}, nil
			}
			return nil, nil
		})
		_, err := dial(t, f.config()).Topic(within(t), shop, clicks)
		if err == nil || err.Error() != test.want || !retry.IsPermanent(err) {
			t.Errorf("%v\nwant %s", err, test.want)
		}
	}
}

func TestAStaleSessionIsRenewed(t *testing.T) {
	for _, status := range []wire.Status{wire.StaleClient, wire.Unauthenticated, wire.Disconnected, wire.ClientNotFound} {
		var sends atomic.Int32
		f := startFake(t, func(c *fakeConn, r wire.Request) (wire.Reply, error) {
			if r.Command() == wire.SendMessages {
				if sends.Add(1); c.number == 1 {
					return nil, status
				}
			}
			return nil, nil
		})
		client := dial(t, f.config())
		if err := client.Send(within(t), send("x")); err != nil {
			t.Errorf("%v: %v", status, err)
		}
		if n, session := sends.Load(), client.Session(); n != 2 || session != 2 {
			t.Errorf("%v: %d sends in %d sessions", status, n, session)
		}
	}
}

func TestASendWhoseAnswerIsLostIsNotRepeated(t *testing.T) {
	var sends atomic.Int32
	f := startFake(t, func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
		if r.Command() == wire.SendMessages {
			sends.Add(1)
			return nil, errHangUp
		}
		return nil, nil
	})
	client := dial(t, f.config())
	err := client.Send(within(t), send("x"))
	want := "send 1 messages to shop/clicks: the server closed the connection; whether the server did it is unknown"
	if err == nil || err.Error() != want || !iggy.OutcomeUnknown(err) || retry.IsPermanent(err) {
		t.Errorf("%v\nwant %s", err, want)
	}
	if n := sends.Load(); n != 1 {
		t.Errorf("%d sends", n)
	}
	if err := client.Do(within(t), wire.Bare(wire.Ping), nil); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

func TestWhatIsHarmlessIsRepeated(t *testing.T) {
	for _, test := range []struct {
		name   string
		call   func(context.Context, *iggy.Client) error
		repeat bool
	}{
		{"poll", func(ctx context.Context, c *iggy.Client) error { return c.Poll(ctx, poll(1), new(iggy.Batch)) }, true},
		{"poll that commits", func(ctx context.Context, c *iggy.Client) error {
			p := poll(1)
			p.AutoCommit = true
			return c.Poll(ctx, p, new(iggy.Batch))
		}, false},
		{"store offset of a consumer", func(ctx context.Context, c *iggy.Client) error {
			return c.StoreOffset(ctx, poll(0).Consumer, shop, clicks, 0, 5)
		}, true},
		{"store offset of a group", func(ctx context.Context, c *iggy.Client) error {
			return c.StoreOffset(ctx, wire.Consumer{Kind: wire.GroupConsumer, ID: wire.Name("g")}, shop, clicks, 0, 5)
		}, false},
		{"create a stream", func(ctx context.Context, c *iggy.Client) error { return c.Do(ctx, &wire.NewStream{Name: "s"}, nil) }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := startFake(t, func(c *fakeConn, r wire.Request) (wire.Reply, error) {
				switch r.Command() {
				case wire.PollMessages, wire.StoreOffset, wire.CreateStream:
					if c.number == 1 {
						return nil, errHangUp
					}
				}
				return nil, nil
			})
			err := test.call(within(t), dial(t, f.config()))
			if test.repeat && err != nil || !test.repeat && !iggy.OutcomeUnknown(err) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAServerThatIsDown(t *testing.T) {
	f := startFake(t, nil)
	f.stop()
	c := f.config()
	c.Retry.MaxElapsed = 20 * time.Millisecond
	_, err := iggy.Dial(within(t), c)
	want := "connect to " + f.address + ": connection refused; check `address`"
	if err == nil || !strings.HasSuffix(err.Error(), want) || retry.IsPermanent(err) {
		t.Errorf("at start: %v\nwant %s", err, want)
	}
	c.Retry.MaxElapsed = 0
	ctx, cancel := context.WithCancel(within(t))
	c.Log = slog.New(slog.NewTextHandler(&cancelAfter{lines: 3, cancel: cancel}, nil))
	_, err = iggy.Dial(ctx, c)
	if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, context.Canceled) {
		t.Errorf("until it is cancelled: %v\nwant %s", err, want)
	}
}

// cancelAfter is the destination of a log: it cancels when so many lines have come.
type cancelAfter struct {
	lines  int
	cancel context.CancelFunc
}

func (c *cancelAfter) Write(p []byte) (int, error) {
	if c.lines--; c.lines == 0 {
		c.cancel()
	}
	return len(p), nil
}

func TestAServerThatGoesAndComesBack(t *testing.T) {
	f := startFake(t, nil)
	c := f.config()
	c.Retry.MaxElapsed = 20 * time.Millisecond
	client := dial(t, c)
	f.stop()
	err := client.Poll(within(t), poll(0), new(iggy.Batch))
	if want := "connect to " + f.address + ": connection refused; check `address`"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("in the middle: %v\nwant %s", err, want)
	}
	f.start()
	if err := client.Poll(within(t), poll(0), new(iggy.Batch)); err != nil {
		t.Errorf("when it is back: %v", err)
	}
}

func TestTheNextAddressIsTriedWhenOneIsDown(t *testing.T) {
	down, up := startFake(t, nil), startFake(t, nil)
	down.stop()
	c := up.config()
	c.Addresses = []string{down.address, up.address}
	dial(t, c)
}

func TestASilentServer(t *testing.T) {
	silent := func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
		if r.Command() == wire.SendMessages {
			return nil, rawAnswer(nil)
		}
		return nil, nil
	}
	t.Run("the call's deadline", func(t *testing.T) {
		client := dial(t, startFake(t, silent).config())
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		err := client.Send(ctx, send("x"))
		if !errors.Is(err, context.DeadlineExceeded) || !iggy.OutcomeUnknown(err) {
			t.Errorf("%v", err)
		}
	})
	t.Run("the client's timeout", func(t *testing.T) {
		c := startFake(t, silent).config()
		c.Timeout = 10 * time.Millisecond
		err := dial(t, c).Send(within(t), send("x"))
		want := "send 1 messages to shop/clicks: no answer within 10ms; whether the server did it is unknown"
		if err == nil || err.Error() != want || !iggy.OutcomeUnknown(err) {
			t.Errorf("%v\nwant %s", err, want)
		}
	})
	t.Run("closing", func(t *testing.T) {
		arrived := make(chan struct{})
		f := startFake(t, func(c *fakeConn, r wire.Request) (wire.Reply, error) {
			if r.Command() == wire.SendMessages {
				close(arrived)
			}
			return silent(c, r)
		})
		client := dial(t, f.config())
		g, ctx := errgroup.WithContext(within(t))
		g.Go(func() error { return client.Send(ctx, send("x")) })
		<-arrived
		client.Close()
		if err := g.Wait(); !errors.Is(err, iggy.ErrClosed) || !iggy.OutcomeUnknown(err) {
			t.Errorf("%v", err)
		}
		if err := client.Send(within(t), send("x")); !errors.Is(err, iggy.ErrClosed) {
			t.Errorf("a closed client: %v", err)
		}
	})
}

func TestCloseEndsConnecting(t *testing.T) {
	f := startFake(t, func(*fakeConn, wire.Request) (wire.Reply, error) { return nil, rawAnswer(nil) })
	client, err := iggy.New(f.config())
	if err != nil {
		t.Fatal(err)
	}
	g, ctx := errgroup.WithContext(within(t))
	g.Go(func() error { return client.Poll(ctx, poll(0), new(iggy.Batch)) })
	client.Close()
	if err := g.Wait(); !errors.Is(err, iggy.ErrClosed) {
		t.Errorf("%v", err)
	}
}

func TestAnAnswerThatNobodyWaitsForTouchesNoBatch(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	f := startFake(t, func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
		p, ok := r.(*wire.Poll)
		if !ok {
			return nil, nil
		}
		if p.Strategy.Value == 1 {
			close(arrived)
			<-release
		}
		return stored(0, p.Strategy.Value, strings.Repeat("x", 100)), nil
	})
	client := dial(t, f.config())
	var b iggy.Batch
	if err := client.Poll(within(t), poll(0), &b); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	g := new(errgroup.Group)
	g.Go(func() error { return client.Poll(ctx, poll(1), &b) })
	<-arrived
	cancel()
	if err := g.Wait(); !errors.Is(err, context.Canceled) || b.Len() != 0 {
		t.Fatalf("%v, %d messages", err, b.Len())
	}
	close(release)
	if err := client.Poll(within(t), poll(2), &b); err != nil {
		t.Fatal(err)
	}
	if b.Len() != 1 || b.Offset[0] != 2 {
		t.Errorf("offset %d", b.Offset[0])
	}
	if client.Session() != 1 {
		t.Error("the connection was given up")
	}
}

func TestAnswersThatBreakTheProtocol(t *testing.T) {
	for _, test := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"cut header", []byte{0, 0, 0}, "the server closed the connection within an answer"},
		{"cut body", []byte{0, 0, 0, 0, 100, 0, 0, 0, 1, 2, 3}, "the server closed the connection within an answer"},
		{"too long", []byte{0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, "an answer of 4294967295 bytes; at most 268435456 are taken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := startFake(t, func(c *fakeConn, r wire.Request) (wire.Reply, error) {
				if r.Command() == wire.SendMessages {
					_, _ = c.Write(test.raw)
					return nil, errHangUp
				}
				return nil, nil
			})
			err := dial(t, f.config()).Send(within(t), send("x"))
			if want := "send 1 messages to shop/clicks: " + test.want + "; whether the server did it is unknown"; err == nil || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
	t.Run("an answer without a request", func(t *testing.T) {
		f := startFake(t, func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
			if r.Command() == wire.GetMe {
				return nil, rawAnswer(append(frameOf(t, nil), frameOf(t, nil)...))
			}
			return nil, nil
		})
		client := dial(t, f.config())
		for range 10 { // whichever call the surplus answer meets, the next ones are over a new connection
			if err := client.Do(within(t), wire.Bare(wire.GetMe), nil); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("a reply of another layout", func(t *testing.T) {
		f := startFake(t, func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
			if r.Command() == wire.PollMessages {
				return &wire.Identity{User: 1}, nil
			}
			return nil, nil
		})
		if err := dial(t, f.config()).Poll(within(t), poll(0), new(iggy.Batch)); err == nil {
			t.Error("four bytes are taken for a batch")
		}
	})
}

func TestARequestThatCannotBeSentLeavesTheConnection(t *testing.T) {
	client := dial(t, startFake(t, nil).config())
	err := client.Send(within(t), &wire.Send{Stream: shop, Topic: clicks, Partitioning: wire.Balanced()})
	if iggy.StatusOf(err) != wire.InvalidMessagesCount || !retry.IsPermanent(err) || iggy.OutcomeUnknown(err) {
		t.Errorf("%v", err)
	}
	if err := client.Send(within(t), send("x")); err != nil || client.Session() != 1 {
		t.Errorf("%v in session %d", err, client.Session())
	}
}

func TestAnIdleConnectionIsPinged(t *testing.T) {
	pings := make(chan struct{}, 100)
	f := startFake(t, func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
		if r.Command() == wire.Ping {
			pings <- struct{}{}
		}
		return nil, nil
	})
	c := f.config()
	c.Heartbeat = time.Millisecond
	dial(t, c)
	for range 4 { // the first is the greeting
		<-pings
	}
}
