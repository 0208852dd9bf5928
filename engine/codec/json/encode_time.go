package json

import (
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// instant appends an instant as RFC 3339 text in UTC, a local one without the Z. The fraction has three, six or nine
// digits, or is left out, whichever is the least that reads back.
func (e *encoder) instant(b []byte, w *writer, v int64) []byte {
	perSecond := int64(second)
	if w.field.Type.Kind == schemas.TimestampNS {
		perSecond = 1_000_000_000
	}
	seconds, part := floorDivide(v, perSecond)
	days, seconds := floorDivide(seconds, day)
	b = append(b, '"')
	if b = e.days(b, w, days); e.trouble.code != "" {
		return b
	}
	b = append(b, 'T')
	b = appendClock(b, int(seconds), int(part*(1_000_000_000/perSecond)))
	if w.field.Type.Kind != schemas.LocalTimestamp {
		b = append(b, 'Z')
	}
	return append(b, '"')
}

func floorDivide(v, by int64) (quotient, rest int64) {
	quotient, rest = v/by, v%by
	if rest < 0 {
		quotient, rest = quotient-1, rest+by
	}
	return quotient, rest
}

// The days of the years 0 to 9999, which four digits can name.
const (
	firstDay = -719528
	lastDay  = 2932896
)

// days appends a date. The last one is kept: rows are often of the same day.
func (e *encoder) days(b []byte, w *writer, days int64) []byte {
	if days < firstDay || days > lastDay {
		e.fail(codeRange, w, "the year is not within 0 to 9999; no text of RFC 3339 names it")
		return b
	}
	if days != w.day || w.dayText == nil {
		w.day, w.dayText = days, time.Unix(days*day, 0).UTC().AppendFormat(w.dayText[:0], "2006-01-02")
	}
	return append(b, w.dayText...)
}

func (e *encoder) date(b []byte, w *writer, days int64) []byte {
	return append(e.days(append(b, '"'), w, days), '"')
}

func (e *encoder) timeOfDay(b []byte, w *writer, v int64) []byte {
	if v < 0 || v >= day*second {
		e.fail(codeRange, w, "the time is not within a day")
		return b
	}
	return append(appendClock(append(b, '"'), int(v/second), int(v%second)*1000), '"')
}

// appendClock appends HH:MM:SS and a fraction of three, six or nine digits, when there is one.
func appendClock(b []byte, seconds, nanos int) []byte {
	b = appendTwo(b, seconds/3600)
	b = append(b, ':')
	b = appendTwo(b, seconds/60%60)
	b = append(b, ':')
	b = appendTwo(b, seconds%60)
	if nanos == 0 {
		return b
	}
	b = appendThree(append(b, '.'), nanos/1_000_000)
	if nanos%1_000_000 == 0 {
		return b
	}
	b = appendThree(b, nanos/1000%1000)
	if nanos%1000 == 0 {
		return b
	}
	return appendThree(b, nanos%1000)
}

func appendTwo(b []byte, v int) []byte { return append(b, byte('0'+v/10), byte('0'+v%10)) }

func appendThree(b []byte, v int) []byte {
	return append(b, byte('0'+v/100), byte('0'+v/10%10), byte('0'+v%10))
}
