package cast

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// maxExcerpt is how many bytes of a text a message shows.
const maxExcerpt = 64

// message says why row of in is rejected.
func message(c conversion, in arrow.Array, row int) string {
	m := "`" + c.name + "` is " + excerpt(c.from, in, row) + ", which cannot become " + article(c.to)
	if c.from.Kind == schemas.String {
		if form := textForm(c.to.Kind); form != "" {
			m += "; expected " + form
		}
	}
	return m
}

// textForm is what a text must look like.
func textForm(k schemas.Kind) string {
	switch {
	case k.Integer():
		return "digits, such as 12"
	case k.Floating() || k == schemas.Decimal:
		return "a number, such as 1.5"
	case k == schemas.Bool:
		return "true or false"
	case k == schemas.Date:
		return "a day, such as 2026-07-28"
	case k == schemas.Time:
		return "a time of day, such as 12:30:00"
	case k == schemas.Timestamp || k == schemas.TimestampNS:
		return "RFC 3339, such as 2026-07-28T12:30:00Z"
	case k == schemas.LocalTimestamp:
		return "a time without a zone, such as 2026-07-28T12:30:00"
	case k == schemas.UUID:
		return "a uuid, such as 0190a6c1-7d3e-7b1c-8f2a-1b2c3d4e5f60"
	case k == schemas.JSON:
		return "JSON"
	}
	return ""
}

func excerpt(t schemas.Type, in arrow.Array, row int) string {
	switch a := in.(type) {
	case *array.String:
		return quote(a.Value(row))
	case *array.Binary:
		return strconv.Itoa(len(a.Value(row))) + " bytes"
	}
	r := &run{from: t}
	if text, ok := r.text(in, row); ok {
		return text
	}
	return in.ValueStr(row)
}

// quote cuts a text where a rune ends.
func quote(s string) string {
	if len(s) <= maxExcerpt {
		return strconv.Quote(s)
	}
	n := maxExcerpt
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strconv.Quote(s[:n]) + " ..."
}

func article(t schemas.Type) string {
	name := t.String()
	if strings.ContainsRune("aei", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// unsupported reports a pair of types between which nothing can be converted.
func unsupported(f schemas.Field, to schemas.Type, at source.Range) source.Diagnostic {
	d := source.Diagnostic{
		Code: "cast-pair", Range: at, Found: "`" + f.Name + "` is " + article(f.Type) + ", which cannot be cast to " + to.String(),
		Expected: "one of: " + strings.Join(targets(f.Type), ", "),
	}
	if len(targets(f.Type)) == 0 {
		d.Expected = ""
	}
	switch {
	case f.Type.Kind.Numeric() && (to.Kind.Instant() || to.Kind == schemas.Date):
		d.Fix = "a number does not say its unit; say it by an expression, as in `set: {" + f.Name + ": " + epoch(f.Name, f.Type) + "}` for seconds"
	case to.Kind == schemas.List || to.Kind == schemas.Map || to.Kind == schemas.Struct:
		d.Fix = "`cast` makes no nested values; make them by an expression in `set`"
	case f.Type.Kind == schemas.List || f.Type.Kind == schemas.Map || f.Type.Kind == schemas.Struct:
		d.Fix = "take the part that you need out of it by an expression in `set`"
	}
	return d
}

// epoch is an expression for the seconds in a column. A fraction is cut: duration times a double would do, and is harder to
// read.
func epoch(name string, t schemas.Type) string {
	if !t.Kind.Integer() {
		name = "int(" + name + ")"
	}
	return `date("1970-01-01") + ` + name + ` * duration("1s")`
}

// targets are the types that t can be cast to, for messages.
func targets(t schemas.Type) (names []string) {
	for k := schemas.Bool; k <= schemas.JSON; k++ {
		to := schemas.Of(k)
		switch k {
		case schemas.Decimal:
			to = schemas.DecimalOf(38, 9)
		case schemas.Fixed:
			to.Size = 16
		case schemas.List, schemas.Map, schemas.Struct:
			continue
		}
		if k != t.Kind && kernelFor(t, to) != nil {
			names = append(names, k.String())
		}
	}
	return names
}
