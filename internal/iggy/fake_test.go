package iggy_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// errHangUp makes a fake close the connection instead of answering.
var errHangUp = errors.New("hang up")

// answer is what a fake says to a request that its test cares for: a reply, or a wire.Status, or errHangUp, or bytes as they are.
type answer func(c *fakeConn, r wire.Request) (wire.Reply, error)

// rawAnswer is an error that carries bytes to send instead of a frame.
type rawAnswer []byte

func (rawAnswer) Error() string { return "bytes as they are" }

// fake speaks the frames of server 0.8 and no more: pings, logins and the version work, and the test says the rest.
type fake struct {
	t       *testing.T
	address string
	tls     *tls.Config
	answer  answer

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	closed   bool
	running  sync.WaitGroup
	accepted int
	gone     *sync.Cond // a connection has ended
}

// fakeConn is one connection to a fake.
type fakeConn struct {
	net.Conn
	number int // from 1
}

func startFake(t *testing.T, a answer) *fake { return startFakeTLS(t, nil, a) }

func startFakeTLS(t *testing.T, config *tls.Config, a answer) *fake {
	t.Helper()
	f := &fake{t: t, address: "127.0.0.1:0", tls: config, answer: a, conns: map[net.Conn]bool{}}
	f.gone = sync.NewCond(&f.mu)
	f.start()
	t.Cleanup(f.stop)
	return f
}

// start listens, at the same address as before.
func (f *fake) start() {
	f.t.Helper()
	listener, err := net.Listen("tcp", f.address)
	if err != nil {
		f.t.Fatal(err)
	}
	f.mu.Lock()
	f.address, f.listener, f.closed = listener.Addr().String(), listener, false
	f.mu.Unlock()
	f.running.Go(func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			if f.tls != nil {
				nc = tls.Server(nc, f.tls)
			}
			f.mu.Lock()
			f.accepted++
			c := &fakeConn{Conn: nc, number: f.accepted}
			closed := f.closed
			f.conns[nc] = true
			f.mu.Unlock()
			if closed {
				_ = nc.Close()
				return
			}
			f.running.Go(func() { f.serve(c) })
		}
	})
}

// stop closes everything and waits.
func (f *fake) stop() {
	f.mu.Lock()
	f.closed = true
	_ = f.listener.Close()
	f.mu.Unlock()
	f.hangUp()
	f.running.Wait()
}

// hangUp closes all connections.
func (f *fake) hangUp() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		_ = c.Close()
	}
}

func (f *fake) serve(c *fakeConn) {
	defer func() {
		_ = c.Close()
		f.mu.Lock()
		delete(f.conns, c.Conn)
		f.gone.Broadcast()
		f.mu.Unlock()
	}()
	r := bufio.NewReader(c)
	for {
		header := make([]byte, v08.RequestHeaderSize)
		if _, err := io.ReadFull(r, header); err != nil {
			return
		}
		do, size, err := v08.RequestHeader(header)
		if err != nil {
			_, _ = c.Write(v08.AppendError(nil, wire.InvalidCommand)) // the connection ends in any case
			return
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		request, err := v08.DecodeRequest(do, body)
		if err != nil {
			f.t.Error(err)
			return
		}
		if !f.reply(c, request) {
			return
		}
	}
}

// settle waits until all connections but the last of so many are gone.
func (f *fake) settle(accepted uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for uint64(f.accepted) < accepted || len(f.conns) > 1 {
		f.gone.Wait()
	}
}

// reply answers one request, and reports whether the connection stays.
func (f *fake) reply(c *fakeConn, r wire.Request) bool {
	reply, err := f.say(c, r)
	var frame []byte
	status, isStatus := err.(wire.Status)
	raw, isRaw := err.(rawAnswer)
	switch {
	case isStatus:
		frame = v08.AppendError(nil, status)
	case isRaw:
		frame = raw
	case err != nil:
		return false
	default:
		if frame, err = v08.AppendReply(nil, reply); err != nil {
			f.t.Error(err)
			return false
		}
	}
	_, err = c.Write(frame)
	return err == nil
}

func (f *fake) say(c *fakeConn, r wire.Request) (wire.Reply, error) {
	if f.answer != nil {
		if reply, err := f.answer(c, r); reply != nil || err != nil {
			return reply, err
		}
	}
	switch r.Command() {
	case wire.LoginUser, wire.LoginToken:
		return &wire.Identity{User: 1}, nil
	case wire.GetStats:
		return &wire.Stats{ServerVersion: "0.8.0"}, nil
	}
	return nil, nil
}

// config is for the fake, with pauses that do not slow a test down.
func (f *fake) config() iggy.Config {
	return iggy.Config{
		Addresses:   []string{f.address},
		Credentials: iggy.Credentials{Username: "iggy", Password: dsl.NewSecret("open sesame")},
		Retry:       retry.Config{Base: time.Millisecond, Max: 5 * time.Millisecond},
		Heartbeat:   -1,
	}
}

// within is a context for a call that must not hang.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func dial(t *testing.T, c iggy.Config) *iggy.Client {
	t.Helper()
	client, err := iggy.Dial(within(t), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// refusal is the error of a Dial that has to fail for good.
func refusal(t *testing.T, c iggy.Config) error {
	t.Helper()
	client, err := iggy.Dial(within(t), c)
	if err == nil {
		client.Close()
		t.Fatal("the server was taken")
	}
	if !retry.IsPermanent(err) {
		t.Errorf("a retry is thought to help against: %v", err)
	}
	return err
}

var (
	shop   = wire.Name("shop")
	clicks = wire.Name("clicks")
)

// poll is a poll of partition 0 from an offset on.
func poll(offset uint64) *wire.Poll {
	return &wire.Poll{
		Consumer: wire.Consumer{Kind: wire.SingleConsumer, ID: wire.Name("me")}, Stream: shop, Topic: clicks,
		Partition: wire.OfPartition(0), Strategy: wire.FromOffset(offset), Count: 10,
	}
}

// send is a message for partition 0.
func send(payload string) *wire.Send {
	return &wire.Send{Stream: shop, Topic: clicks, Partitioning: wire.ToPartition(0), Messages: wire.Messages{
		Data: []byte(payload), Start: []int32{0}, End: []int32{int32(len(payload))},
	}}
}

// stored is a poll's answer with one message.
func stored(partition uint32, offset uint64, payload string) *wire.Raw {
	message := make([]byte, v08.HeaderSize, v08.HeaderSize+len(payload))
	h := v08.Header{Offset: offset, Payload: uint32(len(payload))}
	h.Put(message)
	message = append(message, payload...)
	v08.Seal(message)
	return &wire.Raw{Partition: partition, Current: offset, Count: 1, Messages: message}
}

// frameOf is the whole frame of a reply.
func frameOf(t *testing.T, r wire.Reply) []byte {
	t.Helper()
	frame, err := v08.AppendReply(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// noSecret is nobody's password.
var noSecret = dsl.NewSecret("wrong password")

// tokenOf are credentials with a token.
func tokenOf(raw wire.RawToken) iggy.Credentials {
	return iggy.Credentials{Token: dsl.NewSecret(raw.Token)}
}
