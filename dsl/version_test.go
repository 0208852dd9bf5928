package dsl_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
)

func TestVersionIsOfTextAndVars(t *testing.T) {
	version := func(text string, set map[string]string) string {
		t.Helper()
		d, ds := dsl.Parse(source.NewFile("d.yaml", []byte(text)), ".", dsl.Options{Set: set})
		if ds.HasErrors() {
			t.Fatal(ds.Render())
		}
		return d.Version()
	}
	const text = "name: a\nvars: {n: {type: int64, default: 1}}\ninput: {x: {password: hunter2}}\noutput: {y: {}}\n"
	const other = "name: a\nvars: {n: {type: int64, default: 1}}\ninput: {x: {password: another-one}}\noutput: {y: {}}\n"
	const changed = "name: a\nvars: {n: {type: int64, default: 1}}\ninput: {x: {password: hunter2}}\noutput: {y: {z: 1}}\n"
	first := version(text, nil)
	if again := version(text, map[string]string{"n": "1"}); again != first || len(first) != 16 {
		t.Errorf("the same document is %s and %s", first, again)
	}
	if v := version(other, nil); v != first {
		t.Errorf("with another literal secret it is %s; want %s, which tells nothing of it", v, first)
	}
	if v := version(changed, nil); v == first {
		t.Error("another text is the same version")
	}
	if v := version(text, map[string]string{"n": "2"}); v == first {
		t.Error("another value of a var is the same version")
	}
}

func TestRedactHidesTheLongestSecretFirst(t *testing.T) {
	type config struct {
		User     dsl.Secret `flow:"user" doc:"."`
		Password dsl.Secret `flow:"password" doc:"."`
	}
	var s dsl.Scope
	if _, ds := decode[config](t, "{user: abc, password: abcdef}", &s); ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	if got := s.Redact("abc says abcdef"); got != "*** says ***" {
		t.Errorf("Redact gives %q", got)
	}
}
