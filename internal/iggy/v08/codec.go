package v08

import (
	"fmt"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// MaxRequest is how many bytes the body of a request may have, but for SendMessages; the server refuses a longer one unread.
const MaxRequest = 10 << 20

// RequestHeaderSize is how many bytes begin a request.
const RequestHeaderSize = 8

// Codec is the protocol of server 0.8. The zero Codec is ready to use.
type Codec struct{}

var _ wire.Codec = Codec{}

// Version returns "0.8".
func (Codec) Version() string { return "0.8" }

// AppendRequest appends the whole frame of r.
func (Codec) AppendRequest(dst []byte, r wire.Request) ([]byte, error) {
	head := len(dst)
	c := coder{buf: le.AppendUint32(append(dst, 0, 0, 0, 0), uint32(r.Command()))}
	c.request(r)
	if c.err != nil {
		return dst, fmt.Errorf("encode request %d: %w", r.Command(), c.err)
	}
	le.PutUint32(c.buf[head:], uint32(len(c.buf)-head-4))
	return c.buf, nil
}

// ReplyHeaderSize returns 8.
func (Codec) ReplyHeaderSize() int { return 8 }

// ReplyHeader reads a status and the length of the body behind it.
func (Codec) ReplyHeader(header []byte) (wire.Status, int) {
	return wire.Status(le.Uint32(header)), int(le.Uint32(header[4:]))
}

// DecodeReply reads a body into r. A *wire.Batch and a *wire.Raw are views of body; everything else is copied.
func (Codec) DecodeReply(body []byte, r wire.Reply) error {
	if len(body) == 0 {
		return emptyReply(r)
	}
	if err := decodeReply(body, r); err != nil {
		return fmt.Errorf("decode reply: %w", err)
	}
	return nil
}

func decodeReply(body []byte, r wire.Reply) error {
	if b, ok := r.(*wire.Batch); ok {
		return decodeBatch(body, b)
	}
	c := decoder(body)
	c.reply(r)
	return c.end()
}

// emptyReply is for lists and polls an empty list, and for everything else its absence.
func emptyReply(r wire.Reply) error {
	switch r := r.(type) {
	case *wire.Streams:
		*r = nil
	case *wire.Topics:
		*r = nil
	case *wire.Groups:
		*r = nil
	case *wire.Clients:
		*r = nil
	case *wire.Users:
		*r = nil
	case *wire.Tokens:
		*r = nil
	case *wire.Batch:
		r.Reset()
		r.Partition, r.Current = 0, 0
	case *wire.Raw:
		*r = wire.Raw{}
	default:
		return wire.ErrAbsent
	}
	return nil
}

// RequestHeader reads the beginning of a request: its command and how many bytes of body follow. A length that cannot be is an
// error, and nothing behind it can be read.
func RequestHeader(header []byte) (do wire.Command, size int, err error) {
	length := le.Uint32(header)
	do = wire.Command(le.Uint32(header[4:]))
	switch {
	case length < 4:
		return do, 0, fmt.Errorf("%w: a length of %d", wire.InvalidCommand, length)
	case length-4 > MaxRequest && do != wire.SendMessages, length-4 > maxMessages:
		return do, 0, fmt.Errorf("%w: a body of %d bytes", wire.InvalidCommand, length-4)
	}
	return do, int(length - 4), nil
}
