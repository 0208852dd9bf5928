package json_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFault28DeepNesting: a record of a hundred thousand levels fails alone, wherever it is nested and however it is framed.
func TestFault28DeepNesting(t *testing.T) {
	const levels = 100_000
	deep := map[string]string{
		"arrays":     strings.Repeat("[", levels) + strings.Repeat("]", levels),
		"objects":    strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels),
		"not closed": strings.Repeat("[", levels),
	}
	for name, value := range deep {
		for _, column := range []string{"v: json", "other: int64"} {
			for _, frame := range []string{"{\"n\":1}\n{\"v\":%}\n{\"n\":2}\n", `[{"n":1},{"v":%},{"n":2}]`} {
				if name == "not closed" && frame[0] == '[' {
					continue // the array itself has no end
				}
				got := decode(t, options(t, columns(t, "n: int64, "+column)), strings.Replace(frame, "%", value, 1))
				if len(got.Rows) != 2 || len(got.Failed) != 1 || !strings.Contains(got.Failed[0], "json-depth") {
					t.Errorf("%s, %s: %d rows, failures %.200v, %s", name, column, len(got.Rows), got.Failed, got.Err)
				}
			}
		}
	}
}

// TestFault29NumbersAreExactOrRefused: no integer or decimal is rounded, and nothing beyond a type's range becomes another
// value.
func TestFault29NumbersAreExactOrRefused(t *testing.T) {
	s := columns(t, "i: int64, u: uint64, d: decimal(20,2), f: double")
	got := decode(t, options(t, s), strings.Join([]string{
		`{"i":9007199254740993,"u":18446744073709551615,"d":123456789012345678.91}`,
		`{"i":-9223372036854775808,"f":-0}`,
		`{"i":9223372036854775808}`, `{"i":9007199254740993.5}`, `{"u":-1}`, `{"u":18446744073709551616}`,
		`{"d":0.001}`, `{"d":1234567890123456789}`, `{"f":1e400}`,
	}, "\n"))
	want := []string{
		"9007199254740993 | 18446744073709551615 | 123456789012345678.91 | (null)",
		"-9223372036854775808 | (null) | (null) | -0",
	}
	if diff := cmp.Diff(want, got.Rows); diff != "" || len(got.Failed) != 7 {
		t.Errorf("(-want +got):\n%s\nfailures %v", diff, got.Failed)
	}
}
