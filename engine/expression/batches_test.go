package expression_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func TestEmptyBatch(t *testing.T) {
	mem := arrowtest.Allocator(t)
	record := events(mem, 0)
	defer record.Release()
	ev := compile(t, expression.Scope{Columns: eventSchema}, mappingM6...).NewEvaluator(mem)
	defer ev.Release()
	out, failed, err := ev.Eval(t.Context(), expression.Rows{Columns: record})
	if err != nil || len(failed) > 0 {
		t.Fatal(failed, err)
	}
	for i, a := range out {
		if a.Len() != 0 {
			t.Errorf("expression %d has %d rows", i, a.Len())
		}
		a.Release()
	}
}

// TestNothingAllocatesPerRow: what an evaluation allocates does not grow with its rows.
func TestNothingAllocatesPerRow(t *testing.T) {
	mem := arrowtest.Allocator(nopTest{})
	for _, texts := range [][]string{{filterF1}, mappingM6, {`status % 7 + bytes * 2`, `lower(region)[0:1]`, `int(latency_ms)`, `string(status)`, `ts.Year()`}} {
		p := compile(t, expression.Scope{Columns: eventSchema}, texts...)
		allocations := func(rows int) float64 {
			record := events(mem, rows)
			ev := p.NewEvaluator(mem)
			run := func() {
				out, _, err := ev.Eval(t.Context(), expression.Rows{Columns: record})
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range out {
					a.Release()
				}
			}
			run()
			return testing.AllocsPerRun(5, run)
		}
		if few, many := allocations(100), allocations(8000); many > few+40 {
			t.Errorf("%v: %v allocations for 100 rows, %v for 8000", texts, few, many)
		}
	}
}

func TestColumnsAreSharedAndKeepTheirType(t *testing.T) {
	mem := arrowtest.Allocator(t)
	record := events(mem, 10)
	defer record.Release()
	sliced := record.NewSlice(3, 9)
	defer sliced.Release()
	ev := compile(t, expression.Scope{Columns: eventSchema}, `status`, `device`, `device.os`).NewEvaluator(mem)
	defer ev.Release()
	for _, in := range []arrow.RecordBatch{record, sliced} {
		out, _, err := ev.Eval(t.Context(), expression.Rows{Columns: in})
		if err != nil {
			t.Fatal(err)
		}
		if out[0] != in.Column(3) || out[1] != in.Column(6) {
			t.Error("a column was copied")
		}
		for i := range out[2].Len() {
			device := in.Column(6).(*array.Struct)
			if device.IsNull(i) != out[2].IsNull(i) {
				t.Errorf("row %d: null %v, its struct %v", i, out[2].IsNull(i), device.IsNull(i))
			}
		}
		for _, a := range out {
			a.Release()
		}
	}
}

func TestBatchesOfOtherSchemasAreRefused(t *testing.T) {
	mem := arrowtest.Allocator(t)
	ev := compile(t, expression.Scope{Columns: eventSchema}, `status > 5`).NewEvaluator(mem)
	defer ev.Release()
	for name, schema := range map[string]*schemas.Schema{
		"another type": schemas.New(schemas.Field{Name: "status", Type: schemas.Of(schemas.Int64)}),
		"no column":    schemas.New(schemas.Field{Name: "state", Type: schemas.Of(schemas.Int64)}),
	} {
		record := recordOf(mem, schema, []map[string]any{{"status": int64(1), "state": int64(1)}}, 0)
		if _, _, err := ev.Select(t.Context(), expression.Rows{Columns: record}); err == nil {
			t.Errorf("%s: accepted", name)
		}
		record.Release()
	}
	// The next batch of the right schema is fine, wherever its column stands.
	record := recordOf(mem, schemas.New(schemas.Field{Name: "x", Type: schemas.Of(schemas.Bool)}, schemas.Field{Name: "status", Type: schemas.Of(schemas.Int32)}),
		[]map[string]any{{"status": int32(6)}}, 0)
	defer record.Release()
	rows, _, err := ev.Select(t.Context(), expression.Rows{Columns: record})
	if err != nil || !slices.Equal(rows, []int32{0}) {
		t.Errorf("%v %v", rows, err)
	}
}

func TestErrorsStandAtTheirPart(t *testing.T) {
	mem := arrowtest.Allocator(t)
	schema := schemas.New(schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)})
	record := recordOf(mem, schema, []map[string]any{{"n": int64(1)}, {"n": int64(0)}, {"n": nil}}, 0)
	defer record.Release()
	// Both expressions share the failing part; each row is told once, with the first reason.
	ev := compile(t, expression.Scope{Columns: schema}, `n > 0 ? 10 % n : 0`, `7 + 10 % n`, `[1, 2][n + 1]`).NewEvaluator(mem)
	defer ev.Release()
	out, failed, err := ev.Eval(t.Context(), expression.Rows{Columns: record})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range failed {
		got = append(got, fmt.Sprintf("%d %s %s at %s", f.Row, f.Code, f.Message, f.Range))
	}
	want := []string{
		"0 index-out-of-range index 2 of a list of 2 elements at e2:1:1",
		"1 division-by-zero 10 % 0 has no value at e1:1:5",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, a := range out {
		a.Release()
	}
}

// nopTest is for allocations that a test does not account for.
type nopTest struct{}

func (nopTest) Helper() {}

func (nopTest) Errorf(string, ...any) {}

func (nopTest) Cleanup(func()) {}

func TestNowIsOneValuePerBatch(t *testing.T) {
	mem := arrowtest.Allocator(t)
	record := events(mem, 3)
	defer record.Release()
	p := compile(t, expression.Scope{Columns: eventSchema}, `now()`, `map([1], now())[0]`, `now() - now() == duration("0s")`)
	ev := p.NewEvaluator(mem)
	defer ev.Release()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.UTC)
	out, _, err := ev.Eval(t.Context(), expression.Rows{Columns: record, Now: at})
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range out {
		want := "2026-01-02T03:04:05.678901Z"
		if i == 2 {
			want = "true"
		}
		for row := range a.Len() {
			if got := a.ValueStr(row); !strings.HasPrefix(strings.ReplaceAll(got, " ", "T"), strings.TrimSuffix(want, "Z")) {
				t.Errorf("expression %d row %d: %s; want %s", i, row, got, want)
			}
		}
		a.Release()
	}
}

func TestMetaAndVars(t *testing.T) {
	mem := arrowtest.Allocator(t)
	columns := recordOf(mem, schemas.New(schemas.Field{Name: "meta", Type: schemas.Of(schemas.Int64)}), []map[string]any{{"meta": int64(5)}}, 0)
	defer columns.Release()
	meta := recordOf(mem, schemas.New(schemas.Field{Name: "topic", Type: schemas.Of(schemas.String)}, schemas.Field{Name: "offset", Type: schemas.Of(schemas.Int64)}),
		[]map[string]any{{"topic": "t", "offset": int64(37)}}, 0)
	defer meta.Release()
	scope := expression.Scope{
		Columns: schemas.New(schemas.Field{Name: "meta", Type: schemas.Of(schemas.Int64)}),
		Meta:    schemas.New(schemas.Field{Name: "offset", Type: schemas.Of(schemas.Int64)}),
		Vars:    []dsl.Var{{Name: "list", Type: schemas.ListOf(schemas.Of(schemas.Int64)), Value: []any{int64(42), int64(1)}}},
	}
	ev := compile(t, scope, `meta.offset + $env["meta"] in vars.list`, `vars.list[0]`).NewEvaluator(mem)
	defer ev.Release()
	out, _, err := ev.Eval(t.Context(), expression.Rows{Columns: columns, Meta: meta})
	if err != nil {
		t.Fatal(err)
	}
	if out[0].ValueStr(0) != "true" || out[1].ValueStr(0) != "42" {
		t.Errorf("%v %v", out[0], out[1])
	}
	for _, a := range out {
		a.Release()
	}
	if _, _, err := ev.Eval(t.Context(), expression.Rows{Columns: columns}); err == nil {
		t.Error("a batch without meta was accepted")
	}
}
