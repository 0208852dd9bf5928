package json_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestEncodeForms: how values of each type are written.
func TestEncodeForms(t *testing.T) {
	for _, test := range []struct{ kind, value, want string }{
		{"timestamp", `"2026-01-01T02:00:00+02:00"`, `"2026-01-01T00:00:00Z"`},
		{"timestamp", `"2026-01-01T00:00:00.5Z"`, `"2026-01-01T00:00:00.500Z"`},
		{"timestamp", `"1969-12-31T23:59:59.999999Z"`, `"1969-12-31T23:59:59.999999Z"`},
		{"timestamp_ns", `"2026-01-01T00:00:00.000000001Z"`, `"2026-01-01T00:00:00.000000001Z"`},
		{"local_timestamp", `"0001-02-03T04:05:06"`, `"0001-02-03T04:05:06"`},
		{"date", `"0000-02-29"`, `"0000-02-29"`},
		{"time", `"01:02:03.04"`, `"01:02:03.040"`},
		{"decimal(10,2)", `-0.05`, `-0.05`},
		{"decimal(10,2)", `12345678.9`, `12345678.90`},
		{"decimal(38,20)", `100000000000000000.00000000000000000001`, `100000000000000000.00000000000000000001`},
		{"decimal(5,0)", `7`, `7`},
		{"uint64", `18446744073709551615`, `18446744073709551615`},
		{"double", `-0.0`, `-0`},
		{"double", `0.125`, `0.125`},
		{"double", `1e21`, `1e+21`},
		{"double", `123456789012345680000`, `123456789012345680000`},
		{"double", `0.000001`, `0.000001`},
		{"double", `0.30000000000000004`, `0.30000000000000004`},
		{"float", `0.1`, `0.1`},
		{"string", `"\u0000\u001f\"\\\/\b\n\r\t` + "\u2028" + `é"`, `"\u0000\u001f\"\\/\u0008\n\r\t` + "\u2028" + `é"`},
		{"uuid", `"00010203-0405-0607-0809-0A0b0C0d0E0f"`, `"00010203-0405-0607-0809-0a0b0c0d0e0f"`},
		{"binary", `"aGVsbG8="`, `"aGVsbG8="`},
		{"json", `{"a" : [1.50, null]}`, `{"a" : [1.50, null]}`},
		{"list<struct{a: bool}>", `[{"a":true},null,{}]`, `[{"a":true},null,{"a":null}]`},
		{"map<string,int8>", `{"b":1,"a":null}`, `{"b":1,"a":null}`},
		{"struct{}", `{}`, `{}`},
	} {
		s := columns(t, "v: "+test.kind+`, "a b\n": bool`)
		r := record(t, arrowtest.Allocator(t), s, `{"v":`+test.value+`}`)
		got, failed := encode(t, s, r)
		r.Release()
		if diff := cmp.Diff(`{"v":`+test.want+`,"a b\n":null}`+"\n", got); diff != "" || len(failed) > 0 {
			t.Errorf("%s as %s (-want +got):\n%s%v", test.value, test.kind, diff, failed)
		}
	}
}

// TestEncodeShortestDouble: doubles read back exactly, and as short as strconv writes them.
func TestEncodeShortestDouble(t *testing.T) {
	s := columns(t, "v: double")
	mem := arrowtest.Allocator(t)
	b := array.NewFloat64Builder(mem)
	defer b.Release()
	values := []float64{0, 1, -1, 0.001, 0.0005, 999999999999.999, 1e12, -1e12, 123456.789, 1e15, 1e-7, 5e-324, math.MaxFloat64, 0.1 + 0.2, 1.0005, 2.675}
	for i := range 2000 {
		values = append(values, float64(i*7919)/1000, -float64(i)/8, math.Sqrt(float64(i)))
	}
	b.AppendValues(values, nil)
	column := b.NewArray()
	defer column.Release()
	r := array.NewRecordBatch(s.Arrow(), []arrow.Array{column}, int64(len(values)))
	defer r.Release()
	text, _ := encode(t, s, r)
	var want []byte
	for _, v := range values {
		format := byte('f')
		if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
			format = 'e'
		}
		want = append(strconv.AppendFloat(append(want, `{"v":`...), v, format, -1, 64), "}\n"...)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("(-strconv +got):\n%s", diff)
	}
}

// TestFault30EncodeFailures: a row that JSON or the schema has no place for leaves no bytes, and its neighbours are written.
func TestFault30EncodeFailures(t *testing.T) {
	mem := arrowtest.Allocator(t)
	s := schemas.New(
		schemas.Field{Name: "d", Type: schemas.Of(schemas.Double)}, schemas.Field{Name: "s", Type: schemas.Of(schemas.String), Required: true},
		schemas.Field{Name: "j", Type: schemas.Of(schemas.JSON)}, schemas.Field{Name: "t", Type: schemas.Of(schemas.Timestamp)},
	)
	b := array.NewRecordBuilder(mem, s.Arrow())
	defer b.Release()
	for _, row := range []struct {
		d float64
		s string
		j string
		t int64
	}{
		{1, "ok", "{\n\"a\":\r\n 1}", 0},
		{math.NaN(), "x", "1", 0}, {math.Inf(-1), "x", "1", 0}, {1, "\xff", "1", 0}, {1, "null", "1", 0},
		{1, "x", "{", 0}, {1, "x", "1 2", 0}, {1, "x", "", 0}, {1, "x", "1", math.MaxInt64},
		{2, "ok", " [true] ", 0},
	} {
		b.Field(0).(*array.Float64Builder).Append(row.d)
		b.Field(1).(*array.StringBuilder).Append(row.s)
		if row.s == "null" {
			b.Field(1).(*array.StringBuilder).SetNull(b.Field(1).Len() - 1)
		}
		b.Field(2).(*array.StringBuilder).Append(row.j)
		b.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(row.t))
	}
	r := b.NewRecordBatch()
	defer r.Release()
	text, failed := encode(t, s, r)
	want := `{"d":1,"s":"ok","j":{"a": 1},"t":"1970-01-01T00:00:00Z"}` + "\n" + `{"d":2,"s":"ok","j":[true],"t":"1970-01-01T00:00:00Z"}` + "\n"
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	wantFailed := []codec.RowFailure{
		{Row: 1, Code: "json-range", Message: "d: NaN has no form in JSON; expected a finite number"},
		{Row: 2, Code: "json-range", Message: "d: -Inf has no form in JSON; expected a finite number"},
		{Row: 3, Code: "json-encoding", Message: "s: the text is not valid UTF-8"},
		{Row: 4, Code: "null-in-required", Message: "s: null; the column is required"},
		{Row: 5, Code: "json-syntax", Message: "j: { is no JSON value"},
		{Row: 6, Code: "json-syntax", Message: "j: 1 2 is no JSON value"},
		{Row: 7, Code: "json-syntax", Message: "j: empty text is no JSON value"},
		{Row: 8, Code: "json-range", Message: "t: the year is not within 0 to 9999; no text of RFC 3339 names it"},
	}
	if diff := cmp.Diff(wantFailed, failed); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

// TestEncodePanicsOnOtherTypes: a batch that is not of the schema is a mistake of the program, never read as if it were.
func TestEncodePanicsOnOtherTypes(t *testing.T) {
	mem := arrowtest.Allocator(t)
	r := record(t, mem, columns(t, "v: timestamp_ns, w: decimal(4,2), x: list<uuid>"), `{"w":1,"x":[]}`)
	defer r.Release()
	for _, other := range []string{"v: timestamp, w: decimal(4,2), x: list<uuid>", "v: timestamp_ns, w: decimal(4,1), x: list<uuid>", "v: timestamp_ns, w: decimal(4,2), x: list<fixed(4)>"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s wrote %s", other, r.Schema())
				}
			}()
			encode(t, columns(t, other), r)
		}()
	}
}
