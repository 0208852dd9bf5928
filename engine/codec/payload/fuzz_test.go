package payload_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzDecode: however bytes are cut, and wherever a decoder goes on, the records are those of one call; and Frames finds as
// many.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "a\nb\r\n", "\xef\xbb\xbfx", "\x01a\x02bc\x09too long!\x00", "\xff\n0123456789\r\n", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		for cut := range uint8(4) {
			f.Add([]byte(seed), cut, cut%2 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, cut uint8, folded bool) {
		for name, format := range formats {
			var state []byte
			if folded {
				state = format.RefoldState
			}
			whole := decode(t, format, state, data, len(data), false)
			pieces := decode(t, format, state, data, min(int(cut), len(data)), true)
			if diff := cmp.Diff(whole, pieces); diff != "" {
				t.Errorf("%s of %q cut at %d (-whole +pieces):\n%s", name, data, cut, diff)
			}
			found, err := format.Frames(state, data, options(t, format))
			if err != nil || len(found) != len(whole.Rows) {
				t.Errorf("%s of %q: %d frames, %v, and %d records", name, data, len(found), err, len(whole.Rows))
			}
		}
	})
}
