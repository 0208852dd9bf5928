package iggybroker

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

const (
	handshakeTimeout = 10 * time.Second
	readerBytes      = 64 << 10 // small requests are read together; larger ones go past the buffer
	firstBodyBytes   = 1 << 20  // a body's buffer begins so large at most: its length is only a claim
	strangerBytes    = 4 << 10  // the longest body of a client that has not logged in
	keptBytes        = 16 << 20 // a buffer larger than that is not kept for the next request
	gatherBytes      = 64 << 10 // a reply shorter than that is copied into one write
)

// conn is a client and its connection. One goroutine serves it; others know what stands before net.
type conn struct {
	s       *Server
	id      uint32
	socket  net.Conn     // for its address, and to close it
	user    atomic.Int64 // the user's id, or nobody
	seen    atomic.Int64 // when its last request came, in nanoseconds since 1970
	stale   atomic.Bool  // it was silent for too long: the next request is its last
	net     net.Conn     // the socket, or TLS over it
	reader  *bufio.Reader
	body    []byte
	out     []byte
	view    partition.View // messages behind out
	vectors net.Buffers
}

const nobody = -1

// userID is the user that is logged in; what asks for it is only reached by one who is.
func (c *conn) userID() uint32 { return uint32(c.user.Load()) }

func (c *conn) setUser(id uint32, in bool) {
	if in {
		c.user.Store(int64(id))
	} else {
		c.user.Store(nobody)
	}
}

// serve answers the requests of one connection until it ends.
func (s *Server) serve(ctx context.Context, socket net.Conn) {
	c := s.register(socket)
	defer func() {
		_ = socket.Close()
		s.forget(c)
	}()
	if ctx.Err() != nil {
		return // the server closed all connections before this one was known
	}
	if s.options.TLS != nil {
		secure := tls.Server(socket, s.options.TLS)
		limited, cancel := context.WithTimeout(ctx, handshakeTimeout)
		err := secure.HandshakeContext(limited)
		cancel()
		if err != nil {
			s.options.Log.Debug("a TLS handshake failed", "client", socket.RemoteAddr(), "error", err)
			return
		}
		c.net = secure
	}
	c.reader = bufio.NewReaderSize(c.net, readerBytes)
	for {
		if err := c.next(ctx); err != nil {
			if !errors.Is(err, io.EOF) && ctx.Err() == nil {
				s.options.Log.Debug("a connection ended", "client", c.id, "error", err)
			}
			return
		}
	}
}

func (s *Server) register(socket net.Conn) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	c := &conn{s: s, id: s.lastID, socket: socket, net: socket}
	c.user.Store(nobody)
	c.seen.Store(s.options.Now().UnixNano())
	s.clients[c.id] = c
	return c
}

// forget ends the client's memberships: a disconnection is a leave.
func (s *Server) forget(c *conn) {
	s.mu.Lock()
	delete(s.clients, c.id)
	s.mu.Unlock()
	s.catalog.Disconnect(c.id)
}

// logOut ends the sessions of a user that was deleted.
func (s *Server) logOut(user uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		c.user.CompareAndSwap(int64(user), nobody)
	}
}

// next reads a request and answers it. An error ends the connection.
func (c *conn) next(ctx context.Context) error {
	var header [v08.RequestHeaderSize]byte
	if _, err := io.ReadFull(c.reader, header[:]); err != nil {
		return err
	}
	c.seen.Store(c.s.options.Now().UnixNano())
	do, size, err := v08.RequestHeader(header[:])
	stranger := c.user.Load() == nobody
	if err == nil && stranger && size > strangerBytes {
		err = wire.Unauthenticated
	}
	if c.stale.Load() {
		err = wire.StaleClient
	}
	if err != nil {
		// The body is not read, so that what follows cannot be understood.
		c.out = v08.AppendError(c.out[:0], statusOf(err))
		return errors.Join(err, c.flush())
	}
	if err := c.readBody(size); err != nil {
		return err
	}
	if err := c.answer(ctx, do); err != nil {
		return err
	}
	if cap(c.body) > keptBytes {
		c.body = nil
	}
	if cap(c.out) > keptBytes {
		c.out = nil
	}
	return nil
}

// readBody reads size bytes into c.body, which grows as they come.
func (c *conn) readBody(size int) error {
	c.body = c.body[:0]
	for len(c.body) < size {
		if len(c.body) == cap(c.body) {
			c.body = slices.Grow(c.body, min(size-len(c.body), max(firstBodyBytes, len(c.body))))
		}
		at := len(c.body)
		c.body = c.body[:min(size, cap(c.body))]
		if _, err := io.ReadFull(c.reader, c.body[at:]); err != nil {
			return err
		}
	}
	return nil
}

// answer handles the request in c.body and sends the reply, unless a fault has it otherwise.
func (c *conn) answer(ctx context.Context, do wire.Command) error {
	defer func() { _ = c.view.Release() }() // its errors are of closing deleted files
	fault := c.s.options.Faults.meet(do)
	if fault == nil {
		c.handle(do)
		return c.flush()
	}
	return c.fail(ctx, do, fault)
}

// handle leaves the reply to the request in c.out and c.view.
func (c *conn) handle(do wire.Command) {
	c.out = c.out[:0]
	reply, err := c.execute(do)
	if err == nil {
		c.out, err = v08.AppendReply(c.out, reply)
	}
	if err != nil {
		c.out = v08.AppendError(c.out[:0], c.report(do, err))
		return
	}
	if c.view.Count > 0 {
		binary.LittleEndian.PutUint32(c.out[4:], uint32(len(c.out)-8+c.view.Bytes))
	}
}

// report logs what is the server's own trouble and returns the status to answer with.
func (c *conn) report(do wire.Command, err error) wire.Status {
	status := statusOf(err)
	if status == wire.GeneralError {
		c.s.options.Log.Error("a request failed", "command", uint32(do), "client", c.id, "error", err)
	}
	return status
}

func statusOf(err error) wire.Status {
	if status, ok := errors.AsType[wire.Status](err); ok {
		return status
	}
	return wire.GeneralError
}

// flush sends c.out and the messages behind it.
func (c *conn) flush() error {
	_, plain := c.net.(*net.TCPConn)
	if !plain || c.view.Bytes < gatherBytes {
		c.gather()
		_, err := c.net.Write(c.out)
		return err
	}
	c.vectors = append(append(c.vectors[:0], c.out), c.view.Slices...)
	sent := c.vectors // WriteTo empties the slice that it is called on
	_, err := sent.WriteTo(c.net)
	clear(c.vectors)
	return err
}

// gather copies the messages behind c.out into it.
func (c *conn) gather() {
	for _, s := range c.view.Slices {
		c.out = append(c.out, s...)
	}
}
