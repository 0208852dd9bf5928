package iggy

import (
	"context"
	"fmt"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// harmless reports whether r may be sent again although it may have been executed: it changes nothing, or nothing more when
// it is executed twice.
func harmless(r wire.Request) bool {
	switch r := r.(type) {
	case *wire.Poll:
		return !r.AutoCommit // else what is between two polls would be passed over
	case *wire.OnOffset: // another member may have stored a higher one since
		return r.Do == wire.GetOffset || r.Do == wire.StoreOffset && r.Consumer.Kind == wire.SingleConsumer
	}
	switch r.Command() {
	case wire.Ping, wire.GetStats, wire.GetCluster, wire.GetMe, wire.GetClient, wire.GetClients, wire.GetUser, wire.GetUsers,
		wire.GetTokens, wire.Flush, wire.GetStream, wire.GetStreams, wire.GetTopic,
		wire.GetTopics, wire.GetGroup, wire.GetGroups, wire.JoinGroup:
		return true
	}
	return false
}

// endsSession reports whether a status means that the server has forgotten who we are.
func endsSession(s wire.Status) bool {
	return s == wire.Disconnected || s == wire.StaleClient || s == wire.Unauthenticated || s == wire.ClientNotFound
}

// call sends r and returns the body of its answer, read into buf where that is long enough. It connects where it has to, and
// repeats what is safe to repeat. While it runs, buf belongs to it; when it fails, buf is lost.
func (c *Client) call(ctx context.Context, r wire.Request, buf []byte) (body []byte, err error) {
	if cn := c.current.Load(); cn != nil && cn.alive() { // the usual case, without the machinery of repeating
		body, again, err := c.once(ctx, cn, r, buf)
		if !again {
			return body, err
		}
		buf = nil // an abandoned reader may still fill it
	}
	var final error // no retry: what becomes of it is the caller's matter
	err = c.repeat(ctx, describe(r)+" again", func(ctx context.Context) error {
		cn, err := c.live(ctx)
		if err != nil {
			return err
		}
		var again bool
		if body, again, err = c.once(ctx, cn, r, buf); again {
			buf = nil
			return err
		}
		final = err
		return nil
	})
	if err == nil {
		err = final
	}
	return body, err
}

// once sends r over cn. again says that it failed and may be repeated over another connection.
func (c *Client) once(ctx context.Context, cn *conn, r wire.Request, buf []byte) (body []byte, again bool, err error) {
	w, sent, err := cn.ask(ctx, r, buf)
	switch {
	case err == nil && w.status == wire.OK:
		return w.body, false, nil
	case err == nil && endsSession(w.status):
		cn.fail(w.status)
		return nil, true, &Error{Op: describe(r), Status: w.status, again: true}
	case err == nil:
		return nil, false, classed(refused(describe(r), w.status))
	case StatusOf(err) != wire.OK && !sent && cn.alive(): // it has no layout
		return nil, false, retry.Permanent(fmt.Errorf("%s: %w", describe(r), err))
	case ctx.Err() != nil:
		return nil, false, &Error{Op: describe(r), Cause: err, unknown: sent && !harmless(r), again: true}
	case !sent || harmless(r):
		return nil, true, &Error{Op: describe(r), Cause: err, again: true}
	}
	return nil, false, &Error{Op: describe(r), Cause: err, unknown: true, again: true}
}

// Do sends r and reads the answer into reply, which is nil where only success matters. A thing that does not exist is
// wire.ErrAbsent. Polls and sends have methods of their own, which copy nothing.
func (c *Client) Do(ctx context.Context, r wire.Request, reply wire.Reply) error {
	body, err := c.call(ctx, r, nil)
	if err != nil || reply == nil {
		return err
	}
	if err := c.config.Codec.DecodeReply(body, reply); err != nil {
		return fmt.Errorf("%s: %w", describe(r), err)
	}
	return nil
}

// beat pings a connection that was idle for the time of a heartbeat, so that the server does not take the client for dead, and
// the client sees early when the server is. It connects to nothing.
func (c *Client) beat() {
	ticker := time.NewTicker(c.config.Heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-c.closing:
			return
		case <-ticker.C:
		}
		cn := c.current.Load()
		if cn == nil || !cn.alive() {
			continue
		}
		if d, idle := cn.idle(); !idle || d < c.config.Heartbeat {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), c.config.Timeout)
		w, _, err := cn.ask(ctx, wire.Bare(wire.Ping), nil)
		if err == nil && w.status != wire.OK {
			cn.fail(w.status)
		}
		cancel()
	}
}
