package iggy

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Compression is how producers packed their payloads. Servers neither pack nor say so: a topic's compression is a label.
type Compression string

// The compressions that an Inflater knows. Of gzip and zstd a payload without their magic bytes passes as it is; of S2, which
// the Go SDK can write, one of less than 32 bytes that is no S2 block.
const (
	Gzip Compression = "gzip"
	S2   Compression = "s2"
	Zstd Compression = "zstd"
)

// shortestS2 is what the SDK packs: it leaves shorter payloads as they are.
const shortestS2 = 32

// Damaged is a message whose payload could not be unpacked.
type Damaged struct {
	Message int // index in the batch
	Err     error
}

// Inflater unpacks the payloads of batches. It is for one goroutine.
type Inflater struct {
	how  Compression
	buf  []byte
	gzip *gzip.Reader
	zstd *zstd.Decoder
}

// NewInflater returns an Inflater of one compression. A name that it does not know is an error.
func NewInflater(how Compression) (*Inflater, error) {
	i := &Inflater{how: how}
	switch how {
	case Gzip:
		i.gzip = new(gzip.Reader)
	case Zstd:
		var err error
		if i.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(wire.MaxPayload)); err != nil {
			return nil, err
		}
	case S2:
	default:
		return nil, fmt.Errorf("compression %q; expected gzip, s2 or zstd", how)
	}
	return i, nil
}

var (
	errTooLong = fmt.Errorf("more than %d bytes when unpacked", wire.MaxPayload)
	errEmpty   = errors.New("nothing when unpacked")
)

// Inflate replaces the payloads of m by what they unpack to: views of the Inflater's buffer, valid until its next call, and
// readable for 64 bytes behind. Payloads that cannot be unpacked stay as they are and are returned, ascending. A payload unpacks
// to at most wire.MaxPayload bytes, all of them to 2 GiB.
func (i *Inflater) Inflate(m *wire.Messages) (damaged []Damaged) {
	i.buf = i.buf[:0]
	for k := range m.Start {
		payload := m.Payload(k)
		start := len(i.buf)
		out, err := i.one(payload)
		if err == nil && len(out) > maxInflated {
			err = errTooLong
		}
		if err != nil {
			damaged = append(damaged, Damaged{Message: k, Err: err})
			out = append(i.buf[:start], payload...)
		}
		i.buf = out
		m.Start[k], m.End[k] = int32(start), int32(len(out))
	}
	for range padding {
		i.buf = append(i.buf, 0)
	}
	m.Data = i.buf[:len(i.buf)-padding]
	return damaged
}

// maxInflated is how many bytes the int32 positions of a batch reach.
const maxInflated = 1<<31 - 1

// one appends what a payload unpacks to.
func (i *Inflater) one(payload []byte) ([]byte, error) {
	start := len(i.buf)
	var out []byte
	var err error
	switch {
	case i.how == Gzip && bytes.HasPrefix(payload, []byte{0x1f, 0x8b}):
		out, err = i.unzip(payload)
	case i.how == Zstd && bytes.HasPrefix(payload, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		out, err = i.zstd.DecodeAll(payload, i.buf)
	case i.how == S2:
		out, err = i.unpackS2(payload)
	default:
		return append(i.buf, payload...), nil
	}
	switch n := len(out) - start; {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", i.how, err)
	case n > wire.MaxPayload:
		return nil, fmt.Errorf("%s: %w", i.how, errTooLong)
	case n == 0:
		return nil, fmt.Errorf("%s: %w", i.how, errEmpty)
	}
	return out, nil
}

func (i *Inflater) unzip(payload []byte) ([]byte, error) {
	if err := i.gzip.Reset(bytes.NewReader(payload)); err != nil {
		return nil, err
	}
	w := bytes.NewBuffer(i.buf)
	if _, err := io.Copy(w, io.LimitReader(i.gzip, wire.MaxPayload+1)); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

func (i *Inflater) unpackS2(payload []byte) ([]byte, error) {
	n, err := s2.DecodedLen(payload)
	if err == nil && n > wire.MaxPayload {
		err = errTooLong
	}
	if err == nil {
		start := len(i.buf)
		out := append(i.buf, make([]byte, n)...)
		if _, err = s2.Decode(out[start:], payload); err == nil {
			return out, nil
		}
	}
	if len(payload) < shortestS2 {
		return append(i.buf, payload...), nil
	}
	return nil, err
}
