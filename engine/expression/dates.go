package expression

import (
	"fmt"
	"math"
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// parseDate reads a text as date() does.
func parseDate(s string, form dateForm) (any, error) {
	layouts := timeLayouts
	if form.layout != "" {
		layouts = []string{form.layout}
	}
	for _, layout := range layouts {
		var at time.Time
		var err error
		if form.zone != nil {
			at, err = time.ParseInLocation(layout, s, form.zone)
		} else {
			at, err = time.Parse(layout, s)
		}
		if err != nil {
			continue
		}
		if _, ok := fromTime(at, typeInstant); !ok {
			return nil, rowFault{codeInstant, fmt.Sprintf("date(%s) is out of range", quoted(s))}
		}
		return time.UnixMicro(at.UnixMicro()).UTC(), nil
	}
	expected := "RFC 3339 or 2006-01-02 15:04:05"
	if form.layout != "" {
		expected = form.layout
	}
	return nil, rowFault{codeDate, fmt.Sprintf("date(%s): not a time as in %s", quoted(s), expected)}
}

// instantOf is a value of a vector of instants as a time.
func instantOf(x int64, t schemas.Type, zone *time.Location) time.Time {
	var at time.Time
	if t.Kind == schemas.TimestampNS {
		at = time.Unix(0, x)
	} else {
		at = time.UnixMicro(x)
	}
	if zone == nil {
		return at.UTC()
	}
	return at.In(zone)
}

// fromTime is a time as a vector of instants holds it, cut to the unit; ok is false outside of its range.
func fromTime(at time.Time, t schemas.Type) (x int64, ok bool) {
	seconds := at.Unix()
	if t.Kind == schemas.TimestampNS {
		const limit = math.MaxInt64 / 1_000_000_000
		return at.UnixNano(), seconds > -limit && seconds < limit
	}
	const limit = math.MaxInt64 / 1_000_000
	return at.UnixMicro(), seconds > -limit && seconds < limit
}
