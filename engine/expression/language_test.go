package expression_test

import (
	"math"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestValues are the parts of the language that the oracle does not reach: JSON values, time zones, own functions.
func TestValues(t *testing.T) {
	mem := arrowtest.Allocator(t)
	schema := schemas.New(
		schemas.Field{Name: "payload", Type: schemas.Of(schemas.JSON)}, schemas.Field{Name: "ts", Type: schemas.Of(schemas.Timestamp)},
		schemas.Field{Name: "ns", Type: schemas.Of(schemas.TimestampNS)}, schemas.Field{Name: "s", Type: schemas.Of(schemas.String)},
		schemas.Field{Name: "attr", Type: schemas.MapOf(schemas.Of(schemas.Int64))}, schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)},
		schemas.Field{Name: "tags", Type: schemas.ListOf(schemas.Of(schemas.String))}, schemas.Field{Name: "none", Type: schemas.Of(schemas.JSON)},
		schemas.Field{Name: "dec", Type: schemas.DecimalOf(12, 2)}, schemas.Field{Name: "day", Type: schemas.Of(schemas.Date)},
	)
	at := time.Date(2024, 7, 1, 22, 30, 15, 123456000, time.UTC)
	record := recordOf(mem, schema, []map[string]any{{
		"payload": `{"user": {"id": 9007199254740993, "name": "Ann", "tags": ["a", "b"]}, "ok": true, "x": 1.5, "nil": null}`,
		"ts":      at, "ns": at.Add(789), "s": "it's", "attr": map[string]any{"k": int64(5)}, "n": int64(3), "tags": []any{"x", "yy"}, "dec": "12.50", "day": int32(19905),
	}}, 2)
	defer record.Release()
	for _, test := range []struct {
		source string
		want   any
	}{
		// JSON values are looked into, and stay text where nobody does.
		{`payload.user.id`, `9007199254740993`}, {`int(payload.user.id) + 1`, 9007199254740994}, {`payload.user.name + "!"`, `"Ann!"`},
		{`upper(payload.user.name)`, "ANN"}, {`payload.user.tags[1]`, `"b"`}, {`payload.user.tags[5]`, "error index-out-of-range"},
		{`payload.ok && n == 3`, true}, {`payload.x * 2`, `3`}, {`payload.x > n`, false}, {`payload["user"]["name"] == "Ann"`, true},
		{`payload.missing`, nil}, {`payload.missing.deeper ?? "none"`, `"none"`}, {`payload.nil == nil`, true}, {`none.a.b`, nil},
		{`any(payload.user.tags, # == "b")`, true}, {`len(payload.user.tags)`, 2}, {`payload.user.id == 9007199254740993`, true},
		{`"a" in payload.user.tags`, true}, {`"id" in payload.user`, true}, {`payload.user.name > 5`, "error type-mismatch"},
		{`int(payload.user)`, "error invalid-cast"}, {`string(payload.user.tags)`, `["a","b"]`}, {`string(payload.user.name)`, "Ann"},
		{`fromJSON("{\"a\": [1, 2]}").a[1]`, `2`}, {`fromJSON(s)`, "error invalid-json"}, {`toJSON({b: n, a: s})`, "{\n  \"a\": \"it's\",\n  \"b\": 3\n}"},
		{`[n, s, payload.ok]`, []any{`3`, `"it's"`, `true`}}, {`{(s): n}`, `{"it's":3}`}, {`payload ?? "x"`, `{"user": {"id": 9007199254740993, "name": "Ann", "tags": ["a", "b"]}, "ok": true, "x": 1.5, "nil": null}`},
		{`groupBy(tags, len(#))`, `{"1":["x"],"2":["yy"]}`}, {`fromPairs([["a", 1]])`, `{"a":1}`}, {`toPairs(attr)[0]`, `["k",5]`},
		{`1 / 0`, math.Inf(1)}, {`toJSON(1 / 0)`, "error invalid-json"}, {`{a: [payload.x, 1 / (n - 3)]}.a`, "error invalid-json"},

		// Times, and the zones that their parts are read in.
		{`ts.In(timezone("Europe/Berlin")).Hour()`, 0}, {`ts.In(timezone("Europe/Berlin")).Format("2006-01-02 15:04 -0700")`, "2024-07-02 00:30 +0200"},
		{`(ts.In(timezone("America/New_York")) + duration("24h")).Day()`, 2}, {`ts.In(timezone("Asia/Tokyo")).UTC().Hour()`, 22},
		{`let b = ts.In(timezone("Europe/Berlin")); any([1], b.Day() == 2)`, true}, {`string(ts.Month())`, "July"}, {`ts.Month() == 7`, true},
		{`ts.Weekday().String()`, "Monday"}, {`ts == ns`, false}, {`ts < ns`, true}, {`ns > ts`, true}, {`ns - ts == duration("789ns")`, true},
		{`(ns + duration("1ns")).Nanosecond()`, 123456790}, {`day == date("2024-07-01")`, true}, {`day < ts`, true}, {`day.Month() == 7`, true},
		{`string(day)`, "2024-07-01"}, {`timestamp("2024-07-01T22:30:15.123456789Z") == ts`, true}, {`timestamp("yesterday")`, "error invalid-date"},
		{`date("1 July 2024", "2 January 2006") == day`, true}, {`date("2024-07-02 00:00:00", "2006-01-02 15:04:05", "Europe/Berlin").Hour()`, 22},
		{`duration(s).Seconds()`, "error invalid-duration"}, {`(duration("90m") * 2).Hours()`, 3.0}, {`duration("1h") > duration("59m")`, true},
		{`ts.Format("Monday, 02 January 2006 03:04:05.000 PM")`, "Monday, 01 July 2024 10:30:15.123 PM"},

		// Own functions and small things.
		{`utf8(b"h\xc3\xa9")`, "hé"}, {`utf8(b"\xff")`, "error invalid-text"}, {`random() < 1.0`, true}, {`attr["k"] + attr.k`, 10}, {`attr["x"]`, nil},
		{`get(tags, 5)`, nil}, {`get(attr, "k")`, 5}, {`first([])`, nil}, {`last(tags)`, "yy"}, {`keys(attr)`, []any{"k"}}, {`type(n)`, "int"},
		{`type(payload.x)`, "float"}, {`dec * 2 + 0.25`, 25.25}, {`string(dec)`, "12.50"}, {`int(dec)`, 12}, {`float(dec) / 5`, 2.5}, {`dec > 12.49`, true},
		{`s matches "^it" + "'"`, true}, {`s matches s + "("`, "error invalid-pattern"}, {`tags[1:]`, []any{"yy"}}, {`tags[-1]`, "yy"},
		{`flatten([[1, 2], [3]])`, []any{1, 2, 3}}, {`sortBy(tags, len(#), "desc")`, []any{"yy", "x"}}, {`reduce([], #acc + #)`, "error empty-list"},
		{`"héllo" | upper() | len()`, 5}, {`if n > 2 { "big" } else { "small" }`, "big"}, {`1; 2; n`, 3}, {`max(n, 2.5)`, 3.0}, {`min(tags[0:0])`, "compile"},
	} {
		if test.want == "compile" {
			continue
		}
		for name, compile := range map[string]compileFunc{"kernels": expression.Compile, "row-wise": expression.CompileRows} {
			got := evaluate(t, mem, compile, schema, test.source, record)[0]
			if !matchesWant(got, test.want) {
				t.Errorf("%s, %s: %v; want %#v", test.source, name, got, test.want)
			}
		}
	}
}
