package cast

import (
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/schemas"
)

const (
	secondsPerDay = 86_400
	micros        = 1_000_000
	nanos         = 1_000_000_000
)

// perSecond is how finely an instant of kind k counts.
func perSecond(k schemas.Kind) int64 {
	if k == schemas.TimestampNS {
		return nanos
	}
	return micros
}

func dateToInstant(r *run, in arrow.Array) arrow.Array {
	buf, out := values[int64](r, in.Len())
	unit := secondsPerDay * perSecond(r.to.Kind)
	last := math.MaxInt64 / unit
	for i, days := range arrow.GetValues[int32](in.Data(), 1) {
		out[i] = int64(days) * unit
		if int64(days) > last || int64(days) < -last {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

// instantToDate takes midnights alone: any other time of day would be lost.
func instantToDate(r *run, in arrow.Array) arrow.Array {
	buf, out := values[int32](r, in.Len())
	unit := secondsPerDay * perSecond(r.from.Kind)
	for i, x := range arrow.GetValues[int64](in.Data(), 1) {
		days := x / unit
		out[i] = int32(days)
		if x%unit != 0 || days != int64(int32(days)) {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

func instantToInstant(r *run, in arrow.Array) arrow.Array {
	from, to := perSecond(r.from.Kind), perSecond(r.to.Kind)
	if from == to {
		return retype(r, in)
	}
	const factor = nanos / micros
	buf, out := values[int64](r, in.Len())
	for i, x := range arrow.GetValues[int64](in.Data(), 1) {
		if from > to {
			if out[i] = x / factor; x%factor != 0 {
				r.fail(in, i)
			}
			continue
		}
		if out[i] = x * factor; x > math.MaxInt64/factor || x < math.MinInt64/factor {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

func textToDate(r *run, in arrow.Array) arrow.Array {
	return parse(r, in, func(_ *run, text []byte) (int32, bool) {
		days, rest, ok := parseDate(text)
		return int32(days), ok && len(rest) == 0
	})
}

func textToTime(r *run, in arrow.Array) arrow.Array {
	return parse(r, in, func(_ *run, text []byte) (int64, bool) {
		seconds, fraction, rest, ok := parseClock(text)
		return seconds*micros + fraction/(nanos/micros), ok && len(rest) == 0
	})
}

func textToInstant(r *run, in arrow.Array) arrow.Array {
	return parse(r, in, func(r *run, text []byte) (int64, bool) {
		days, rest, ok := parseDate(text)
		if !ok || len(rest) == 0 || rest[0] != 'T' && rest[0] != 't' && rest[0] != ' ' {
			return 0, false
		}
		clock, fraction, rest, ok := parseClock(rest[1:])
		if !ok {
			return 0, false
		}
		shift := int64(0)
		if r.to.Kind == schemas.LocalTimestamp {
			ok = len(rest) == 0
		} else {
			shift, ok = parseZone(rest)
		}
		seconds, unit := days*secondsPerDay+clock-shift, perSecond(r.to.Kind)
		if unit == nanos && (seconds >= math.MaxInt64/nanos || seconds <= math.MinInt64/nanos) {
			return 0, false // years from 1678 to 2262 alone
		}
		return seconds*unit + fraction/(nanos/unit), ok
	})
}

// number reads exactly two digits or as many as n says.
func number(text []byte, n int) (v int64, rest []byte, ok bool) {
	if len(text) < n {
		return 0, text, false
	}
	for _, c := range text[:n] {
		if c < '0' || c > '9' {
			return 0, text, false
		}
		v = 10*v + int64(c-'0')
	}
	return v, text[n:], true
}

// parseDate reads YYYY-MM-DD as days since 1970-01-01, and returns what stands behind it.
func parseDate(text []byte) (days int64, rest []byte, ok bool) {
	year, rest, ok := number(text, 4)
	if !ok || len(rest) == 0 || rest[0] != '-' {
		return 0, rest, false
	}
	month, rest, ok := number(rest[1:], 2)
	if !ok || month < 1 || month > 12 || len(rest) == 0 || rest[0] != '-' {
		return 0, rest, false
	}
	day, rest, ok := number(rest[1:], 2)
	if !ok {
		return 0, rest, false
	}
	at := time.Date(int(year), time.Month(month), int(day), 0, 0, 0, 0, time.UTC)
	if day < 1 || at.Day() != int(day) { // February 30th is March 1st or 2nd
		return 0, rest, false
	}
	return at.Unix() / secondsPerDay, rest, true
}

// parseClock reads HH:MM:SS with any fraction, cut behind the nanosecond. There is no leap second.
func parseClock(text []byte) (seconds, fraction int64, rest []byte, ok bool) {
	hour, rest, ok := number(text, 2)
	if !ok || hour > 23 || len(rest) == 0 || rest[0] != ':' {
		return 0, 0, rest, false
	}
	minute, rest, ok := number(rest[1:], 2)
	if !ok || minute > 59 || len(rest) == 0 || rest[0] != ':' {
		return 0, 0, rest, false
	}
	second, rest, ok := number(rest[1:], 2)
	if !ok || second > 59 {
		return 0, 0, rest, false
	}
	seconds = hour*3600 + minute*60 + second
	if len(rest) == 0 || rest[0] != '.' {
		return seconds, 0, rest, true
	}
	rest = rest[1:]
	unit, n := int64(nanos), 0
	for ; n < len(rest) && rest[n] >= '0' && rest[n] <= '9'; n++ {
		unit /= 10
		fraction += unit * int64(rest[n]-'0')
	}
	return seconds, fraction, rest[n:], n > 0
}

// parseZone reads Z or ±HH:MM as seconds east of UTC.
func parseZone(text []byte) (seconds int64, ok bool) {
	if len(text) == 1 && (text[0] == 'Z' || text[0] == 'z') {
		return 0, true
	}
	if len(text) != 6 || text[0] != '+' && text[0] != '-' || text[3] != ':' {
		return 0, false
	}
	hour, _, ok := number(text[1:], 2)
	minute, _, good := number(text[4:], 2)
	if seconds = hour*3600 + minute*60; text[0] == '-' {
		seconds = -seconds
	}
	return seconds, ok && good && hour < 24 && minute < 60
}
