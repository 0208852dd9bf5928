package iggy

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Pool is several clients of one server, so that readers and writers do not wait for each other's bytes.
type Pool struct{ clients []*Client }

// DialPool connects n clients.
func DialPool(ctx context.Context, c Config, n int) (*Pool, error) {
	p := &Pool{clients: make([]*Client, n)}
	var err error
	if p.clients[0], err = Dial(ctx, c); err != nil { // one waits for a server that is away, and says so, not all
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	for i := 1; i < n; i++ {
		g.Go(func() (err error) {
			p.clients[i], err = Dial(ctx, c)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// For returns the client of a reader or writer, always the same for the same key.
func (p *Pool) For(key uint32) *Client { return p.clients[int(key)%len(p.clients)] }

// Close closes all clients.
func (p *Pool) Close() {
	for _, c := range p.clients {
		if c != nil {
			c.Close()
		}
	}
}
