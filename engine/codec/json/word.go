package json

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// pointer is a place in the bytes of a frame, or in a buffer of the decoder.
//
// The rule that makes reading through it safe: every byte of a frame up to its terminator (the line's \n, or the bracket
// that closes an array's element) lies in the data, and codec.Padding bytes behind the data are readable. A parser is
// entered at or before the terminator, looks at less than 48 bytes ahead of what it has examined, and examines nothing
// behind a terminator, since no token of JSON contains one: a raw \n ends text, numbers, literals and keys.
type pointer = unsafe.Pointer

const (
	ones   = 0x0101010101010101
	tops   = 0x8080808080808080
	quotes = ones * '"'
	slants = ones * '\\'
	spaces = ones * ' '
	zeros  = ones * '0'
)

func at(p pointer, n int) pointer { return unsafe.Add(p, n) }

func byteAt(p pointer, n int) byte { return *(*byte)(unsafe.Add(p, n)) }

// word is the eight bytes at p, the first one lowest, on every machine.
func word(p pointer) uint64 { return binary.LittleEndian.Uint64((*[8]byte)(p)[:]) }

func half(p pointer) uint32 { return binary.LittleEndian.Uint32((*[4]byte)(p)[:]) }

func putWord(p pointer, w uint64) { binary.LittleEndian.PutUint64((*[8]byte)(p)[:], w) }

// distance is how many bytes q lies behind p, both in the same buffer.
func distance(p, q pointer) int { return int(uintptr(q) - uintptr(p)) }

// span is the n bytes from p on. It must not outlive the frame.
func span(p pointer, n int) []byte { return unsafe.Slice((*byte)(p), n) }

// special marks the top bit of the bytes of w that end a run of plain text: quote, backslash, control characters. The
// lowest mark is exact; those above it may be false.
func special(w uint64) uint64 {
	q, s := w^quotes, w^slants
	return ((q-ones)&^q | (s-ones)&^s | (w-spaces)&^w) & tops
}

// first is the index of the byte of the lowest mark.
func first(marks uint64) int { return bits.TrailingZeros64(marks) >> 3 }

// below is the bytes of w under the lowest mark; all of w when there is none.
func below(w, marks uint64) uint64 { return w & (marks&-marks>>7 - 1) }

// digits is the value of the leading ASCII digits of w and how many they are.
func digits(w uint64) (v uint64, n int) {
	x := w ^ zeros
	n = first((x | (x + ones*0x76)) & tops)
	if n == 0 {
		return 0, 0
	}
	x <<= uint(8*(8-n)) & 63
	x = x*10 + x>>8
	return ((x&0x000000FF000000FF)*0x000F424000000064 + ((x>>16)&0x000000FF000000FF)*0x0000271000000001) >> 32, n
}

var pow10 = [...]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// float10 holds the powers of ten that a double represents exactly.
var float10 = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}
