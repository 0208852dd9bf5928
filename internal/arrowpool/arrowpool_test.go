package arrowpool_test

import (
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/internal/arrowpool"
)

// TestAllocator: buffers never overlap, are zero and aligned, and keep their bytes when they grow or shrink.
func TestAllocator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := arrowpool.New()
		type held struct {
			buf  []byte
			mark byte
		}
		var live []held
		check := func(h held) {
			for i, c := range h.buf {
				if c != h.mark {
					t.Fatalf("byte %d of a buffer of %d is %d, want %d: buffers overlap", i, len(h.buf), c, h.mark)
				}
			}
		}
		for step := range rapid.IntRange(1, 60).Draw(t, "steps") {
			mark := byte(step + 1)
			switch {
			case len(live) == 0 || rapid.Bool().Draw(t, "allocate"):
				buf := pool.Allocate(rapid.IntRange(0, 5000).Draw(t, "size"))
				if len(buf) > 0 && uintptr(unsafe.Pointer(&buf[0]))%64 != 0 {
					t.Fatal("a buffer is not aligned")
				}
				check(held{buf, 0})
				for i := range buf {
					buf[i] = mark
				}
				live = append(live, held{buf, mark})
			case rapid.Bool().Draw(t, "reallocate"):
				h := live[0]
				old := len(h.buf)
				buf := pool.Reallocate(rapid.IntRange(0, 9000).Draw(t, "size"), h.buf)
				check(held{buf[:min(old, len(buf))], h.mark})
				if len(buf) > old {
					check(held{buf[old:], 0})
				}
				for i := range buf {
					buf[i] = h.mark
				}
				live[0].buf = buf
			default:
				check(live[0])
				pool.Free(live[0].buf)
				live = live[1:]
			}
		}
		for _, h := range live {
			check(h)
		}
	})
}
