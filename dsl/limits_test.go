package dsl_test

import (
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// TestLimits: documents that are too large in any way are refused, and those at a limit are not.
func TestLimits(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'j'; c++ {
		p := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [*" + p + strings.Repeat(", *"+p, 9) + "]\n"
	}
	for _, test := range []struct {
		name, text, code string
	}{
		{"x.yaml", "a: " + strings.Repeat("x", 1<<20), "document-size"},
		{"x.toml", "a = '" + strings.Repeat("x", 1<<20) + "'", "document-size"},
		{"x.yaml", strings.Repeat("#\n", 10_001), "document-size"},
		{"x.yaml", strings.Repeat("#\n", 9_998) + "a: b\n", ""},
		{"x.yaml", strings.Repeat("- ", 101) + "a", "document-depth"},
		{"x.yaml", strings.Repeat("- ", 99) + "a", ""},
		{"x.yaml", strings.Repeat("{a: ", 101) + "b" + strings.Repeat("}", 101), "document-depth"},
		{"x.toml", "a = " + strings.Repeat("[", 101), "document-depth"},
		{"x.toml", "[" + strings.Repeat("a.", 101) + "a]", "document-depth"},
		{"x.toml", "a = " + strings.Repeat("[", 98) + strings.Repeat("]", 98), ""},
		{"x.yaml", "a: [" + strings.Repeat("a,", 400_000) + "]", "document-size"},
		{"x.toml", "a = [" + strings.Repeat("1,", 400_000) + "]", "document-size"},
		// What takes the lexer quadratic time unless it never sees it.
		{"x.yaml", "a: \"" + strings.Repeat("\t", 1_000_000) + "\"", ""},
		{"x.yaml", "a: " + strings.Repeat("<", 1_000_000), ""},
		{"x.yaml", bomb, "document-size"},
		{"x.yaml", "a: \xff", "encoding"},
		{"x.toml", "a = '\x00'", "encoding"},
		{"x.yaml", "a: b\rc: d", "encoding"},
	} {
		_, ds := dsl.ParseTree(source.NewFile(test.name, []byte(test.text)))
		got := ""
		if len(ds) > 0 {
			got = ds[0].Code
		}
		if got != test.code || len(ds) > 1 {
			t.Errorf("%s %.40q...: %d findings, the first %q, want %q", test.name, test.text, len(ds), got, test.code)
		}
	}
}
