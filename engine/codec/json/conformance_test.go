package json_test

import (
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
)

// places are where the text of a case stands: kept as a json column, skipped as an unknown field, and skipped inside one.
var places = []struct{ schema, before, after string }{
	{"v: json", `{"v":`, `}`},
	{"w: int64", `{"v":`, `}`},
	{"w: int64", `{"w":1, "v": [{"x" : `, `}, 2]}`},
}

// TestConformanceValid: the texts that JSON has are records' values on a line or, with line ends in them, in an array.
func TestConformanceValid(t *testing.T) {
	for _, c := range validTexts {
		for _, p := range places {
			for _, frame := range []string{"%\n", "%", " % \r\n", "[%]", "[\n%,%\n]\n"} {
				if strings.Contains(c.text, "\n") && !strings.Contains(frame, "[") {
					continue
				}
				text := strings.ReplaceAll(frame, "%", p.before+c.text+p.after)
				got := decode(t, options(t, columns(t, p.schema)), text)
				if len(got.Failed) > 0 || got.Err != "" || len(got.Rows) != strings.Count(frame, "%") {
					t.Errorf("%s: %q refused: %v %s", c.name, text, got.Failed, got.Err)
				}
				if p.schema == "v: json" && strings.TrimSpace(c.text) != "null" && got.Rows[0] != strings.Trim(c.text, " ") {
					t.Errorf("%s: %q kept as %q", c.name, text, got.Rows[0])
				}
			}
		}
	}
}

// TestConformanceInvalid: what is no JSON fails as a value, and alone; no row comes of it and nothing stops.
func TestConformanceInvalid(t *testing.T) {
	for _, c := range invalidTexts {
		for _, p := range places {
			text := "{}\n" + p.before + c.text + p.after + "\n{}"
			got := decode(t, options(t, columns(t, p.schema)), text)
			if len(got.Rows) != 2 || len(got.Failed) == 0 || got.Err != "" {
				t.Errorf("%s: %.80q gave %d rows and %d failures", c.name, text, len(got.Rows), len(got.Failed))
			}
		}
		got := decode(t, options(t, columns(t, "v: json")), "{}\n"+c.text+"\n{}")
		blank := strings.TrimSpace(c.text) == ""
		if len(got.Rows) != 2 || (len(got.Failed) == 0) != blank {
			t.Errorf("%s: %.80q alone gave %d rows and %d failures", c.name, c.text, len(got.Rows), len(got.Failed))
		}
	}
}

// TestConformanceOpen: where the RFC leaves the choice, it is made once and for all.
func TestConformanceOpen(t *testing.T) {
	for _, c := range openTexts {
		for _, p := range places {
			got := decode(t, options(t, columns(t, p.schema)), p.before+c.text+p.after)
			code := ""
			if len(got.Failed) > 0 {
				code = strings.Fields(got.Failed[0])[1]
			}
			if code != c.refused || got.Err != "" {
				t.Errorf("%s: %.80q gave %q; expected %q", c.name, c.text, code, c.refused)
			}
		}
	}
}

// TestConformanceAlone: on a line by itself only an object is a record, and one with a key twice is none.
func TestConformanceAlone(t *testing.T) {
	for _, c := range validTexts {
		if strings.Contains(c.text, "\n") {
			continue
		}
		got := decode(t, options(t, columns(t, "w: int64")), "{}\n"+c.text)
		record := strings.HasPrefix(c.text, "{") && !strings.Contains(c.name, "duplicated")
		if record != (len(got.Rows) == 2) || record != (len(got.Failed) == 0) {
			t.Errorf("%s: %q alone gave %d rows and %v", c.name, c.text, len(got.Rows), got.Failed)
		}
	}
	if got := decode(t, options(t, columns(t, "w: int64")), "\xef\xbb\xbf{}"); len(got.Rows) != 1 {
		t.Errorf("behind a byte order mark: %v", got)
	}
}

// TestConformanceOfInference: a sample of all the texts, good and bad, has the schema of the good ones.
func TestConformanceOfInference(t *testing.T) {
	for _, c := range invalidTexts {
		sample := "{\"a\":1}\n{\"b\":" + c.text + "}\n{\"c\":\"x\"}"
		s, err := json.Infer(padded(sample), true, codec.SampleLimits{})
		if err != nil || s.String() != "a: int64, c: string" {
			t.Errorf("%s: inferred %v, %v", c.name, s, err)
		}
	}
}
