package heap

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

func TestTheBoundGivesWayToWhatIsLive(t *testing.T) {
	for _, test := range []struct{ bytes, live, want int64 }{
		{128 << 20, 0, 128 << 20},
		{128 << 20, 60 << 20, 128 << 20},
		{128 << 20, 400 << 20, 516 << 20},
	} {
		if got := limit(test.bytes, test.live); got != test.want {
			t.Errorf("limit(%d, %d) = %d, want %d", test.bytes, test.live, got, test.want)
		}
	}
	held := make([]byte, 32<<20)
	runtime.GC()
	if n := live(); n < int64(len(held)) {
		t.Errorf("%d bytes are live, and %d are held", n, len(held))
	}
	runtime.KeepAlive(held)
}

func TestLiftPutsTheOldLimitBack(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	before := debug.SetMemoryLimit(math.MaxInt64 - 7)
	defer debug.SetMemoryLimit(before)
	lift := Bound(64 << 20)
	if got := debug.SetMemoryLimit(-1); got != 64<<20 {
		t.Errorf("the limit is %d", got)
	}
	lift()
	if got := debug.SetMemoryLimit(-1); got != math.MaxInt64-7 {
		t.Errorf("the limit behind lift is %d", got)
	}
}
