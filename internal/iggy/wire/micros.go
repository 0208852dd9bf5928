package wire

import (
	"math"
	"time"
)

// Micros is a time or a duration in microseconds, as all protocols carry them.
type Micros uint64

// Two durations with a meaning of their own, where a server takes an expiry.
const (
	ServerDefault Micros = 0
	Never         Micros = math.MaxUint64
)

// MicrosOf returns t in microseconds; times before 1970 become 0.
func MicrosOf(t time.Time) Micros { return Micros(max(0, t.UnixMicro())) }

// Time returns m as a time in UTC; what no time.Time holds becomes the latest that one does.
func (m Micros) Time() time.Time { return time.UnixMicro(int64(min(m, math.MaxInt64))).UTC() }
