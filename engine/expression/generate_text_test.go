package expression_test

import (
	"fmt"
)

var literals = []string{"", "a", "e", "abc", "Xy", " pad ", "42", "a-b-c", "zz"}

func (g *generator) literal() string {
	return g.text(literals[g.pick(len(literals), "literal")])
}

func (g *generator) str(d int) string {
	if d <= 0 {
		i := g.pick(6, "string")
		switch {
		case i == 0 && len(g.scope) > 0 && g.scope[len(g.scope)-1] == "s":
			return "#"
		case i < 2:
			return g.literal()
		}
		return g.one(g.column("s", `"d"`), g.column("t", `"e"`))
	}
	switch g.pick(19, "string") {
	case 0, 1, 2:
		return fmt.Sprintf("(%s + %s)", g.str(d-1), g.str(d-1))
	case 3, 4:
		return fmt.Sprintf("%s(%s)", g.one("upper", "lower", "trim"), g.str(d-1))
	case 5:
		return fmt.Sprintf("%s(%s, %s)", g.one("trim", "trimPrefix", "trimSuffix"), g.str(d-1), g.literal())
	case 6:
		return fmt.Sprintf("replace(%s, %s, %s)", g.str(d-1), g.literal(), g.literal())
	case 7:
		return fmt.Sprintf("replace(%s, %s, %s, %d)", g.str(d-1), g.literal(), g.literal(), g.pick(4, "n")-1)
	case 8:
		g.marks["runes"] = true
		return fmt.Sprintf("%s[%s:%s]", g.str(d-1), g.one("", "0", "1", "-2"), g.one("", "3", "-1", "100"))
	case 9, 10:
		g.used["f32"] = true
		if g.guarded {
			return fmt.Sprintf("string(%s)", g.one(g.whole(d-1), "f32 ?? 1.0", "0.0 + "+g.float(d-1), g.boolean(d-1), g.str(d-1)))
		}
		return fmt.Sprintf("string(%s)", g.one(g.whole(d-1), "f32", "0.0 + "+g.float(d-1), g.boolean(d-1), g.str(d-1)))
	case 11:
		return fmt.Sprintf("(%s ? %s : %s)", g.boolean(d-1), g.str(d-1), g.str(d-1))
	case 12:
		g.used["s"] = true
		return fmt.Sprintf("(s ?? %s)", g.str(d-1))
	case 13:
		return fmt.Sprintf("%s.Format(%s)", g.instant(d-1), g.one(`"2006-01-02"`, `"15:04:05.000000"`, `"2006-01-02T15:00:00Z"`, `"Jan _2 06 3PM"`, `"Mon 02 15:04"`))
	case 14:
		return fmt.Sprintf("join(%s, %s)", g.strings(d-1), g.literal())
	case 15:
		return fmt.Sprintf("%s[%d]", g.strings(d-1), g.pick(4, "index")-1)
	case 16:
		return fmt.Sprintf("repeat(%s, %d)", g.str(d-1), g.pick(4, "n"))
	case 17:
		return fmt.Sprintf("fromBase64(toBase64(%s))", g.str(d-1))
	default:
		g.used["dev"] = true
		if g.guarded {
			return `(dev?.os ?? "none")`
		}
		return g.one("dev.os", "dev?.os", `$env["dev"]["os"]`)
	}
}

func (g *generator) strings(d int) string {
	if d <= 0 {
		return g.one(g.column("tags", "[]"), `["a", "b", "Xy"]`, "["+g.str(0)+", "+g.str(0)+"]")
	}
	switch g.pick(8, "strings") {
	case 0:
		return fmt.Sprintf("split(%s, %s)", g.str(d-1), g.one(`"-"`, `"a"`, `""`))
	case 1:
		return fmt.Sprintf("filter(%s, %s)", g.strings(d-1), g.within("s", d-1, (*generator).boolean))
	case 2:
		return fmt.Sprintf("map(%s, %s)", g.strings(d-1), g.within("s", d-1, (*generator).str))
	case 3:
		return fmt.Sprintf("map(%s, %s)", g.wholes(d-1), g.within("i", d-1, (*generator).str))
	case 4:
		return fmt.Sprintf("%s(%s)", g.one("sort", "reverse", "uniq"), g.strings(d-1))
	case 5:
		return fmt.Sprintf("concat(%s, %s)", g.strings(d-1), g.strings(d-1))
	case 6:
		return fmt.Sprintf("sortBy(%s, len(#))", g.strings(0))
	default:
		return fmt.Sprintf("take(%s, %d)", g.strings(d-1), g.pick(3, "n"))
	}
}

func (g *generator) wholes(d int) string {
	if d <= 0 {
		return g.one(g.column("nums", "[]"), "[3, 1, 2]", "(1..5)", "[0 + "+g.whole(0)+", 0]")
	}
	switch g.pick(5, "wholes") {
	case 0:
		return fmt.Sprintf("filter(%s, %s)", g.wholes(d-1), g.within("i", d-1, (*generator).boolean))
	case 1:
		return fmt.Sprintf("map(%s, %s)", g.wholes(d-1), "0 + "+g.within("i", d-1, (*generator).whole))
	case 2:
		return fmt.Sprintf("map(%s, %s)", g.strings(d-1), "0 + "+g.within("s", d-1, (*generator).whole))
	case 3:
		return fmt.Sprintf("%s(%s)", g.one("sort", "reverse", "uniq"), g.wholes(d-1))
	default:
		return fmt.Sprintf("(%s ? %s : %s)", g.boolean(d-1), g.wholes(d-1), g.wholes(d-1))
	}
}

// within draws a predicate.
func (g *generator) within(kind string, d int, of func(*generator, int) string) string {
	g.scope = append(g.scope, kind)
	defer func() { g.scope = g.scope[:len(g.scope)-1] }()
	return of(g, d)
}

func (g *generator) instant(d int) string {
	if d <= 0 {
		choices := []string{g.column("ts", `date("2024-02-29")`), g.column("at", `date("2020-01-01 10:00:00")`), `date("2023-12-31T23:59:59Z")`}
		if g.own {
			choices = append(choices, "ns")
		}
		return g.one(choices...)
	}
	switch g.pick(4, "instant") {
	case 0:
		return fmt.Sprintf("(%s %s duration(%s))", g.instant(d-1), g.one("+", "-"), g.one(`"1h30m"`, `"-5s"`, `"250ms"`, `"720h"`))
	case 1:
		return fmt.Sprintf("(%s ? %s : %s)", g.boolean(d-1), g.instant(d-1), g.instant(d-1))
	case 2:
		g.used["ts"] = true
		return fmt.Sprintf("(ts ?? %s)", g.instant(d-1))
	default:
		return fmt.Sprintf("%s.%s", g.instant(d-1), g.one("AddDate(0, 1, -1)", `Truncate(duration("1h"))`, `Add(duration("90s"))`, "UTC()"))
	}
}
