package expression_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var hostileSchema = schemas.New(
	schemas.Field{Name: "s", Type: schemas.Of(schemas.String)},
	schemas.Field{Name: "nums", Type: schemas.ListOf(schemas.Of(schemas.Int64))},
	schemas.Field{Name: "pattern", Type: schemas.Of(schemas.String)},
)

// hostileRecord has a harmless row and one that is made to hurt.
func hostileRecord(t *testing.T) arrow.RecordBatch {
	nums := make([]any, 2000)
	for i := range nums {
		nums[i] = int64(0)
	}
	return recordOf(arrowtest.Allocator(t), hostileSchema, []map[string]any{
		{"s": "a", "nums": []any{int64(1)}, "pattern": "a"},
		{"s": strings.Repeat("a", 100_000), "nums": nums, "pattern": strings.Repeat("(a*)*", 400)},
	}, 0)
}

// TestFault37HostileRecordsFailAlone: what a record could make an expression cost is bounded, and only that record fails.
func TestFault37HostileRecordsFailAlone(t *testing.T) {
	record := hostileRecord(t)
	t.Cleanup(record.Release)
	double := func(times int) string {
		text := ""
		for i := range times {
			from := "s"
			if i > 0 {
				from = fmt.Sprint("v", i-1)
			}
			text += fmt.Sprintf("let v%d = %s + %s; ", i, from, from)
		}
		return text + fmt.Sprintf("len(v%d)", times-1)
	}
	for name, source := range map[string]string{
		"nested any":           `any(nums, any(nums, any(nums, # > 1)))`,
		"nested any of ranges": `len(s) > 1 && any(0..100000, any(0..100000, # < 0))`,
		"doubling":             double(12),
		"doubling by the VM":   `reduce(map(nums, s), #acc + #acc, s)`,
		"replace":              `len(replace(replace(s, "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))`,
		"replace by the VM":    `any([s], len(replace(replace(#, "a", "aaaaaaaaaaaaaaaaaaaaaaaaaa"), "a", "aaaaaaaaaaaaaaaaaaaaaaaa")) > 5 && len(s) > 5)`,
		"repeat":               `repeat(s, 10000)`,
		"join":                 `join(map(nums, s), s)`,
		"range":                `len(s) > 1 ? len(0..9223372036854775806) : 0`,
		"split":                `concat(map(nums, split(s, "")))`,
		"toJSON":               `toJSON(map(nums, toJSON(map(nums, s))))`,
		"pattern":              `s matches pattern`,
		"uniq":                 `len(uniq(map(nums, #index))) + len(uniq(map(split(s, ""), string(#) + string(len(nums)))))`,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			mem := arrowtest.Allocator(t)
			p, ds := expression.Compile(expression.Scope{Columns: hostileSchema}, dsl.NewExpression("e", source))
			if p == nil {
				t.Fatal(ds.Render())
			}
			ev := p.NewEvaluator(mem)
			defer ev.Release()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			out, failed, err := ev.Eval(t.Context(), expression.Rows{Columns: record})
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range out {
				a.Release()
			}
			if spent := (after.TotalAlloc - before.TotalAlloc) >> 20; spent > 3000 {
				t.Errorf("allocated %d MiB", spent)
			}
			switch {
			case len(failed) == 0 && name != "uniq":
				t.Errorf("nothing stopped it")
			case len(failed) > 0 && (failed[0].Row != 1 || len(failed) > 1):
				t.Errorf("failed %v; want row 1 alone", failed)
			}
		})
	}
}

// TestContextEndsAnEvaluation: a loop of the VM ends with its context.
func TestContextEndsAnEvaluation(t *testing.T) {
	record := hostileRecord(t)
	t.Cleanup(record.Release)
	p, _ := expression.Compile(expression.Scope{Columns: hostileSchema}, dsl.NewExpression("e", `any(nums, any(nums, # > 1))`))
	ev := p.NewEvaluator(arrowtest.Allocator(t))
	defer ev.Release()
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("enough")
	go cancel(cause)
	for range 1000 {
		out, _, err := ev.Eval(ctx, expression.Rows{Columns: record})
		if err != nil {
			return
		}
		out[0].Release()
	}
	t.Error("a thousand evaluations after the context was cancelled")
}

// TestHostileSources: an expression that is too long, deep or large is refused, and not by a crash or an age.
func TestHostileSources(t *testing.T) {
	chain := func(n int, first, op string) string { return first + strings.Repeat(op+first, n) }
	for name, test := range map[string]struct {
		source string
		code   string
	}{
		"long":                 {`"` + strings.Repeat("x", 70_000) + `"`, "expression-too-long"},
		"parentheses":          {strings.Repeat("(", 32_000) + "s" + strings.Repeat(")", 32_000), ""},
		"nots":                 {strings.Repeat("!", 9_000) + "(s == s)", "expression-too-deep"},
		"many":                 {chain(12_000, "1", "+"), "expression-too-long"},
		"deep":                 {chain(2_000, "len(s)", "+"), "expression-too-deep"},
		"elvis":                {elvis(300, "len(s)"), ""},
		"elvis in a predicate": {"any(nums, " + elvis(60, "#") + ")", "expression-too-long"},
		"comparisons":          {chain(300, "len(s)", " < "), ""},
		"lets":                 {lets(200), ""},
		"lets in a predicate":  {"any(nums, " + "let a = #; " + lets(200) + " > a)", ""},
		"pattern":              {`s matches "` + strings.Repeat("(a|b)", 400) + `"`, "invalid-pattern"},
		"repetition":           {`s matches "((a{100}){100}){100}"`, "invalid-pattern"},
		"lists":                {strings.Repeat("[", 2_000) + strings.Repeat("]", 2_000), "expression-too-deep"},
		"list":                 {"s in [" + strings.Repeat(`"a",`, 9_000) + "]", ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			start := time.Now()
			p, ds := expression.Compile(expression.Scope{Columns: hostileSchema}, dsl.NewExpression("e", test.source))
			if took := time.Since(start); took > 20*time.Second { // orders of magnitude above what it takes
				t.Errorf("took %v", took)
			}
			switch {
			case test.code == "" && p == nil:
				t.Errorf("refused: %s", ds[0].Summary())
			case test.code != "" && (len(ds) == 0 || ds[0].Code != test.code):
				t.Errorf("not refused as %s: %v", test.code, ds)
			}
		})
	}
}

// elvis is a chain whose every step contains all before it twice.
func elvis(n int, of string) string {
	text := of + " == 0"
	for i := range n {
		text = fmt.Sprintf("(%s) ?: %s == %d", text, of, i+1)
	}
	return text
}

func lets(n int) string {
	text := "let y0 = len(s); "
	for i := range n {
		text += fmt.Sprintf("let y%d = y%d + y%d; ", i+1, i, i)
	}
	return text + fmt.Sprintf("y%d", n)
}

// TestFault38SlowPatterns: patterns that keep a backtracking engine busy for ages cost time by the length of the text, and
// one that is large itself is refused before anything runs.
func TestFault38SlowPatterns(t *testing.T) {
	record := hostileRecord(t)
	defer record.Release()
	for source, want := range map[string]bool{`s matches "^(a|aa)+$"`: true, `s matches "^(a+)+b$"`: false, `s matches "(a*)*(a*)*(a*)*c"`: false} {
		for i, got := range evaluate(t, arrowtest.Allocator(t), expression.Compile, hostileSchema, source, record) {
			if !matchesWant(got, want) {
				t.Errorf("%s of row %d: %v, want %v", source, i, got, want)
			}
		}
	}
	_, ds := expression.Compile(expression.Scope{Columns: hostileSchema}, dsl.NewExpression("e", `s matches "`+strings.Repeat("a", 1025)+`"`))
	if len(ds) == 0 || ds[0].Code != "invalid-pattern" {
		t.Errorf("a pattern of 1,025 bytes: %s", ds.Render())
	}
}
