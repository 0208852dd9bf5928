package iggy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// readAhead is how much is read at once where answers are small. A longer body is read straight into its buffer.
const readAhead = 16 << 10

// keptFrame is how large the buffer for requests may stay between two of them.
const keptFrame = 16 << 20

// conn is one connection. Requests are written as they come, and answers arrive in the same order: a queue of calls pairs them.
// Its first error ends it, and all calls that wait.
type conn struct {
	net     net.Conn
	address string
	codec   wire.Codec
	timeout time.Duration
	limit   int // bytes of a reply

	writing chan struct{} // holds a token while a request is written: a lock that a context can give up on
	frame   []byte        // the request being written; of the holder of the token

	mu      sync.Mutex
	waiting []*call // in the order of their requests
	used    time.Time
	err     error
	dead    chan struct{} // closed behind err
}

// call is one request whose answer is awaited. Its fields belong to the reader until done is closed.
type call struct {
	sent   time.Time
	buf    []byte // room for the body, taken from the caller
	body   []byte
	status wire.Status
	err    error
	done   chan struct{}
}

// protocolError is an answer that no server of our protocol gives.
type protocolError struct {
	header []byte // the first bytes that came
	reason string
}

func (e *protocolError) Error() string { return e.reason }

var errClosedByServer = errors.New("the server closed the connection")

func newConn(nc net.Conn, address string, c Config) *conn {
	return &conn{
		net: nc, address: address, codec: c.Codec, timeout: c.Timeout, limit: c.MaxReply,
		writing: make(chan struct{}, 1), dead: make(chan struct{}), used: time.Now(),
	}
}

// fail ends the connection with its first error.
func (c *conn) fail(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	waiting := c.waiting
	c.waiting = nil
	close(c.dead)
	c.mu.Unlock()
	_ = c.net.Close() // nothing that was sent is relied on without its answer
	for _, w := range waiting {
		w.err = err
		close(w.done)
	}
}

// alive reports whether nothing has failed yet.
func (c *conn) alive() bool {
	select {
	case <-c.dead:
		return false
	default:
		return true
	}
}

// ask sends r and waits for its answer, whose body is read into buf, or into a larger one where that is too short; both belong
// to the connection until it returns, and buf still does when it returns an error. sent says whether the server may have the
// request.
func (c *conn) ask(ctx context.Context, r wire.Request, buf []byte) (w *call, sent bool, err error) {
	w = &call{buf: buf, done: make(chan struct{})}
	if sent, err := c.send(ctx, r, w); err != nil {
		return nil, sent, err
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		return nil, true, context.Cause(ctx) // the reader drops the answer when it comes
	}
	return w, true, w.err
}

// send writes r and queues w for its answer.
func (c *conn) send(ctx context.Context, r wire.Request, w *call) (sent bool, err error) {
	select {
	case c.writing <- struct{}{}:
		defer func() { <-c.writing }()
	case <-c.dead:
		return false, c.err
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	if c.frame, err = c.codec.AppendRequest(c.frame[:0], r); err != nil {
		return false, err
	}
	now := time.Now()
	if err := c.queue(w, now); err != nil {
		return false, err
	}
	n, err := c.write(ctx, now)
	if err != nil {
		whole := n == len(c.frame)
		c.fail(fmt.Errorf("send a request: %w", err))
		return whole, c.err
	}
	if cap(c.frame) > keptFrame {
		c.frame = nil
	}
	return true, nil
}

// queue puts w behind the calls that wait, before its request is written: the answer may be as quick.
func (c *conn) queue(w *call, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	w.sent, c.used = now, now
	c.waiting = append(c.waiting, w)
	if len(c.waiting) == 1 {
		return c.net.SetReadDeadline(now.Add(c.timeout))
	}
	return nil
}

// write writes the frame, at most until ctx is done.
func (c *conn) write(ctx context.Context, now time.Time) (int, error) {
	if err := c.net.SetWriteDeadline(now.Add(c.timeout)); err != nil {
		return 0, err
	}
	if ctx.Done() == nil {
		return c.net.Write(c.frame)
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = c.net.SetWriteDeadline(now) // in the past: the write returns
	})
	n, err := c.net.Write(c.frame)
	if !stop() {
		<-stopped // or it would end the next write
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return n, err
}

// read takes answers until the connection ends.
func (c *conn) read() {
	r := bufio.NewReaderSize(c.net, readAhead)
	header := make([]byte, c.codec.ReplyHeaderSize())
	for {
		if n, err := io.ReadFull(r, header); err != nil {
			c.fail(c.readError(err, header[:n]))
			return
		}
		w, err := c.next(header)
		if err == nil {
			err = c.body(r, header, w)
		}
		if err != nil {
			c.fail(err)
			if w != nil {
				w.err = err
				close(w.done)
			}
			return
		}
		c.rest()
		close(w.done)
	}
}

// readError says what an error of the network means for those who wait.
func (c *conn) readError(err error, header []byte) error {
	var timeout net.Error
	switch {
	case len(header) > 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return &protocolError{header: header, reason: "the server closed the connection within an answer"}
	case errors.Is(err, io.EOF):
		return errClosedByServer
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("no answer within %s", c.timeout)
	}
	return fmt.Errorf("read an answer: %w", err)
}

// next takes the call that the answer is for.
func (c *conn) next(header []byte) (*call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		return nil, &protocolError{header: header, reason: fmt.Sprintf("an answer (% x) without a request", header)}
	}
	w := c.waiting[0]
	c.waiting[0] = nil
	c.waiting = c.waiting[1:]
	return w, nil
}

// body reads the rest of an answer.
func (c *conn) body(r io.Reader, header []byte, w *call) error {
	status, size := c.codec.ReplyHeader(header)
	if size < 0 || size > c.limit {
		return &protocolError{header: header, reason: fmt.Sprintf("an answer of %d bytes; at most %d are taken", uint32(size), c.limit)}
	}
	w.status = status
	body, err := readBody(r, w.buf, size)
	if err != nil {
		return c.readError(err, header)
	}
	w.body = body
	return nil
}

// rest sets the deadline for what is awaited next.
func (c *conn) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var deadline time.Time
	if len(c.waiting) > 0 {
		deadline = c.waiting[0].sent.Add(c.timeout)
	}
	_ = c.net.SetReadDeadline(deadline) // a closed connection fails its next read
}

// idle is how long nothing was asked, and whether nothing is awaited.
func (c *conn) idle() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.used), len(c.waiting) == 0
}

// readBody reads size bytes into buf, or into a larger buffer, with padding behind them. That one grows as bytes arrive: a
// header alone makes nobody allocate.
func readBody(r io.Reader, buf []byte, size int) ([]byte, error) {
	if cap(buf) >= size+padding {
		buf = buf[:size]
		_, err := io.ReadFull(r, buf)
		return buf, err
	}
	buf = make([]byte, 0, min(size, firstRead)+padding)
	for {
		part := buf[len(buf):min(size, cap(buf)-padding)]
		n, err := io.ReadFull(r, part)
		buf = buf[:len(buf)+n]
		if err != nil || len(buf) == size {
			return buf, err
		}
		buf = append(make([]byte, 0, min(size, 2*cap(buf))+padding), buf...)
	}
}

// padding is how many bytes behind a body can be read, as decoders of payloads want.
const padding = 64

// firstRead is how much of an unusually long body is believed at first.
const firstRead = 1 << 20
