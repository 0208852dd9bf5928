package iggytest_test

import (
	"context"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// clientPeer is the client of this project. It connects when it knows as whom, and it never stays logged out.
type clientPeer struct {
	server server
	client *iggy.Client
}

func newClientPeer(t testing.TB, s server) peer {
	p := &clientPeer{server: s}
	t.Cleanup(p.close)
	return p
}

func (p *clientPeer) close() {
	if p.client != nil {
		p.client.Close()
	}
}

func (p *clientPeer) do(r wire.Request, reply wire.Reply) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	switch r := r.(type) {
	case *wire.Login:
		return p.login(ctx, iggy.Credentials{Username: r.Username, Password: dsl.NewSecret(r.Password)}, reply)
	case *wire.TokenLogin:
		return p.login(ctx, iggy.Credentials{Token: dsl.NewSecret(r.Token)}, reply)
	case *wire.Poll:
		if p.client == nil {
			return errNotOffered
		}
		var b iggy.Batch
		err := p.client.Poll(ctx, r, &b)
		*reply.(*wire.Batch) = b.Batch
		return err
	}
	if p.client == nil || r.Command() == wire.Logout {
		return errNotOffered
	}
	return p.client.Do(ctx, r, reply)
}

func (p *clientPeer) login(ctx context.Context, as iggy.Credentials, reply wire.Reply) error {
	p.close()
	c := iggy.Config{Addresses: []string{p.server.address}, Credentials: as}
	if p.server.caFile != "" {
		c.TLS = &iggy.TLS{CAFile: p.server.caFile, ServerName: p.server.serverName}
	}
	client, err := iggy.Dial(ctx, c)
	if err != nil {
		return err
	}
	p.client = client
	var me wire.Client
	if err := client.Do(ctx, wire.Bare(wire.GetMe), &me); err != nil {
		return err
	}
	reply.(*wire.Identity).User = me.User
	return nil
}
