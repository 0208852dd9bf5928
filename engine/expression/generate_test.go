package expression_test

import (
	"fmt"
	"strconv"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// The columns that a generated schema can have, by the kind of expression that reads them.
var columnTypes = map[string]schemas.Type{
	"flag": schemas.Of(schemas.Bool), "i8": schemas.Of(schemas.Int8), "i16": schemas.Of(schemas.Int16), "i32": schemas.Of(schemas.Int32),
	"i64": schemas.Of(schemas.Int64), "n64": schemas.Of(schemas.Int64), "u8": schemas.Of(schemas.Uint8), "u16": schemas.Of(schemas.Uint16),
	"u32": schemas.Of(schemas.Uint32), "u64": schemas.Of(schemas.Uint64), "f32": schemas.Of(schemas.Float), "f64": schemas.Of(schemas.Double),
	"g64": schemas.Of(schemas.Double), "s": schemas.Of(schemas.String), "t": schemas.Of(schemas.String),
	"ts": schemas.Of(schemas.Timestamp), "at": schemas.Of(schemas.Timestamp), "ns": schemas.Of(schemas.TimestampNS),
	"tags": schemas.ListOf(schemas.Of(schemas.String)), "nums": schemas.ListOf(schemas.Of(schemas.Int64)),
	"dev":  schemas.StructOf(schemas.Field{Name: "os", Type: schemas.Of(schemas.String)}, schemas.Field{Name: "n", Type: schemas.Of(schemas.Int32)}),
	"attr": schemas.MapOf(schemas.Of(schemas.Int64)),
	"dec":  schemas.DecimalOf(12, 2), "dec4": schemas.DecimalOf(20, 4), "id": schemas.Of(schemas.UUID), "id2": schemas.Of(schemas.UUID),
	"day": schemas.Of(schemas.Date), "day2": schemas.Of(schemas.Date), "clock": schemas.Of(schemas.Time), "clock2": schemas.Of(schemas.Time),
}

// ranged lists the columns in an order that does not depend on maps.
var ranged = []string{
	"flag", "i8", "i16", "i32", "i64", "n64", "u8", "u16", "u32", "u64", "f32", "f64", "g64", "s", "t", "ts", "at", "ns", "tags", "nums", "dev", "attr",
	"dec", "dec4", "id", "id2", "day", "day2", "clock", "clock2",
}

// generator draws expressions that are well typed over the columns.
type generator struct {
	t       *rapid.T
	guarded bool            // nulls only where expr takes them: behind ??, == nil and ?.
	own     bool            // with the types that expr has not
	used    map[string]bool // columns that the expression reads
	marks   map[string]bool // what it contains that has deliberate differences: "runes"
	scope   []string        // "#" of the predicates around, innermost last: "s" or "i"
	names   []string        // of let, all whole numbers
	lets    int
}

func (g *generator) pick(n int, what string) int { return rapid.IntRange(0, n-1).Draw(g.t, what) }

func (g *generator) one(of ...string) string { return of[g.pick(len(of), "one of")] }

// column reads a column, guarded by a default where that is asked for.
func (g *generator) column(name, otherwise string) string {
	g.used[name] = true
	if g.guarded && otherwise != "" {
		return "(" + name + " ?? " + otherwise + ")"
	}
	return name
}

func (g *generator) text(s string) string { return strconv.Quote(s) }

func (g *generator) boolean(d int) string {
	if d <= 0 {
		return g.one("true", g.column("flag", "false"), g.column("flag", "true"))
	}
	switch g.pick(24, "bool") {
	case 0, 1, 2:
		return fmt.Sprintf("(%s %s %s)", g.number(d-1), g.relation(), g.number(d-1))
	case 3:
		return fmt.Sprintf("(%s %s %s)", g.str(d-1), g.relation(), g.str(d-1))
	case 4:
		return fmt.Sprintf("(%s %s %s)", g.instant(d-1), g.relation(), g.instant(d-1))
	case 5:
		return fmt.Sprintf("(%s %s %s)", g.boolean(d-1), g.one("==", "!="), g.boolean(d-1))
	case 6, 7:
		return fmt.Sprintf("(%s %s %s)", g.boolean(d-1), g.one("&&", "and"), g.boolean(d-1))
	case 8, 9:
		return fmt.Sprintf("(%s %s %s)", g.boolean(d-1), g.one("||", "or"), g.boolean(d-1))
	case 10:
		return fmt.Sprintf("%s(%s)", g.one("!", "not "), g.boolean(d-1))
	case 11:
		return fmt.Sprintf("(%s %s [%s, %s, %s])", g.str(d-1), g.one("in", "not in"), g.literal(), g.literal(), g.literal())
	case 12:
		if g.pick(2, "in") == 0 {
			return fmt.Sprintf("(%s in %d..%d)", g.number(d-1), g.pick(10, "from"), g.pick(40, "to"))
		}
		if g.pick(3, "floats") == 0 {
			return fmt.Sprintf("(%s in [1, 0.5, %d, -2.25])", g.number(d-1), g.pick(10, "x"))
		}
		return fmt.Sprintf("(%s %s [1, %d, %d, 200])", g.whole(d-1), g.one("in", "not in"), g.pick(10, "x"), g.pick(40, "y"))
	case 13:
		name := g.one("flag", "i32", "f64", "s", "ts", "tags", "dev", "u64")
		g.used[name] = true
		return fmt.Sprintf("(%s %s nil)", name, g.one("==", "!="))
	case 14, 15:
		return fmt.Sprintf("(%s %s %s)", g.str(d-1), g.one("contains", "startsWith", "endsWith", "not contains", "not startsWith"), g.str(d-1))
	case 16:
		return fmt.Sprintf("(%s matches %s)", g.str(d-1), g.one(`"^[a-m]"`, `"e+"`, `"[0-9]$"`, g.literal()))
	case 17, 18:
		return fmt.Sprintf("%s(%s, %s)", g.one("any", "all", "none", "one"), g.strings(d-1), g.within("s", d-1, (*generator).boolean))
	case 19:
		return fmt.Sprintf("%s(%s, %s)", g.one("any", "all", "none", "one"), g.wholes(d-1), g.within("i", d-1, (*generator).boolean))
	case 20:
		return fmt.Sprintf("(%s ? %s : %s)", g.boolean(d-1), g.boolean(d-1), g.boolean(d-1))
	case 21:
		return fmt.Sprintf("(%s in %s)", g.str(d-1), g.strings(d-1))
	case 22:
		return fmt.Sprintf("%s(%s, %s)", g.one("hasPrefix", "hasSuffix"), g.str(d-1), g.str(d-1))
	default:
		if g.own {
			return g.ownCondition()
		}
		return fmt.Sprintf("(%s.%s(%s))", g.instant(d-1), g.one("After", "Before", "Equal"), g.instant(d-1))
	}
}

// ownCondition compares values of the types that expr has not.
func (g *generator) ownCondition() string {
	switch g.pick(8, "own") {
	case 0:
		return fmt.Sprintf("(%s %s %s)", g.column("dec", "1.5"), g.relation(), g.column("dec4", "1.25"))
	case 1:
		return fmt.Sprintf("(dec * %d - dec4 %s %s)", g.pick(20, "k"), g.relation(), g.one("10", "2.5", "i32", "dec + dec4"))
	case 2:
		return fmt.Sprintf("(id %s %s)", g.relation(), g.one("id2", `"00000000-0000-0000-0000-000000000001"`))
	case 3:
		return fmt.Sprintf("(day %s %s)", g.relation(), g.one("day2", `date("1970-01-15")`, "ts"))
	case 4:
		return fmt.Sprintf("(clock %s clock2)", g.relation())
	case 5:
		return fmt.Sprintf("(string(%s) contains %s)", g.one("dec", "id", "day", "clock", "-dec", "abs(dec)"), g.one(`"1"`, `"-"`))
	case 6:
		return fmt.Sprintf("((%s) %s nil)", g.one("dec ?? dec4", "id ?? id2", "day ?? day2", "flag ? clock : clock2", "flag ? dec : i32"), g.one("==", "!="))
	default:
		return fmt.Sprintf("(%s in %s)", g.one("dec", "i32"), g.one("[1.5, 2, 3.25]", "[1, 2]"))
	}
}

func (g *generator) relation() string { return g.one("==", "!=", "<", "<=", ">", ">=") }

func (g *generator) number(d int) string {
	if g.pick(2, "number") == 0 {
		return g.whole(d)
	}
	return g.float(d)
}

func (g *generator) whole(d int) string {
	if d <= 0 {
		choices := []string{
			strconv.Itoa(g.pick(50, "int")), g.column("i8", "1"), g.column("i16", "2"), g.column("i32", "3"), g.column("i64", "4"), g.column("n64", "5"),
			g.column("u8", "6"), g.column("u16", "6"), g.column("u32", "7"), g.column("u64", "8"),
		}
		i := g.pick(len(choices)+2, "whole")
		switch {
		case i < len(choices):
			return choices[i]
		case len(g.scope) > 0 && g.scope[len(g.scope)-1] == "i":
			return "#"
		case len(g.names) > 0:
			return g.names[g.pick(len(g.names), "name")]
		}
		return "7"
	}
	switch g.pick(22, "whole") {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", g.whole(d-1), g.one("+", "-"), g.whole(d-1))
	case 2:
		return fmt.Sprintf("(%s * %d)", g.whole(d-1), g.pick(9, "factor"))
	case 3:
		return fmt.Sprintf("(%s %% %s)", g.whole(d-1), g.one("3", "7", g.whole(0)))
	case 4:
		return fmt.Sprintf("-(0 + %s)", g.whole(d-1)) // a column of an unsigned type wraps in expr
	case 5:
		return fmt.Sprintf("len(%s)", g.one(g.str(d-1), g.strings(d-1), g.wholes(d-1)))
	case 6:
		return fmt.Sprintf("int(%s)", g.one(g.float(d-1), g.whole(d-1), `"42"`, `"-7"`))
	case 7:
		return fmt.Sprintf("(%s ? 0 + %s : 0 + %s)", g.boolean(d-1), g.whole(d-1), g.whole(d-1))
	case 8:
		name := g.one("i8", "i16", "i32", "i64", "u8", "u32")
		g.used[name] = true
		return fmt.Sprintf("(%s ?? %d)", name, g.pick(300, "default"))
	case 9:
		g.marks["runes"] = true
		return fmt.Sprintf("%s(%s, %s)", g.one("indexOf", "lastIndexOf"), g.str(d-1), g.literal())
	case 10, 11:
		part := g.one("Year", "Day", "Hour", "Minute", "Second", "YearDay", "Unix", "UnixMilli", "Nanosecond")
		return fmt.Sprintf("%s.%s()", g.instant(d-1), part)
	case 12:
		return fmt.Sprintf("int(%s.%s())", g.instant(d-1), g.one("Month", "Weekday"))
	case 13:
		return fmt.Sprintf("abs(0 + %s)", g.whole(d-1))
	case 14:
		return fmt.Sprintf("%s(0 + %s, 0 + %s, %d)", g.one("min", "max"), g.whole(d-1), g.whole(d-1), g.pick(99, "k"))
	case 15:
		return fmt.Sprintf("count(%s, %s)", g.strings(d-1), g.within("s", d-1, (*generator).boolean))
	case 16:
		return fmt.Sprintf("sum(%s)", g.wholes(d-1))
	case 17:
		return fmt.Sprintf("%s[%d]", g.wholes(d-1), g.pick(4, "index")-1)
	case 18:
		return fmt.Sprintf("%s(%s, %s)", g.one("bitand", "bitor", "bitxor"), g.whole(d-1), g.whole(d-1))
	case 19:
		g.lets++
		name := fmt.Sprintf("x%d", g.lets)
		value := g.whole(d - 1)
		g.names = append(g.names, name)
		body := g.whole(d - 1)
		g.names = g.names[:len(g.names)-1]
		return fmt.Sprintf("(let %s = %s; %s)", name, value, body)
	case 20:
		return fmt.Sprintf("reduce(%s, #acc + #, 0 + %s)", g.wholes(d-1), g.whole(0))
	default:
		if g.guarded {
			g.used["dev"] = true
			return "(dev?.n ?? 5)"
		}
		g.used["dev"], g.used["attr"] = true, true
		return g.one("dev.n", "dev?.n", `dev["n"]`)
	}
}

func (g *generator) float(d int) string {
	if d <= 0 {
		return g.one("1.5", "0.25", "-2.0", "1e3", g.column("f64", "0.5"), g.column("g64", "2.5"), g.column("f32", "1.0"))
	}
	switch g.pick(14, "float") {
	case 0, 1, 2:
		return fmt.Sprintf("(%s %s %s)", g.float(d-1), g.one("+", "-", "*", "/"), g.number(d-1))
	case 3:
		return fmt.Sprintf("(%s / %s)", g.whole(d-1), g.whole(d-1))
	case 4:
		return fmt.Sprintf("(%s ** %s)", g.float(d-1), g.one("2", "0.5", "-1", g.float(0)))
	case 5:
		return fmt.Sprintf("-(%s)", g.float(d-1))
	case 6:
		return fmt.Sprintf("float(%s)", g.one(g.number(d-1), `"2.75"`, `"1e2"`))
	case 7:
		return fmt.Sprintf("%s(%s)", g.one("abs", "ceil", "floor", "round"), g.float(d-1))
	case 8:
		return fmt.Sprintf("(%s ? %s : %s)", g.boolean(d-1), g.float(d-1), g.float(d-1))
	case 9:
		g.used["f64"] = true
		return fmt.Sprintf("(f64 ?? %s)", g.float(d-1))
	case 10:
		return fmt.Sprintf("(%s - %s).%s()", g.instant(d-1), g.instant(d-1), g.one("Seconds", "Minutes", "Hours"))
	case 11:
		return fmt.Sprintf("%s(%s)", g.one("mean", "median"), g.wholes(d-1))
	case 12:
		return fmt.Sprintf("%s(%s, %s)", g.one("min", "max"), g.float(d-1), g.float(d-1))
	default:
		return fmt.Sprintf("sum(%s, %s)", g.wholes(d-1), g.within("i", d-1, (*generator).float))
	}
}

// root draws an expression of any column type.
func (g *generator) root() string {
	d := rapid.IntRange(1, 4).Draw(g.t, "depth")
	switch g.pick(8, "root") {
	case 0, 1, 2:
		return g.boolean(d)
	case 3:
		return g.whole(d)
	case 4:
		return g.float(d)
	case 5:
		return g.str(d)
	case 6:
		return g.instant(d)
	default:
		return g.one(g.strings(d), g.wholes(d), "{a: "+g.whole(d-1)+", b: "+g.str(d-1)+"}")
	}
}
