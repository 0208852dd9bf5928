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
	g, ctx := errgroup.WithContext(ctx)
	for i := range p.clients {
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
