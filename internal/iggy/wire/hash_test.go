package wire_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// TestHash holds the hash to published values, with and without whole stripes of 16 bytes.
func TestHash(t *testing.T) {
	for text, want := range map[string]uint32{
		"": 0x02cc5d05, "a": 0x550d7456, "abc": 0x32d153ff, "Nobody inspects the spammish repetition": 0xe2293b2f,
	} {
		if got := wire.Hash([]byte(text)); got != want {
			t.Errorf("Hash(%q) = %08x, want %08x", text, got, want)
		}
	}
}
