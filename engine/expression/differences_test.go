package expression_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestDifferences is the table of deliberate differences in DESIGN.md, section 4: what the VM gives, and what kernels and
// the row-wise fallback give.
func TestDifferences(t *testing.T) {
	const fails = "error " // then the code; alone for the VM
	row := map[string]any{
		"i": nil, "n": int64(7), "s": nil, "text": "héllo", "b": nil, "ts": nil, "tags": nil, "yes": true,
		"big": int64(math.MaxInt64), "low": int64(math.MinInt64), "u": uint64(1<<63 + 5), "u8": uint8(200), "f": 1e19, "nan": math.NaN(),
		"at": time.UnixMicro(1_700_000_000_123_456).UTC(), "small": int32(3), "dev": nil,
	}
	schema := schemas.New(
		schemas.Field{Name: "i", Type: schemas.Of(schemas.Int64)}, schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)},
		schemas.Field{Name: "s", Type: schemas.Of(schemas.String)}, schemas.Field{Name: "text", Type: schemas.Of(schemas.String)},
		schemas.Field{Name: "b", Type: schemas.Of(schemas.Bool)}, schemas.Field{Name: "yes", Type: schemas.Of(schemas.Bool)},
		schemas.Field{Name: "ts", Type: schemas.Of(schemas.Timestamp)}, schemas.Field{Name: "at", Type: schemas.Of(schemas.Timestamp)},
		schemas.Field{Name: "tags", Type: schemas.ListOf(schemas.Of(schemas.String))},
		schemas.Field{Name: "big", Type: schemas.Of(schemas.Int64)}, schemas.Field{Name: "low", Type: schemas.Of(schemas.Int64)},
		schemas.Field{Name: "u", Type: schemas.Of(schemas.Uint64)}, schemas.Field{Name: "u8", Type: schemas.Of(schemas.Uint8)},
		schemas.Field{Name: "f", Type: schemas.Of(schemas.Double)}, schemas.Field{Name: "nan", Type: schemas.Of(schemas.Double)},
		schemas.Field{Name: "small", Type: schemas.Of(schemas.Int32)},
		schemas.Field{Name: "dev", Type: schemas.StructOf(schemas.Field{Name: "os", Type: schemas.Of(schemas.String)})},
	)
	mem := arrowtest.Allocator(t)
	record := recordOf(mem, schema, []map[string]any{row}, 1)
	defer record.Release()

	for _, test := range []struct {
		source   string
		vm, ours any // nil is null; a text that begins with "error" is an error
	}{
		// A null operand makes null.
		{`i + 1`, fails, nil},
		{`i > 1`, fails, nil},
		{`i == 1`, false, nil},
		{`i != 1`, true, nil},
		{`upper(s)`, fails, nil},
		{`s + "x"`, fails, nil},
		{`ts.Year()`, fails, nil},
		{`-i`, fails, nil},
		{`tags[0]`, fails, nil},
		{`len(tags)`, fails, nil},

		// Three-valued logic.
		{`b && false`, fails, false},
		{`b && true`, fails, nil},
		{`b || true`, fails, true},
		{`b || false`, fails, nil},
		{`false && b`, false, false},
		{`true || b`, true, true},
		{`yes && b`, nil, nil},
		{`!b`, fails, nil},
		{`b ? 1 : 2`, fails, 2},

		// Tests for nil, ?? and ?. are the same.
		{`i == nil`, true, true},
		{`i != nil`, false, false},
		{`nil == nil`, true, true},
		{`i ?? 5`, 5, 5},
		{`(i ?? n) + 1`, 8, 8},
		{`dev?.os`, nil, nil},
		{`dev?.os ?? "none"`, "none", "none"},

		// Overflow is an error, not a wrap.
		{`big + 1`, math.MinInt64, fails + "int-overflow"},
		{`low - 1`, math.MaxInt64, fails + "int-overflow"},
		{`big * 2`, -2, fails + "int-overflow"},
		{`-low`, math.MinInt64, fails + "int-overflow"},
		{`abs(low)`, math.MinInt64, fails + "int-overflow"},
		{`-u8`, uint8(56), -200},

		// uint64 above 2^63.
		{`u > 0`, false, true},
		{`u == u`, true, true},
		{`u > big`, false, true},
		{`u - big`, 6, 6},
		{`u % 10`, -3, 3},
		{`u + 1`, math.MinInt64 + 6, fails + "int-overflow"},
		{`u / 2`, float64(1<<63+5) / 2, float64(1<<63+5) / 2},

		// Exact comparison of int and float.
		{`big == 9223372036854775807.0`, true, false},
		{`big < 9223372036854775808.0`, false, true},
		{`u >= 9223372036854775808.0`, true, true},
		{`yes ? 1 : 2.5`, 1, 1.0},
		{`i ?? 2.5`, 2.5, 2.5},

		// Null beside the operators that take it for false.
		{`i in [1, 2]`, false, nil},
		{`i not in [1, 2]`, true, nil},
		{`s matches "x"`, false, nil},
		{`s contains "x"`, false, nil},
		{`s not contains "x"`, true, nil},
		{`s startsWith "x"`, false, nil},
		{`"x" in tags`, false, nil},

		// Casts out of range.
		{`int(f)`, math.MinInt64, fails + "invalid-cast"},
		{`int(nan)`, math.MinInt64, fails + "invalid-cast"},
		{`int(u)`, math.MinInt64 + 5, fails + "invalid-cast"},

		// Timestamps have microseconds.
		{`date("2024-01-01T00:00:00.123456789Z").Nanosecond()`, 123456789, 123456000},
		{`(at + duration("1500ns")).Nanosecond()`, 123457500, 123457000},
		{`(at - duration("1ns")).Nanosecond()`, 123455999, 123455000},
		{`(at - at).Seconds()`, 0.0, 0.0},

		{`float(small)`, 3.0, 3.0},
		{`len(text)`, 5, 5},
		{`text[1:2]`, "\xc3", "é"},
		{`text[:2]`, "h\xc3", "hé"},
		{`indexOf(text, "l")`, 3, 2},
		{`string(s)`, "<nil>", nil},

		// x/0 is infinite, NaN equals nothing, and both are values.
		{`1 / 0 > 0`, true, true},
		{`nan == nan`, false, false},
		{`n % 0`, fails, fails + "division-by-zero"},

		// What is not needed does not fail.
		{`n > 100 && n % 0 == 1`, false, false},
		{`n < 100 || n % 0 == 1`, true, true},
		{`yes ? n : n % 0`, 7, 7},
		{`n ?? (n % 0)`, 7, 7},
		{`let x = n % 0; yes ? n : x`, fails, 7},
	} {
		t.Run(test.source, func(t *testing.T) {
			want, err := vm.Run(vmProgram(t, test.source), row)
			if (err != nil) != (test.vm == fails) || err == nil && !equalAny(want, test.vm) {
				t.Errorf("the VM gives %#v, %v; the table says %#v", want, err, test.vm)
			}
			for name, compile := range map[string]compileFunc{"kernels": expression.Compile, "row-wise": expression.CompileRows} {
				got := evaluate(t, mem, compile, schema, test.source, record)[0]
				if !matchesWant(got, test.ours) {
					t.Errorf("%s: %v; the table says %#v", name, got, test.ours)
				}
			}
			// Inside a predicate the operators mean the same; only a variable is computed where it is declared.
			if strings.HasPrefix(test.source, "let") {
				return
			}
			if got := evaluate(t, mem, expression.Compile, schema, "map([0], "+test.source+")[0]", record)[0]; !matchesWant(got, test.ours) {
				t.Errorf("in a predicate: %v; the table says %#v", got, test.ours)
			}
		})
	}
}

func matchesWant(got outcome, want any) bool {
	if text, ok := want.(string); ok && len(text) > 6 && text[:6] == "error " {
		return got.code == text[6:]
	}
	return got.code == "" && equalAny(want, got.value)
}

// TestFilterTakesNullAsFalse: a condition that is null or false does not keep a row, one that fails rejects it.
func TestFilterTakesNullAsFalse(t *testing.T) {
	mem := arrowtest.Allocator(t)
	schema := schemas.New(schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)}, schemas.Field{Name: "d", Type: schemas.Of(schemas.Int64)})
	rows := []map[string]any{
		{"n": int64(6), "d": int64(3)}, {"n": int64(7), "d": int64(3)}, {"n": nil, "d": int64(3)}, {"n": int64(1), "d": int64(0)}, {"n": nil, "d": int64(0)},
	}
	record := recordOf(mem, schema, rows, 3)
	defer record.Release()
	for _, test := range []struct {
		source string
		rows   []int32
		failed []int
	}{
		{`n % d == 0`, []int32{0}, []int{3}},
		{`d != 0 && n % d == 0`, []int32{0}, nil},
		{`n > 0 && n % d == 0`, []int32{0}, []int{3}},
		{`n % d == 0 || d > 0`, []int32{0, 1, 2}, []int{3}},
		{`d > 0 || n % d == 0`, []int32{0, 1, 2}, []int{3}},
		{`not (n % d == 0)`, []int32{1}, []int{3}},
		{`n == nil`, []int32{2, 4}, nil},
		{`n > 6`, []int32{1}, nil},
		{`n in [1, 7]`, []int32{1, 3}, nil},
		{`true`, []int32{0, 1, 2, 3, 4}, nil},
		{`nil`, nil, nil},
	} {
		p, ds := expression.Compile(expression.Scope{Columns: schema}, dsl.NewExpression("e", test.source))
		if p == nil {
			t.Errorf("%s:\n%s", test.source, ds.Render())
			continue
		}
		ev := p.NewEvaluator(mem)
		if p.Result(0).Type.Kind == schemas.Null {
			continue
		}
		got, failed, err := ev.Select(t.Context(), expression.Rows{Columns: record})
		if err != nil {
			t.Fatalf("%s: %v", test.source, err)
		}
		if fmt.Sprint(got) != fmt.Sprint(test.rows) {
			t.Errorf("%s selects %v; want %v", test.source, got, test.rows)
		}
		var at []int
		for _, f := range failed {
			at = append(at, f.Row)
		}
		if fmt.Sprint(at) != fmt.Sprint(test.failed) {
			t.Errorf("%s fails %v; want %v", test.source, at, test.failed)
		}
		ev.Release()
	}
}
