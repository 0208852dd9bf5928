package source_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

func TestPositionsCountRunesAndOriginalBytes(t *testing.T) {
	f := source.NewFile("a.yaml", []byte("\ufeffé: 1\r\nab: ü\r\n"))
	if string(f.Data) != "é: 1\nab: ü\n" || f.Lines() != 3 {
		t.Fatalf("%q in %d lines", f.Data, f.Lines())
	}
	offset := strings.Index(string(f.Data), "ü")
	if p := f.Position(offset); p != (source.Position{Line: 2, Column: 5}) {
		t.Errorf("ü is at %v", p)
	}
	if got := f.Offset(2, 5); got != offset {
		t.Errorf("line 2, column 5 is offset %d, want %d", got, offset)
	}
	if got, want := f.Original(offset), offset+3+1; got != want {
		t.Errorf("on disk it is at %d, want %d", got, want)
	}
}

func TestRenderedSource(t *testing.T) {
	f := source.NewFile("a.yaml", []byte("password: hunter2\nb: \x1b[31m\t!\n"))
	f.Hide(source.Range{File: f, Start: 10, End: 17})
	ds := source.Diagnostics{
		{Code: "b", Range: source.Range{File: f, Start: 27, End: 28}, Found: "a mark"},
		{Code: "a", Severity: source.Warning, Range: source.Range{File: f, Start: 10, End: 17}, Found: "a secret", Expected: "none", Fix: "remove it"},
	}
	ds.Sort()
	want := `a.yaml:1:11: warning: a secret [a]
    1 | password: *******
      |           ^^^^^^^
      expected none
      fix: remove it
a.yaml:2:10: error: a mark [b]
    2 | b: ` + "\ufffd[31m\t!" + `
      |         ` + "\t^" + `
`
	if got := ds.Render(); got != want {
		t.Errorf("rendered:\n%s\nwant:\n%s", got, want)
	}
	encoded, err := json.Marshal(ds)
	if err != nil || strings.Contains(string(encoded), "hunter2") || !strings.Contains(string(encoded), `"start":10`) {
		t.Errorf("%s, %v", encoded, err)
	}
}

func TestSuggest(t *testing.T) {
	for word, want := range map[string]string{"windw": "window", "limti": "limit", "xyz": "", "": ""} {
		if got := source.Suggest(word, []string{"window", "limit", "key"}); got != want {
			t.Errorf("Suggest(%q) is %q, want %q", word, got, want)
		}
	}
}
