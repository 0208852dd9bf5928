package wire

import (
	"encoding/binary"
	"fmt"
)

// HeaderKind is the type of a user header's key or value.
type HeaderKind uint8

// The kinds of headers. Numbers are little-endian.
const (
	HeaderRaw     HeaderKind = 1
	HeaderString  HeaderKind = 2
	HeaderBool    HeaderKind = 3
	HeaderInt8    HeaderKind = 4
	HeaderInt16   HeaderKind = 5
	HeaderInt32   HeaderKind = 6
	HeaderInt64   HeaderKind = 7
	HeaderInt128  HeaderKind = 8
	HeaderUint8   HeaderKind = 9
	HeaderUint16  HeaderKind = 10
	HeaderUint32  HeaderKind = 11
	HeaderUint64  HeaderKind = 12
	HeaderUint128 HeaderKind = 13
	HeaderFloat32 HeaderKind = 14
	HeaderFloat64 HeaderKind = 15
)

// Size is how many bytes a value of kind k has, or 0 when it has 1 to 255.
func (k HeaderKind) Size() int {
	switch k {
	case HeaderBool, HeaderInt8, HeaderUint8:
		return 1
	case HeaderInt16, HeaderUint16:
		return 2
	case HeaderInt32, HeaderUint32, HeaderFloat32:
		return 4
	case HeaderInt64, HeaderUint64, HeaderFloat64:
		return 8
	case HeaderInt128, HeaderUint128:
		return 16
	}
	return 0
}

// Header is one user header of a message.
type Header struct {
	KeyKind   HeaderKind
	Key       []byte
	ValueKind HeaderKind
	Value     []byte
}

// AppendHeader appends the layout of h: for the key and then for the value its kind, its length (u32) and its bytes. A
// kind that does not exist, or a length that its kind does not have, is an error.
func AppendHeader(dst []byte, h Header) ([]byte, error) {
	if err := checkHeader("key", h.KeyKind, len(h.Key)); err != nil {
		return dst, fmt.Errorf("%w: %w", InvalidHeaderKey, err)
	}
	if err := checkHeader("value", h.ValueKind, len(h.Value)); err != nil {
		return dst, fmt.Errorf("%w: %w", InvalidHeaderValue, err)
	}
	dst = append(dst, byte(h.KeyKind))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(h.Key)))
	dst = append(dst, h.Key...)
	dst = append(dst, byte(h.ValueKind))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(h.Value)))
	return append(dst, h.Value...), nil
}

func checkHeader(part string, k HeaderKind, n int) error {
	switch size := k.Size(); {
	case k < HeaderRaw || k > HeaderFloat64:
		return fmt.Errorf("a %s of kind %d; expected 1 to 15", part, k)
	case size != 0 && n != size:
		return fmt.Errorf("a %s of kind %d has %d bytes; expected %d", part, k, n, size)
	case n < 1 || n > 255:
		return fmt.Errorf("a %s has %d bytes; expected 1 to 255", part, n)
	}
	return nil
}

// EachHeader calls yield for each header of data until it returns false. Keys and values are views of data. The error is for
// data that is no list of headers; what stands before the fault has been yielded.
func EachHeader(data []byte, yield func(Header) bool) error {
	for len(data) > 0 {
		var h Header
		var err error
		if h.KeyKind, h.Key, data, err = headerPart("key", data); err != nil {
			return fmt.Errorf("%w: %w", InvalidHeaderKey, err)
		}
		if h.ValueKind, h.Value, data, err = headerPart("value", data); err != nil {
			return fmt.Errorf("%w: %w", InvalidHeaderValue, err)
		}
		if !yield(h) {
			return nil
		}
	}
	return nil
}

func headerPart(part string, data []byte) (HeaderKind, []byte, []byte, error) {
	if len(data) < 5 {
		return 0, nil, nil, fmt.Errorf("%d bytes where a %s begins", len(data), part)
	}
	kind, n := HeaderKind(data[0]), binary.LittleEndian.Uint32(data[1:])
	data = data[5:]
	if uint64(n) > uint64(len(data)) {
		return 0, nil, nil, fmt.Errorf("a %s of %d bytes in %d", part, n, len(data))
	}
	if err := checkHeader(part, kind, int(n)); err != nil {
		return 0, nil, nil, err
	}
	return kind, data[:n:n], data[n:], nil
}
