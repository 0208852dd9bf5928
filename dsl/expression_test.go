package dsl_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/dsl"
)

// failer is a testing.TB or a rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// expressionOf decodes the expression `a` of a document.
func expressionOf(t failer, name, document string) dsl.Expression {
	t.Helper()
	var config struct {
		A dsl.Expression `flow:"a"`
		L *dsl.Node      `flow:"l"`
		Z *dsl.Node      `flow:"z"`
	}
	if ds := dsl.Decode(parse(t, name, document), &config, nil); len(ds) > 0 {
		t.Fatalf("%q:\n%s", document, ds.Render())
	}
	return config.A
}

// TestExpressionPlaces: what the runes of an expression map to, in every way of writing it.
func TestExpressionPlaces(t *testing.T) {
	for _, test := range []struct {
		name, document, source string
		part                   string // of the source; where it is
		want                   string // in the document
	}{
		{"x.yaml", "a: total >= vars.min # c", "total >= vars.min", "vars.min", "vars.min"},
		{"x.yaml", "a: é > ü && x", "é > ü && x", "ü", "ü"},
		{"x.yaml", "a: 'x == ''y'' + z'", "x == 'y' + z", "'y'", "''y''"},
		{"x.yaml", `a: "x == \"y\" + \u00e9 + z"`, `x == "y" + é + z`, "é", `\u00e9`},
		{"x.yaml", `a: "x == \"y\" + z"`, `x == "y" + z`, "z", "z"},
		{"x.yaml", "a: |\n  x &&\n  y + z\n", "x &&\ny + z\n", "z", "z"},
		{"x.yaml", "a: >-\n  x &&\n  y + z\n", "x && y + z", "z", "z"},
		{"x.yaml", "a: x &&\n  y + z\n", "x && y + z", "z", "z"},
		{"x.yaml", "a: \"x &&\n  y\\\n  + z\"\n", "x && y+ z", "z", "z"},
		{"x.yaml", "a: |2\n    x\n  z\n", "  x\nz\n", "z", "z"},
		{"x.yaml", "a: 12", "12", "2", "2"},
		{"x.toml", "a = 'x + z'", "x + z", "z", "z"},
		{"x.toml", `a = "x == \"y\" + \u00e9 + z"`, `x == "y" + é + z`, "z", "z"},
		{"x.toml", "a = '''\nx +\nz'''", "x +\nz", "z", "z"},
		{"x.toml", "a = \"\"\"\nx + \\\n   z\"\"\"", "x + z", "z", "z"},
		{"x.toml", "a = '''x == 'y' + z'''", "x == 'y' + z", "z", "z"},
		{"x.toml", "a = 12", "12", "2", "2"},
		{"x.toml", "a = true", "true", "true", "true"},
	} {
		e := expressionOf(t, test.name, test.document)
		if e.Source != test.source {
			t.Errorf("%q: the source is %q, want %q", test.document, e.Source, test.source)
			continue
		}
		from := utf8.RuneCountInString(test.source[:strings.LastIndex(test.source, test.part)])
		if got := string(e.At(from, from+utf8.RuneCountInString(test.part)).Text()); got != test.want {
			t.Errorf("%q: %q is at %q, want %q", test.document, test.part, got, test.want)
		}
		if got := e.At(0, utf8.RuneCountInString(e.Source)); got.End > e.Range.End || got.Start < e.Range.Start {
			t.Errorf("%q: the expression lies outside its scalar", test.document)
		}
	}
}

// drawText draws a text of the characters that quoting is about.
func drawText(t *rapid.T) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune("ab é漢😀'\"\\+(){}[],:#&*!|>%@`-?\n\t=~")), 1, 24, -1).Draw(t, "text")
}

// quote writes text in each style that can hold it, with the runes that stand for themselves there.
func quote(text string) map[string]string {
	escaped := strconv.Quote(text)
	out := map[string]string{"x.yaml double": "a: " + escaped + "\n", "x.toml basic": "a = " + escaped + "\n"}
	oneLine := !strings.Contains(text, "\n")
	if oneLine {
		out["x.yaml single"] = "a: '" + strings.ReplaceAll(text, "'", "''") + "'\n"
	}
	if oneLine && !strings.Contains(text, "'") {
		out["x.toml literal"] = "a = '" + text + "'\n"
	}
	if !strings.Contains(text, "'") {
		out["x.toml multi-line literal"] = "a = '''\n" + text + "'''\n"
	}
	if !strings.HasPrefix(text, " ") && !strings.HasPrefix(text, "\n") && !strings.HasPrefix(text, "\t") && !strings.HasSuffix(text, "\n") {
		out["x.yaml literal"] = "l:\n  - b\na: |-\n   " + strings.ReplaceAll(text, "\n", "\n   ") + "\nz: 1\n"
		if oneLine {
			out["x.yaml folded"] = "a: >-\n   " + text + "\n"
		}
	}
	return out
}

// TestEveryRuneMapsToItself: a rune that is written as itself is found at its place, in every style.
func TestEveryRuneMapsToItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		if strings.TrimSpace(text) == "" || strings.Contains(text, "${") {
			return
		}
		for style, document := range quote(text) {
			name, _, _ := strings.Cut(style, " ")
			e := expressionOf(t, name, document)
			if e.Source != text {
				t.Fatalf("%s: %q is read as %q", style, document, e.Source)
			}
			for i, r := range []rune(text) {
				if got := string(e.At(i, i+1).Text()); got != string(r) && !escapedIn(style, got, r) {
					t.Fatalf("%s: %q: rune %d, %q, is at %q", style, document, i, r, got)
				}
			}
		}
	})
}

// escapedIn reports whether got is how the style writes r.
func escapedIn(style, got string, r rune) bool {
	switch {
	case strings.HasSuffix(style, "double"), strings.HasSuffix(style, "basic"):
		return got == strings.Trim(strconv.Quote(string(r)), `"`) || got == `\"`
	case strings.HasSuffix(style, "single"):
		return got == "''"
	default:
		return r == '\n' && strings.HasPrefix(got, "\n") && strings.Trim(got, "\n ") == ""
	}
}
