package cast_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/processors/cast"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func parseType(t *testing.T, name string) schemas.Type {
	t.Helper()
	parsed, err := schemas.ParseType(name)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestValues: each value becomes the one beside it; "!" is one that rejects its record. Values are as JSON has them.
func TestValues(t *testing.T) {
	const bad = "!"
	for _, test := range []struct {
		from, to string
		values   [][2]string
	}{
		{"int64", "int8", [][2]string{{"1", "1"}, {"-128", "-128"}, {"127", "127"}, {"128", bad}, {"-129", bad}, {"null", "null"}}},
		{"int64", "uint64", [][2]string{{"9223372036854775807", "9223372036854775807"}, {"-1", bad}}},
		{"int8", "uint64", [][2]string{{"-1", bad}, {"5", "5"}}},
		{"uint64", "int64", [][2]string{{"9223372036854775807", "9223372036854775807"}, {"9223372036854775808", bad}}},
		{"int64", "double", [][2]string{{"9007199254740992", "9007199254740992"}, {"9007199254740993", bad}, {"-9223372036854775808", "-9.223372036854775808e18"}}},
		{"int64", "float", [][2]string{{"16777217", bad}, {"16777216", "16777216"}}},
		{"double", "int64", [][2]string{{"1.0", "1"}, {"1.5", bad}, {"-0.0", "0"}, {"9223372036854775808", bad}, {"-9223372036854775808", "-9223372036854775808"}, {`"NaN"`, bad}, {`"+Inf"`, bad}}},
		{"double", "uint8", [][2]string{{"255", "255"}, {"256", bad}, {"-1", bad}}},
		{"double", "float", [][2]string{{"0.1", "0.1"}, {"1e300", bad}, {`"+Inf"`, `"+Inf"`}, {`"NaN"`, `"NaN"`}}},
		{"float", "double", [][2]string{{"0.5", "0.5"}}},
		{"double", "decimal(10,2)", [][2]string{{"1.1", `"1.10"`}, {"1.005", bad}, {"99999999.99", `"99999999.99"`}, {"100000000", bad}, {"1e300", bad}, {`"NaN"`, bad}, {"-0.5", `"-0.50"`}}},
		{"float", "decimal(10,2)", [][2]string{{"1.1", `"1.10"`}}},
		{"int64", "decimal(5,2)", [][2]string{{"999", `"999.00"`}, {"1000", bad}, {"-999", `"-999.00"`}}},
		{"decimal(10,2)", "int64", [][2]string{{`"12.00"`, "12"}, {`"12.50"`, bad}, {`"-7.00"`, "-7"}}},
		{"decimal(20,0)", "int64", [][2]string{{`"9223372036854775808"`, bad}, {`"-9223372036854775808"`, "-9223372036854775808"}, {`"-9223372036854775809"`, bad}}},
		{"decimal(20,0)", "uint64", [][2]string{{`"18446744073709551615"`, "18446744073709551615"}, {`"-1"`, bad}, {`"18446744073709551616"`, bad}}},
		{"decimal(10,2)", "decimal(5,1)", [][2]string{{`"1.50"`, `"1.5"`}, {`"1.55"`, bad}, {`"12345.00"`, bad}}},
		{"decimal(10,2)", "decimal(38,30)", [][2]string{{`"-1.50"`, `"-1.500000000000000000000000000000"`}}},
		{"decimal(38,0)", "decimal(38,2)", [][2]string{{`"99999999999999999999999999999999999999"`, bad}, {`"999999999999999999999999999999999999"`, `"999999999999999999999999999999999999.00"`}}},
		{"decimal(10,2)", "double", [][2]string{{`"1.10"`, "1.1"}, {`"-0.01"`, "-0.01"}}},
		{"decimal(38,2)", "double", [][2]string{{`"123456789012345678.91"`, bad}, {`"1234567890123.25"`, "1234567890123.25"}}},
		{"decimal(10,2)", "float", [][2]string{{`"1.10"`, "1.1"}, {`"99999999.99"`, bad}}},
		{"bool", "int32", [][2]string{{"true", "1"}, {"false", "0"}, {"null", "null"}}},
		{"int64", "bool", [][2]string{{"1", "true"}, {"0", "false"}, {"2", bad}, {"null", "null"}}},
		{"bool", "string", [][2]string{{"true", `"true"`}, {"null", "null"}}},
		{"string", "bool", [][2]string{{`"true"`, "true"}, {`"false"`, "false"}, {`"True"`, bad}, {`"1"`, bad}, {`""`, bad}, {"null", "null"}}},
		{"string", "int64", [][2]string{{`"12"`, "12"}, {`"-7"`, "-7"}, {`"+7"`, bad}, {`" 7"`, bad}, {`"1.0"`, bad}, {`""`, bad}, {`"9223372036854775808"`, bad}, {`"1_000"`, bad}, {"null", "null"}}},
		{"string", "uint8", [][2]string{{`"255"`, "255"}, {`"256"`, bad}, {`"-1"`, bad}}},
		{"string", "double", [][2]string{{`"1.5"`, "1.5"}, {`"1e3"`, "1000"}, {`".5"`, bad}, {`"1."`, bad}, {`"0x1p-2"`, bad}, {`"1_0"`, bad}, {`"inf"`, bad}, {`"NaN"`, `"NaN"`}, {`"1e999"`, bad}}},
		{"string", "decimal(10,2)", [][2]string{{`"1.5"`, `"1.50"`}, {`"1.500"`, `"1.50"`}, {`"1.505"`, bad}, {`"-0"`, `"0.00"`}, {`"1,5"`, bad}, {`"1."`, bad}, {`""`, bad}, {`"-"`, bad}, {`"123456789"`, bad}, {`"99999999999999999999999999999999999999999"`, bad}}},
		{"string", "date", [][2]string{{`"2024-02-29"`, `"2024-02-29"`}, {`"2023-02-29"`, bad}, {`"0001-01-01"`, `"0001-01-01"`}, {`"2024-2-9"`, bad}, {`"2024-02-29T00:00:00Z"`, bad}, {`"2024-13-01"`, bad}, {`"2024-01-00"`, bad}}},
		{"string", "time", [][2]string{{`"12:30:00"`, `"12:30:00"`}, {`"23:59:59.9999999"`, `"23:59:59.999999"`}, {`"24:00:00"`, bad}, {`"12:30"`, bad}, {`"12:30:00."`, bad}}},
		{"string", "timestamp", [][2]string{
			{`"2024-02-29T12:30:00Z"`, `"2024-02-29T12:30:00Z"`}, {`"2024-02-29 12:30:00.5+02:00"`, `"2024-02-29T10:30:00.5Z"`},
			{`"2024-02-29T12:30:00-05:30"`, `"2024-02-29T18:00:00Z"`}, {`"2024-02-29T12:30:00"`, bad}, {`"2024-02-29"`, bad}, {`"1709209800"`, bad}, {`"2024-02-29T12:30:00+0200"`, bad},
			{`"1969-12-31T23:59:59.999999Z"`, `"1969-12-31T23:59:59.999999Z"`},
		}},
		{"string", "timestamp_ns", [][2]string{{`"2024-02-29T12:30:00.123456789Z"`, `"2024-02-29T12:30:00.123456789Z"`}, {`"1600-01-01T00:00:00Z"`, bad}}},
		{"string", "local_timestamp", [][2]string{{`"2024-02-29 12:30:00"`, `"2024-02-29T12:30:00"`}, {`"2024-02-29T12:30:00Z"`, bad}}},
		{"string", "uuid", [][2]string{{`"0190A6C1-7d3e-7b1c-8f2a-1b2c3d4e5f60"`, `"0190a6c1-7d3e-7b1c-8f2a-1b2c3d4e5f60"`}, {`"0190a6c17d3e7b1c8f2a1b2c3d4e5f60"`, bad}, {`"0190a6c1-7d3e-7b1c-8f2a-1b2c3d4e5fzz"`, bad}}},
		{"string", "json", [][2]string{{`"{\"a\": 1}"`, `{"a": 1}`}, {`"{a:1}"`, bad}, {`""`, bad}, {`"[1,\n 2]"`, `[1,2]`}}},
		{"json", "string", [][2]string{{`{"a":[1,2]}`, `"{\"a\":[1,2]}"`}}},
		{"string", "binary", [][2]string{{`"abc"`, `"YWJj"`}}},
		{"binary", "string", [][2]string{{`"YWJj"`, `"abc"`}, {`"/w=="`, bad}}},
		{"binary", "fixed(3)", [][2]string{{`"YWJj"`, `"YWJj"`}, {`"YWI="`, bad}}},
		{"fixed(3)", "binary", [][2]string{{`"YWJj"`, `"YWJj"`}, {"null", "null"}}},
		{"uuid", "string", [][2]string{{`"0190a6c1-7d3e-7b1c-8f2a-1b2c3d4e5f60"`, `"0190a6c1-7d3e-7b1c-8f2a-1b2c3d4e5f60"`}}},
		{"uuid", "fixed(16)", [][2]string{{`"0190a6c1-7d3e-7b1c-8f2a-1b2c3d4e5f60"`, `"AZCmwX0+exyPKhssPU5fYA=="`}}},
		{"date", "timestamp", [][2]string{{`"2024-02-29"`, `"2024-02-29T00:00:00Z"`}}},
		{"date", "timestamp_ns", [][2]string{{`"2024-02-29"`, `"2024-02-29T00:00:00Z"`}, {`"1600-01-01"`, bad}}},
		{"timestamp", "date", [][2]string{{`"1969-12-31T00:00:00Z"`, `"1969-12-31"`}, {`"2024-02-29T00:00:00.000001Z"`, bad}}},
		{"timestamp", "timestamp_ns", [][2]string{{`"2024-02-29T12:30:00.5Z"`, `"2024-02-29T12:30:00.5Z"`}, {`"1600-01-01T00:00:00Z"`, bad}}},
		{"timestamp_ns", "timestamp", [][2]string{{`"2024-02-29T12:30:00.123456Z"`, `"2024-02-29T12:30:00.123456Z"`}, {`"2024-02-29T12:30:00.1234567Z"`, bad}}},
		{"local_timestamp", "timestamp", [][2]string{{`"2024-02-29T12:30:00"`, `"2024-02-29T12:30:00Z"`}}},
		{"timestamp", "string", [][2]string{{`"2024-02-29T12:30:00.5Z"`, `"2024-02-29T12:30:00.5Z"`}}},
		{"local_timestamp", "string", [][2]string{{`"2024-02-29T12:30:00"`, `"2024-02-29T12:30:00"`}}},
		{"date", "string", [][2]string{{`"2024-02-29"`, `"2024-02-29"`}}},
		{"time", "string", [][2]string{{`"12:30:00.25"`, `"12:30:00.25"`}}},
		{"int64", "string", [][2]string{{"-12", `"-12"`}, {"null", "null"}}},
		{"uint64", "string", [][2]string{{"18446744073709551615", `"18446744073709551615"`}}},
		{"double", "string", [][2]string{{"1.5", `"1.5"`}, {"1e6", `"1000000"`}, {"1e21", `"1e+21"`}, {"0.00001", `"1e-05"`}}},
		{"decimal(10,2)", "string", [][2]string{{`"-0.05"`, `"-0.05"`}, {`"12.30"`, `"12.30"`}}},
	} {
		t.Run(test.from+" to "+test.to, func(t *testing.T) {
			schema := schemas.New(schemas.Field{Name: "x", Type: parseType(t, test.from)})
			stage := enginetest.Processor(t, cast.Register, "cast: {x: \""+test.to+"\"}", schema)
			var in, want strings.Builder
			var rejected []int64
			for i, v := range test.values {
				in.WriteString(`{"x":` + v[0] + "}\n")
				if v[1] == bad {
					rejected = append(rejected, int64(i))
					continue
				}
				want.WriteString(`{"x":` + v[1] + "}\n")
			}
			result := stage.Process(t, stage.Batch(t, in.String()))
			if diff := cmp.Diff(normal(t, want.String()), normal(t, result.Text())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var got []int64
			for _, r := range result.Rejected {
				got = append(got, r.Ordinal)
				if r.Code != "cast" || r.At == "" {
					t.Errorf("rejection without code or place: %+v", r)
				}
			}
			if diff := cmp.Diff(rejected, got); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

// normal spells the numbers of NDJSON in one way.
func normal(t *testing.T, ndjson string) (values []string) {
	t.Helper()
	for line := range strings.Lines(ndjson) {
		var v struct{ X json.RawMessage }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		text := string(v.X)
		var f float64
		if strings.ContainsAny(text, ".e") && text[0] != '"' && json.Unmarshal(v.X, &f) == nil {
			short, _ := json.Marshal(f)
			text = string(short)
		}
		values = append(values, text)
	}
	return values
}

func TestMessageNamesColumnValueAndType(t *testing.T) {
	schema := schemas.New(
		schemas.Field{Name: "a", Type: schemas.Of(schemas.String)},
		schemas.Field{Name: "b", Type: schemas.Of(schemas.Double)},
	)
	stage := enginetest.Processor(t, cast.Register, "cast: {b: int64, a: date}", schema)
	result := stage.Process(t, stage.Batch(t, `
{"a":"yesterday","b":1.5}
{"a":"`+strings.Repeat("ü", 60)+`","b":1}`))
	want := []enginetest.Rejected{
		{Path: "processors[0]", Ordinal: 0, Code: "cast", Message: "`b` is 1.5, which cannot become an int64", At: "test.yaml:4:15"},
		{Path: "processors[0]", Ordinal: 1, Code: "cast", Message: "`a` is \"" + strings.Repeat("ü", 32) + "\" ..., which cannot become a date; expected a day, such as 2026-07-28", At: "test.yaml:4:25"},
	}
	if diff := cmp.Diff(want, result.Rejected); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
