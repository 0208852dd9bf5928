package iggytest_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// peer is a client that asks a server, whoever wrote it. An error of the server is its wire.Status, wrapped or not; what the
// server lacks is wire.ErrAbsent.
type peer interface {
	do(r wire.Request, reply wire.Reply) error
	close()
}

// errNotOffered says that a client has no such call.
var errNotOffered = errors.New("this client does not offer that request")

// errNoName says that a client has no name for the status that it was given.
var errNoName = errors.New("this client does not tell which status that is")

// server is where a suite runs.
type server struct {
	address            string
	username, password string
	caFile             string // "": plain TCP
	serverName         string
}

// deadline is for each request of a test, which fails rather than hang.
const deadline = 30 * time.Second

func dialServer(s server) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if s.caFile == "" {
		return (&net.Dialer{}).DialContext(ctx, "tcp", s.address)
	}
	data, err := os.ReadFile(s.caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(data)
	return (&tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: s.serverName}}).DialContext(ctx, "tcp", s.address)
}

// codecPeer speaks with nothing but the codec: one request, one reply.
type codecPeer struct {
	t      testing.TB
	conn   net.Conn
	reader *bufio.Reader
	buf    []byte
}

func newCodecPeer(t testing.TB, s server) peer {
	t.Helper()
	conn, err := dialServer(s)
	if err != nil {
		t.Fatal(err)
	}
	p := &codecPeer{t: t, conn: conn, reader: bufio.NewReaderSize(conn, 1<<20)}
	t.Cleanup(p.close)
	return p
}

func (p *codecPeer) close() { _ = p.conn.Close() }

func (p *codecPeer) do(r wire.Request, reply wire.Reply) error {
	if err := p.send(r); err != nil {
		return err
	}
	return p.receive(reply)
}

func (p *codecPeer) send(r wire.Request) (err error) {
	p.buf, err = v08.Codec{}.AppendRequest(p.buf[:0], r)
	if err != nil {
		return err
	}
	if err := p.conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		return err
	}
	_, err = p.conn.Write(p.buf)
	return err
}

func (p *codecPeer) receive(reply wire.Reply) error {
	header := make([]byte, v08.Codec{}.ReplyHeaderSize())
	if _, err := io.ReadFull(p.reader, header); err != nil {
		return err
	}
	status, size := v08.Codec{}.ReplyHeader(header)
	body := make([]byte, size)
	if _, err := io.ReadFull(p.reader, body); err != nil {
		return err
	}
	if status != wire.OK {
		return status
	}
	if reply == nil {
		if size > 0 {
			return fmt.Errorf("a reply of %d bytes where none was expected", size)
		}
		return nil
	}
	return v08.Codec{}.DecodeReply(body, reply)
}

// session is a peer in a test: it fails the test where it must not fail.
type session struct {
	t testing.TB
	peer
}

// must asks and gets an answer.
func must[T any, P interface {
	*T
	wire.Reply
}](s session, r wire.Request) T {
	s.t.Helper()
	var reply T
	if err := s.do(r, P(&reply)); err != nil {
		s.t.Fatalf("command %d: %v", r.Command(), err)
	}
	return reply
}

// batch polls.
func batch(s session, r *wire.Poll) *wire.Batch {
	s.t.Helper()
	b := must[wire.Batch](s, r)
	return &b
}

// run asks for what has no answer.
func (s session) run(r wire.Request) {
	s.t.Helper()
	if err := s.do(r, nil); err != nil {
		s.t.Fatalf("command %d: %v", r.Command(), err)
	}
}

// refused asks for what must fail.
func (s session) refused(r wire.Request, reply wire.Reply, want error) {
	s.t.Helper()
	err := s.do(r, reply)
	if errors.Is(err, errNotOffered) || errors.Is(err, errNoName) && want == wire.NotResolvedConsumer {
		return
	}
	if !errors.Is(err, want) {
		s.t.Errorf("command %d: %v, want %v", r.Command(), err, want)
	}
}

func (s session) login(username, password string) uint32 {
	s.t.Helper()
	return must[wire.Identity](s, &wire.Login{Username: username, Password: password, Version: "test"}).User
}

// text makes messages of payloads.
func text(payloads ...string) wire.Messages {
	var m wire.Messages
	for _, p := range payloads {
		m.Start = append(m.Start, int32(len(m.Data)))
		m.Data = append(m.Data, p...)
		m.End = append(m.End, int32(len(m.Data)))
	}
	return m
}

// numbered makes n payloads that begin with prefix.
func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return out
}

func payloads(b *wire.Batch) []string {
	out := []string{}
	for i := range b.Len() {
		out = append(out, string(b.Payload(i)))
	}
	return out
}
