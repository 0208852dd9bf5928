package json

import (
	"math"

	"github.com/iggy-flow/iggy-flow/schemas"
)

const (
	second = 1_000_000 // in microseconds
	day    = 86_400    // in seconds
)

// timestamp reads RFC 3339 text as microseconds UTC. Consecutive timestamps often share their minute, so its 16 bytes
// and what they mean are kept from value to value.
func (d *decoder) timestamp(c *column, i int, p pointer) pointer {
	if byteAt(p, 0) != '"' {
		return d.mismatch(c, p)
	}
	if word(at(p, 1)) != c.minute[0] || word(at(p, 9)) != c.minute[1] {
		return d.instant(c, i, p)
	}
	// :SS.ffffffZ"
	s1, s0 := byteAt(p, 18)-'0', byteAt(p, 19)-'0'
	if byteAt(p, 17) != ':' || s1 > 5 || s0 > 9 {
		return d.instant(c, i, p)
	}
	v := c.base + int64(s1*10+s0)*second
	end := 20
	if byteAt(p, 20) == '.' {
		f, n := digits(word(at(p, 21)))
		if n == 0 || n > 6 {
			return d.instant(c, i, p)
		}
		v += int64(f * pow10[6-n])
		end = 21 + n
	}
	if byteAt(p, end) != 'Z' || byteAt(p, end+1) != '"' {
		return d.instant(c, i, p)
	}
	*(*int64)(at(c.values, 8*i)) = v
	return at(p, end+2)
}

// instant is timestamp for every unit and form: an offset, a lower-case t or z, a space for the T, more digits.
func (d *decoder) instant(c *column, i int, p pointer) pointer {
	if byteAt(p, 0) != '"' {
		return d.mismatch(c, p)
	}
	s, end := d.plain(p)
	if end == nil {
		return nil
	}
	kind := c.field.Type.Kind
	seconds, nanos, ok := parseInstant(s, kind != schemas.LocalTimestamp)
	if !ok {
		return d.fail(codeType, c, p, "")
	}
	v := seconds*second + int64(nanos/1000)
	if kind == schemas.TimestampNS {
		if seconds < math.MinInt64/1_000_000_000+1 || seconds > math.MaxInt64/1_000_000_000-1 {
			return d.fail(codeRange, c, p, "")
		}
		v = seconds*1_000_000_000 + int64(nanos)
	}
	if kind == schemas.Timestamp && len(s) >= 20 && s[len(s)-1] == 'Z' && distance(p, pointer(&s[0])) == 1 {
		// Not from the scratch area: the words in the frame are those of the text.
		c.minute = [2]uint64{word(at(p, 1)), word(at(p, 9))}
		c.base = (seconds - (seconds%60+60)%60) * second
	}
	*(*int64)(at(c.values, 8*i)) = v
	return end
}

// parseInstant reads RFC 3339 text (section 5.6) as seconds since 1970 and nanoseconds; digits beyond those are cut. A
// space may stand for the T. With zone an offset or Z is required, without it none may stand there.
func parseInstant(s []byte, zone bool) (seconds int64, nanos int, ok bool) {
	if len(s) < 19 || s[10]|0x20 != 't' && s[10] != ' ' {
		return 0, 0, false
	}
	days, ok := parseDate(s[:10])
	if !ok {
		return 0, 0, false
	}
	clock, nanos, rest, ok := parseClock(s[11:])
	if !ok {
		return 0, 0, false
	}
	seconds = days*day + int64(clock)
	if !zone {
		return seconds, nanos, len(rest) == 0
	}
	if len(rest) == 1 && rest[0]|0x20 == 'z' {
		return seconds, nanos, true
	}
	if len(rest) != 6 || rest[0] != '+' && rest[0] != '-' || rest[3] != ':' {
		return 0, 0, false
	}
	h, m := two(rest[1:]), two(rest[4:])
	if h > 23 || m > 59 {
		return 0, 0, false
	}
	offset := int64(h*3600 + m*60)
	if rest[0] == '+' {
		offset = -offset
	}
	return seconds + offset, nanos, true
}

// parseClock reads HH:MM:SS and a fraction as seconds since midnight and nanoseconds, and returns what follows. There is
// no leap second: an instant that has one fails, as it has no place on the time line of timestamps.
func parseClock(s []byte) (seconds, nanos int, rest []byte, ok bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return 0, 0, nil, false
	}
	h, m, sec := two(s), two(s[3:]), two(s[6:])
	if h > 23 || m > 59 || sec > 59 {
		return 0, 0, nil, false
	}
	seconds = h*3600 + m*60 + sec
	s = s[8:]
	if len(s) == 0 || s[0] != '.' {
		return seconds, 0, s, true
	}
	n, unit := 1, 100_000_000
	for ; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
		nanos += int(s[n]-'0') * unit
		unit /= 10
	}
	return seconds, nanos, s[n:], n > 1
}

// parseDate reads YYYY-MM-DD as days since 1970-01-01.
func parseDate(s []byte) (days int64, ok bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	century, year, m, d := two(s), two(s[2:]), two(s[5:]), two(s[8:])
	if century > 99 || year > 99 || m < 1 || m > 12 || d < 1 {
		return 0, false
	}
	y := century*100 + year
	if d > daysIn(m, y) {
		return 0, false
	}
	// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, eras have 400 of them.
	if m <= 2 {
		y--
		m += 12
	}
	era := (y + 400) / 400 // years are 0 to 9999, so -1 is the least
	of := y - (era-1)*400
	ofYear := (153*(m-3)+2)/5 + d - 1
	return int64((era-1)*146097 + of*365 + of/4 - of/100 + ofYear - 719468), true
}

func daysIn(month, year int) int {
	if month == 2 {
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 30 + 0b1010110101010>>month&1
}

// two is the number of the two digits at the front of s; above 99 when they are none.
func two(s []byte) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return 100
	}
	return int(a)*10 + int(b)
}

func (d *decoder) date(c *column, i int, p pointer) pointer {
	if byteAt(p, 0) != '"' {
		return d.mismatch(c, p)
	}
	s, end := d.plain(p)
	if end == nil {
		return nil
	}
	days, ok := parseDate(s)
	if !ok {
		return d.fail(codeType, c, p, "")
	}
	*(*int32)(at(c.values, 4*i)) = int32(days)
	return end
}

func (d *decoder) timeOfDay(c *column, i int, p pointer) pointer {
	if byteAt(p, 0) != '"' {
		return d.mismatch(c, p)
	}
	s, end := d.plain(p)
	if end == nil {
		return nil
	}
	seconds, nanos, rest, ok := parseClock(s)
	if !ok || len(rest) > 0 {
		return d.fail(codeType, c, p, "")
	}
	*(*int64)(at(c.values, 8*i)) = int64(seconds)*second + int64(nanos/1000)
	return end
}
