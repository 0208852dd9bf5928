package v08

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

var le = binary.LittleEndian

// coder walks a layout in one of two directions: it appends what the fields hold to buf, or it fills them from buf. Behind its
// first error it does nothing.
type coder struct {
	buf     []byte
	at      int // when decoding: the first byte not yet read
	decodes bool
	err     error
}

func decoder(body []byte) coder { return coder{buf: body, decodes: true} }

func (c *coder) fail(s wire.Status, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %s", s, fmt.Sprintf(format, args...))
	}
}

// left is how many bytes are not yet read.
func (c *coder) left() int { return len(c.buf) - c.at }

// take returns the next n bytes, or nil and fails.
func (c *coder) take(n int, what string) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > c.left() {
		c.fail(wire.InvalidCommand, "%s of %d bytes at byte %d of %d", what, n, c.at, len(c.buf))
		return nil
	}
	c.at += n
	return c.buf[c.at-n : c.at : c.at]
}

// end fails where a decoder has bytes left.
func (c *coder) end() error {
	if c.decodes && c.err == nil && c.left() > 0 {
		c.fail(wire.InvalidCommand, "%d bytes behind the end", c.left())
	}
	return c.err
}

func (c *coder) u8(v *uint8) {
	if !c.decodes {
		c.buf = append(c.buf, *v)
	} else if b := c.take(1, "u8"); b != nil {
		*v = b[0]
	}
}

func (c *coder) u16(v *uint16) {
	if !c.decodes {
		c.buf = le.AppendUint16(c.buf, *v)
	} else if b := c.take(2, "u16"); b != nil {
		*v = le.Uint16(b)
	}
}

func (c *coder) u32(v *uint32) {
	if !c.decodes {
		c.buf = le.AppendUint32(c.buf, *v)
	} else if b := c.take(4, "u32"); b != nil {
		*v = le.Uint32(b)
	}
}

func (c *coder) u64(v *uint64) {
	if !c.decodes {
		c.buf = le.AppendUint64(c.buf, *v)
	} else if b := c.take(8, "u64"); b != nil {
		*v = le.Uint64(b)
	}
}

func (c *coder) micros(v *wire.Micros) { c.u64((*uint64)(v)) }

func (c *coder) f32(v *float32) {
	bits := math.Float32bits(*v)
	if c.u32(&bits); c.decodes {
		*v = math.Float32frombits(bits)
	}
}

func (c *coder) bool(v *bool) {
	var b uint8
	if *v {
		b = 1
	}
	c.u8(&b)
	if b > 1 {
		c.fail(wire.InvalidCommand, "a flag of %d; expected 0 or 1", b)
	}
	if c.decodes {
		*v = b == 1
	}
}

// text8 is a text behind a length of one byte; wrong is the status of one that is empty or too long.
func (c *coder) text8(v *string, wrong wire.Status) {
	if c.decodes {
		var n uint8
		c.u8(&n)
		if n == 0 {
			c.fail(wrong, "an empty text")
		}
		*v = string(c.take(int(n), "text"))
		return
	}
	if len(*v) < 1 || len(*v) > 255 {
		c.fail(wrong, "a text of %d bytes; expected 1 to 255", len(*v))
		return
	}
	c.buf = append(append(c.buf, uint8(len(*v))), *v...)
}

// text32 is a text behind a length of four bytes.
func (c *coder) text32(v *string) {
	n := uint32(len(*v))
	c.u32(&n)
	if !c.decodes {
		c.buf = append(c.buf, *v...)
	} else if c.err == nil {
		*v = string(c.take(int(n), "text"))
	}
}

// blob is an optional run of bytes: a flag, and then a length of four bytes and the bytes.
func (c *coder) blob(v *[]byte) {
	given := *v != nil
	c.bool(&given)
	if !given || c.err != nil {
		return
	}
	n := uint32(len(*v))
	c.u32(&n)
	if !c.decodes {
		c.buf = append(c.buf, *v...)
		return
	}
	if b := c.take(int(n), "bytes"); c.err == nil {
		*v = append([]byte{}, b...)
	}
}

// id is a kind, a length and a number or name.
func (c *coder) id(v *wire.Identifier) {
	if c.decodes {
		c.decodeID(v)
		return
	}
	switch {
	case v.Name == "":
		c.buf = le.AppendUint32(append(c.buf, 1, 4), v.Number)
	case len(v.Name) > 255:
		c.fail(wire.InvalidIdentifier, "a name of %d bytes; expected 1 to 255", len(v.Name))
	default:
		c.buf = append(append(c.buf, 2, uint8(len(v.Name))), v.Name...)
	}
}

func (c *coder) decodeID(v *wire.Identifier) {
	head := c.take(2, "identifier")
	if head == nil {
		return
	}
	value := c.take(int(head[1]), "identifier")
	switch {
	case c.err != nil:
	case head[0] == 1 && len(value) == 4:
		*v = wire.ID(le.Uint32(value))
	case head[0] == 2 && len(value) > 0:
		*v = wire.Name(string(value))
	default:
		c.fail(wire.InvalidIdentifier, "kind %d with %d bytes", head[0], len(value))
	}
}

func (c *coder) ids(vs ...*wire.Identifier) {
	for _, v := range vs {
		c.id(v)
	}
}

// rest walks the elements up to the end of the body. Each takes at least one byte, so it ends.
func rest[T any](c *coder, list *[]T, each func(*coder, *T)) {
	if !c.decodes {
		for i := range *list {
			each(c, &(*list)[i])
		}
		return
	}
	*list = nil
	for c.err == nil && c.left() > 0 {
		var v T
		each(c, &v)
		*list = append(*list, v)
	}
}

// counted walks elements behind their number; each takes at least minSize bytes, which bounds what a number makes us allocate.
func counted[T any](c *coder, list *[]T, minSize int, each func(*coder, *T)) {
	n := uint32(len(*list))
	c.u32(&n)
	if c.decodes {
		if c.err == nil && int64(n) > int64(c.left()/minSize) {
			c.fail(wire.InvalidCommand, "%d elements in %d bytes", n, c.left())
		}
		if c.err != nil || n == 0 {
			*list = nil
			return
		}
		*list = make([]T, n)
	}
	for i := range *list {
		each(c, &(*list)[i])
	}
}
