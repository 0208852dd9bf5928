package iggy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// clientVersion is what a login says of the client.
const clientVersion = "iggy-flow"

// dial connects and logs in at the first address that can be reached, and returns the error of the last one.
func (c *Client) dial(ctx context.Context) (cn *conn, err error) {
	for _, address := range c.config.Addresses {
		if cn, err = c.dialOne(ctx, address); err == nil || ctx.Err() != nil {
			return cn, err
		}
		if e, ok := errors.AsType[*Error](err); ok && !e.again {
			return nil, err // another address would refuse it as well
		}
	}
	return nil, err
}

func (c *Client) dialOne(ctx context.Context, address string) (_ *conn, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.DialTimeout, fmt.Errorf("no answer within %s", c.config.DialTimeout))
	defer cancel()
	nc, err := c.connect(ctx, address)
	if err != nil {
		return nil, err
	}
	cn := newConn(nc, address, c.config)
	c.readers.Go(cn.read)
	if err := c.greet(ctx, cn); err != nil {
		cn.fail(ErrClosed)
		return nil, err
	}
	return cn, nil
}

// connect opens a connection, with TLS where that is asked for.
func (c *Client) connect(ctx context.Context, address string) (net.Conn, error) {
	op := "connect to " + address
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, &Error{Op: op, Field: "address", Cause: dialError(ctx, err), again: true}
	}
	if c.config.TLS == nil {
		return nc, nil
	}
	config, err := c.config.TLS.config(address)
	if err != nil {
		_ = nc.Close() // nothing was sent
		return nil, &Error{Op: op, Field: "tls.ca_file", Cause: err}
	}
	tc := tls.Client(nc, config)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close() // nothing was sent
		return nil, tlsError(ctx, op, config.ServerName, err)
	}
	return tc, nil
}

// dialError cuts what net says to its reason: the address is said already.
func dialError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return number
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns
	}
	return err
}

func (t *TLS) config(address string) (*tls.Config, error) {
	config := &tls.Config{ServerName: t.ServerName, MinVersion: tls.VersionTLS12}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(address) // Config.check has read it
	}
	if t.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, err
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM", t.CAFile)
	}
	return config, nil
}

// tlsError says which field decides about a failed handshake.
func tlsError(ctx context.Context, op, name string, err error) error {
	op += " with TLS"
	if host, ok := errors.AsType[x509.HostnameError](err); ok {
		return &Error{Op: op, Field: "tls.server_name", Cause: host}
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return &Error{Op: op, Field: "tls.ca_file", Cause: unknown}
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return &Error{Op: op, Field: "tls.ca_file", Cause: fmt.Errorf("the certificate of %s: %w", name, invalid)}
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return &Error{Op: op, Field: "tls", Cause: errors.New("the server does not speak TLS at this port")}
	}
	if alert, ok := errors.AsType[*net.OpError](err); ok && alert.Op == "remote error" { // as crypto/tls names alerts
		return &Error{Op: op, Field: "tls", Cause: fmt.Errorf("the server refuses the handshake: %w; expected TLS 1.2 or newer", alert.Err)}
	}
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.Is(err, io.EOF):
		err = errors.New("the server closed the connection during the handshake; does it speak TLS at this port?")
	}
	return &Error{Op: op, Field: "tls", Cause: err, again: true}
}

// greet finds out whether the other side speaks our protocol, logs in and looks at the server's version.
func (c *Client) greet(ctx context.Context, cn *conn) error {
	w, _, err := cn.ask(ctx, wire.Bare(wire.Ping), nil)
	if err == nil && (w.status != wire.OK || len(w.body) > 0) {
		err = &protocolError{reason: fmt.Sprintf("it answers a ping with status %d and %d bytes", w.status, len(w.body))}
	}
	if err != nil {
		return c.foreign(ctx, cn.address, err)
	}
	login, as, field, err := c.config.Credentials.login(clientVersion)
	if e, ok := errors.AsType[*Error](err); ok {
		e.again = c.sessions.Load() > 0 // somebody may be writing the file anew
		return e
	}
	op := fmt.Sprintf("log in to %s %s", cn.address, as)
	w, _, err = cn.ask(ctx, login, nil)
	switch {
	case StatusOf(err) != wire.OK: // it has no layout
		return &Error{Op: op, Field: field, Status: StatusOf(err)}
	case err != nil:
		return &Error{Op: op, Cause: err, again: true}
	case w.status != wire.OK:
		return loginRefused(op, field, w.status)
	}
	return c.checkVersion(ctx, cn)
}

// loginRefused takes the field that was used: the server's status names the kind of credential, not where it came from.
func loginRefused(op, field string, s wire.Status) error {
	e := refused(op, s)
	if e.Field == "password" || e.Field == "token" {
		e.Field = field
	}
	return e
}

// foreign explains why the first request of a connection got no proper answer.
func (c *Client) foreign(ctx context.Context, address string, err error) error {
	p, ok := errors.AsType[*protocolError](err)
	e := &Error{Op: "connect to " + address, Field: "address", again: true}
	switch {
	case ok && len(p.header) > 2 && p.header[0] == 0x15 && p.header[1] == 3, // a TLS alert
		errors.Is(err, errClosedByServer) && c.config.TLS == nil && speaksTLS(ctx, address):
		e.Cause, e.Field, e.again = errors.New("the server expects TLS"), "tls", false
	case ok && len(p.header) > 3 && string(p.header[:4]) == "HTTP":
		e.Cause, e.again = errors.New("an HTTP server answers there; expected the TCP port of Apache Iggy, which is 8090 by default"), false
	case ok:
		e.Cause, e.again = c.unknownProtocol(p.reason), false
	case errors.Is(err, errClosedByServer):
		e.Cause = c.unknownProtocol("it closes the connection when it is asked")
	default:
		e.Cause = fmt.Errorf("%w; expected a server of Apache Iggy %s", err, c.config.Codec.Version())
	}
	return e
}

// speaksTLS reports whether a handshake gets as far as a certificate, which no authority is asked about: it is not to succeed.
func speaksTLS(ctx context.Context, address string) bool {
	config, err := (&TLS{}).config(address)
	if err != nil {
		return false
	}
	config.RootCAs = x509.NewCertPool()
	nc, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
	if err == nil {
		_ = nc.Close() // nothing was sent
	}
	_, certified := errors.AsType[*tls.CertificateVerificationError](err)
	return certified
}

func (c *Client) unknownProtocol(reason string) error {
	return fmt.Errorf("this is no Apache Iggy server %s, the only version supported: %s", c.config.Codec.Version(), reason)
}

// checkVersion refuses a server whose version is not the protocol's. A user who may not see the version is let through.
func (c *Client) checkVersion(ctx context.Context, cn *conn) error {
	op := "connect to " + cn.address
	w, _, err := cn.ask(ctx, wire.Bare(wire.GetStats), nil)
	var stats wire.Stats
	switch {
	case err != nil:
		return &Error{Op: op, Cause: err, again: true}
	case w.status == wire.Unauthorized:
		return nil
	case w.status != wire.OK:
		e := refused(op, w.status)
		e.again = e.Status.Retryable()
		return e
	}
	if err := c.config.Codec.DecodeReply(w.body, &stats); err != nil {
		return &Error{Op: op, Field: "address", Cause: c.unknownProtocol(err.Error())}
	}
	if !speaks(stats.ServerVersion, c.config.Codec.Version()) {
		return &Error{Op: op, Field: "address", Cause: fmt.Errorf("the server has version %s; supported is %s", stats.ServerVersion, c.config.Codec.Version())}
	}
	return nil
}

// speaks reports whether a server's version, such as "0.8.1-edge.2", is one of a protocol's, such as "0.8".
func speaks(server, protocol string) bool {
	if len(server) <= len(protocol) {
		return server == protocol
	}
	next := server[len(protocol)]
	return server[:len(protocol)] == protocol && (next < '0' || next > '9')
}
