package iggy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Client is one session with a server. It is safe for concurrent use.
type Client struct {
	config Config

	connecting chan struct{} // holds a token while somebody connects
	current    atomic.Pointer[conn]
	sessions   atomic.Uint64

	mu     sync.Mutex
	joined []wire.OnGroup // what the next session joins again

	closing   chan struct{}
	closeOnce sync.Once
	readers   sync.WaitGroup // one for each connection
	keepers   sync.WaitGroup // the heartbeat
}

// New returns a client that connects at its first call.
func New(c Config) (*Client, error) {
	if err := c.check(); err != nil {
		return nil, retry.Permanent(err)
	}
	client := &Client{config: c.withDefaults(), connecting: make(chan struct{}, 1), closing: make(chan struct{})}
	if client.config.Heartbeat > 0 {
		client.keepers.Go(client.beat)
	}
	return client, nil
}

// Dial returns a client that is connected and logged in. A server that cannot be reached is tried again as Config.Retry says;
// a wrong password, name or version ends it at once.
func Dial(ctx context.Context, c Config) (*Client, error) {
	client, err := New(c)
	if err != nil {
		return nil, err
	}
	err = client.repeat(ctx, "connect to Apache Iggy again", func(ctx context.Context) error {
		_, err := client.live(ctx)
		return err
	})
	if err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

// Close ends every call with ErrClosed and waits until nothing of the client runs any more. The server takes it as leaving all
// groups.
func (c *Client) Close() {
	c.closeOnce.Do(func() {
		close(c.closing)
		if cn := c.current.Load(); cn != nil {
			cn.fail(ErrClosed)
		}
	})
	c.keepers.Wait()
	c.connecting <- struct{}{} // whoever connects has seen closing
	<-c.connecting
	if cn := c.current.Load(); cn != nil {
		cn.fail(ErrClosed)
	}
	c.readers.Wait()
}

// Session counts the connections that were logged in: another number means that what belonged to the connection, such as the
// partitions of a group, may belong to others by now.
func (c *Client) Session() uint64 { return c.sessions.Load() }

// until returns a context that also ends when the client closes.
func (c *Client) until(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-c.closing:
			cancel(ErrClosed)
		case <-ended:
		}
	})
	return ctx, func() {
		close(ended)
		watch.Wait()
		cancel(nil)
	}
}

// repeat tries again as the configuration says, until the client closes. What ctx ends is explained by the attempt before.
func (c *Client) repeat(ctx context.Context, what string, try func(context.Context) error) error {
	ctx, stop := c.until(ctx)
	defer stop()
	p := retry.Policy{Config: c.config.Retry}
	if c.config.Log != nil {
		p.Observe = retry.Log(c.config.Log, what)
	}
	var last error
	err := p.Do(ctx, func(ctx context.Context) error {
		err := try(ctx)
		if e, ok := errors.AsType[*Error](err); ok && !retry.IsPermanent(err) {
			err = classed(e)
		}
		if err != nil && ctx.Err() == nil {
			last = err
		}
		return err
	})
	if err != nil && last != nil && ctx.Err() != nil && !errors.Is(err, last) {
		return fmt.Errorf("%w; not tried again: %w", last, context.Cause(ctx))
	}
	return err
}

// live returns the connection, or makes a new one: logged in, and a member of all groups joined before.
func (c *Client) live(ctx context.Context) (*conn, error) {
	if cn := c.current.Load(); cn != nil && cn.alive() {
		return cn, nil
	}
	select {
	case c.connecting <- struct{}{}:
		defer func() { <-c.connecting }()
	case <-ctx.Done():
		return nil, &Error{Op: "connect to " + c.config.Addresses[0], Cause: context.Cause(ctx), again: true}
	}
	if cn := c.current.Load(); cn != nil && cn.alive() {
		return cn, nil
	}
	select {
	case <-c.closing:
		return nil, &Error{Op: "connect to " + c.config.Addresses[0], Cause: ErrClosed}
	default:
	}
	cn, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.joinAgain(ctx, cn); err != nil {
		cn.fail(err)
		return nil, err
	}
	c.sessions.Add(1)
	c.current.Store(cn)
	return cn, nil
}

// joinAgain makes a fresh connection a member of the groups that the one before was.
func (c *Client) joinAgain(ctx context.Context, cn *conn) error {
	c.mu.Lock()
	joined := slices.Clone(c.joined)
	c.mu.Unlock()
	for _, g := range joined {
		w, _, err := cn.ask(ctx, &g, nil)
		op := "join group " + g.Group.String() + " again"
		switch {
		case err != nil:
			return &Error{Op: op, Cause: err, again: true}
		case w.status != wire.OK:
			return refused(op, w.status)
		}
	}
	return nil
}
