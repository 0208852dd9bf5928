package unittest

import (
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestSame compares the member v of two objects: what a test wants, and what a column of the type holds.
func TestSame(t *testing.T) {
	for _, test := range []struct {
		typ, want, got string
		same           bool
	}{
		{"int64", `1`, `1`, true},
		{"int64", `1.0`, `1`, true},
		{"int64", `1e3`, `1000`, true},
		{"int64", `9223372036854775807`, `9223372036854775806`, false}, // equal as float64
		{"int64", `1`, `2`, false},
		{"int64", `null`, `0`, false},
		{"double", `0.1`, `0.10000000000000001`, true},
		{"float", `0.1`, `0.100000001`, true},
		{"double", `1e999999999`, `1e999999998`, false},
		{"double", `"NaN"`, `"NaN"`, true},
		{"decimal(10,2)", `12.5`, `"12.50"`, true},
		{"decimal(10,2)", `"12.5"`, `12.50`, true},
		{"decimal(38,20)", `0.00000000000000000001`, `0.00000000000000000002`, false},
		{"string", `"1"`, `1`, false},
		{"string", `"2026-01-31T13:00:00+01:00"`, `"2026-01-31T12:00:00Z"`, false},
		{"timestamp", `"2026-01-31T13:00:00+01:00"`, `"2026-01-31T12:00:00Z"`, true},
		{"timestamp", `"2026-01-31"`, `"2026-01-31T00:00:00.000Z"`, true},
		{"local_timestamp", `"2026-01-31T13:00:00"`, `"2026-01-31T13:00:00.000"`, true},
		{"time", `"12:00"`, `"12:00:00"`, true},
		{"uuid", `"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"`, `"a0eebc999c0b4ef8bb6d6bb9bd380a11"`, true},
		{"bool", `true`, `true`, true},
		{"bool", `true`, `"true"`, false},
		{"struct{a: int64, b: string}", `{"a":1}`, `{"b":null,"a":1.0}`, true},
		{"struct{a: int64, b: string}", `{"a":1}`, `{"a":1,"b":"x"}`, false},
		{"list<timestamp>", `["2026-01-31T13:00:00+01:00"]`, `["2026-01-31T12:00:00Z"]`, true},
		{"list<int64>", `[1,2]`, `[2,1]`, false},
		{"list<int64>", `[1]`, `[1,1]`, false},
		{"map<string,double>", `{"a":1,"b":2}`, `{"b":2.0,"a":1.0}`, true},
		{"json", `{"a":[1,{"b":2}]}`, `{"a":[1.0,{"b":2}]}`, true},
		{"json", `"1"`, `1`, false},
	} {
		typ, err := schemas.ParseType(test.typ)
		if err != nil {
			t.Fatal(err)
		}
		want, got := object(t, test.want), object(t, test.got)
		if same := same(typ, want.cells["v"], got.cells["v"]); same != test.same {
			t.Errorf("%s: want %s, got %s: same is %v", test.typ, test.want, test.got, same)
		}
		// A difference is told exactly where there is one.
		s := schemas.New(schemas.Field{Name: "v", Type: typ})
		if told := len(diffRows(s, []row{want}, []row{got})) > 0; told == test.same {
			t.Errorf("%s: want %s, got %s: a difference is told: %v", test.typ, test.want, test.got, told)
		}
	}
}

func object(t *testing.T, value string) row {
	t.Helper()
	r, err := parseRow([]byte(`{"v":` + value + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNumberSpellsNumbersOfYAMLAsJSON(t *testing.T) {
	for in, want := range map[string]string{
		"12": "12", "+12": "12", "007": "7", "0x1F": "31", "0o17": "15", "-0": "-0", "12.50": "12.50", "1.": "1", ".5": "0.5",
		"+1.5e3": "1500", "1e400": "1e400", "123456789012345678901234567890": "123456789012345678901234567890",
		".inf": `"Inf"`, "-.INF": `"-Inf"`, ".NaN": `"NaN"`,
	} {
		if got := number(in); got != want {
			t.Errorf("number(%q) is %s, want %s", in, got, want)
		}
	}
}

func TestRowsWithoutJSONAreShown(t *testing.T) {
	mem := arrowtest.Allocator(t)
	s := schemas.New(
		schemas.Field{Name: "id", Type: schemas.Of(schemas.Int64)},
		schemas.Field{Name: "x", Type: schemas.Of(schemas.Double)},
		schemas.Field{Name: "y", Type: schemas.Of(schemas.Double)},
	)
	b := array.NewRecordBuilder(mem, s.Arrow())
	defer b.Release()
	for i, x := range []float64{1.5, math.NaN(), math.Inf(1), math.Inf(-1), 2} {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.Float64Builder).Append(x)
		b.Field(2).AppendNull()
	}
	r := b.NewRecordBatch()
	defer r.Release()
	rows, err := rowsOf(s, r)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`{"id":0,"x":1.5}`, `{"id":1,"x":"NaN"}`, `{"id":2,"x":"Inf"}`, `{"id":3,"x":"-Inf"}`, `{"id":4,"x":2}`} {
		w, err := parseRow([]byte(want))
		if err != nil {
			t.Fatal(err)
		}
		if differences := diffRows(s, []row{w}, rows[i:i+1]); differences != nil {
			t.Errorf("row %d: %s: %v", i, rows[i].text, differences)
		}
	}
}
