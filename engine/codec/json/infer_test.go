package json_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
)

// TestInfer: the rules of inference, each on a sample.
func TestInfer(t *testing.T) {
	var wide, records strings.Builder
	for i := range 1001 {
		fmt.Fprintf(&wide, `,"k%d":1`, i)
		fmt.Fprintf(&records, "{\"m\":{\"k%d\":1}}\n", i)
	}
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for _, test := range []struct{ name, sample, want string }{
		{"whole numbers", `{"a":1,"b":-9223372036854775808}`, "a: int64, b: int64"},
		{"above int64", `{"a":1}` + "\n" + `{"a":9223372036854775808}`, "a: decimal(20,0)"},
		{"below int64", `{"a":-9223372036854775809}`, "a: decimal(20,0)"},
		{"20 digits", `{"a":99999999999999999999}`, "a: decimal(20,0)"},
		{"21 digits", `{"a":100000000000000000000}`, "a: json"},
		{"leading sign and zeros are no digits", `{"a":-0}`, "a: int64"},
		{"a fraction", `{"a":1}` + "\n" + `{"a":1.5}`, "a: double"},
		{"an exponent", `{"a":1e3}`, "a: double"},
		{"a fraction beside a large number", `{"a":1.5}` + "\n" + `{"a":9223372036854775808}`, "a: double"},
		{"a fraction beside a huge number", `{"a":1.5}` + "\n" + `{"a":100000000000000000000}`, "a: json"},
		{"text stays text", `{"a":"2026-01-01T00:00:00Z","b":"1"}`, "a: string, b: string"},
		{"kinds that disagree", `{"a":1,"b":true,"c":"x","d":{}}` + "\n" + `{"a":"x","b":0,"c":[],"d":[]}`, "a: json, b: json, c: json, d: json"},
		{"nulls and empties", `{"a":null,"b":{},"c":[],"d":[null,[]],"e":{"f":null}}`, ""},
		{"a null beside a value", `{"a":null}` + "\n" + `{"a":true}`, "a: bool"},
		{"order of first sight", `{"z":null,"b":1}` + "\n" + `{"a":1,"z":1}`, "z: int64, b: int64, a: int64"},
		{"nested", `{"o":{"p":[{"q":1},{"r":[[true]]}]}}`, "o: struct{p: list<struct{q: int64, r: list<list<bool>>}>}"},
		{"elements that disagree", `{"a":[1,"x"]}`, "a: list<json>"},
		{"elements of numbers", `{"a":[1]}` + "\n" + `{"a":[2.5]}`, "a: list<double>"},
		{"an object of 1,001 keys", `{"m":{"x":1` + wide.String() + `}}`, "m: json"},
		{"objects of 1,001 keys together", records.String(), "m: json"},
		{"an object of 1,000 keys", `{"m":{` + strings.Replace(wide.String(), `,"k0":1,`, "", 1) + `}}` + "\n{}", ""},
		{"escaped and odd names", `{"\u0061":1,"b c":{"":true}}` + "\n" + `{"a":2}`, `a: int64, "b c": struct{"": bool}`},
		{"malformed lines", `{"a":1}` + "\nx\n" + `{"b":1,"b":"x"}` + "\n[1]\n{\"c\":{\"d\":1,\"d\":2}}\n{\"e\":1", "a: int64"},
		{"an array", "\xef\xbb\xbf[\n{\"a\":1},\n7,{\"b\":\n\"x\"}]", "a: int64, b: string"},
		{"a broken array", `[{"a":1} {"b":1}]`, "a: int64"},
		{"nothing", " \n", ""},
	} {
		s, err := json.Infer(padded(test.sample), true, codec.SampleLimits{})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if test.name == "an object of 1,000 keys" {
			if f := s.Field(0); len(f.Type.Fields) != 1000 {
				t.Errorf("%s: %d members", test.name, len(f.Type.Fields))
			}
			continue
		}
		if s.String() != test.want {
			t.Errorf("%s: %.200s; expected %s", test.name, s, test.want)
		}
	}
	s, err := json.Infer(padded(`{"d":`+deep+"}"), true, codec.SampleLimits{})
	if err != nil || !strings.Contains(s.String(), "json") {
		t.Errorf("40 levels: %v, %v; expected json below the depth that types have", s, err)
	}
}

// TestInferLimits: a sample ends at its limits, and a cut line says nothing.
func TestInferLimits(t *testing.T) {
	const sample = `{"a":1}` + "\n" + `{"b":1}` + "\n" + `{"c":1}`
	for _, test := range []struct {
		last   bool
		limits codec.SampleLimits
		want   string
	}{
		{true, codec.SampleLimits{}, "a: int64, b: int64, c: int64"},
		{false, codec.SampleLimits{}, "a: int64, b: int64"},
		{true, codec.SampleLimits{Rows: 1}, "a: int64"},
		{true, codec.SampleLimits{Bytes: 15}, "a: int64"},
		{true, codec.SampleLimits{Bytes: 16}, "a: int64, b: int64"},
	} {
		s, err := json.Infer(padded(sample), test.last, test.limits)
		if err != nil || s.String() != test.want {
			t.Errorf("%+v: %v, %v", test, s, err)
		}
	}
}

// TestInferRefusesEndlessColumns: records whose keys are data have no schema.
func TestInferRefusesEndlessColumns(t *testing.T) {
	var b strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&b, "{\"k%d\":1}\n", i)
	}
	if s, err := json.Infer(padded(b.String()), true, codec.SampleLimits{}); err == nil {
		t.Errorf("inferred %d columns", s.Len())
	}
}
