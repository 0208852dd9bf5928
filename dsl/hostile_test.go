package dsl_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
)

const wholeDocument = `name: orders
vars: {env: dev}
input:
  file: {paths: ["in/*.ndjson"], max_record: 1MiB}
processors:
  - filter: total >= 5 && status == "paid"
output: {stdout: {}}
`

// TestFault33EveryCutOfADocument: a document that ends anywhere is refused with a position, or is a shorter document.
func TestFault33EveryCutOfADocument(t *testing.T) {
	for i := range len(wholeDocument) {
		f := source.NewFile("cut.yaml", []byte(wholeDocument[:i]))
		d, ds := dsl.Parse(f, t.TempDir(), dsl.Options{})
		if d == nil && !ds.HasErrors() {
			t.Errorf("cut at %d: neither a document nor an error", i)
		}
		if i < strings.Index(wholeDocument, "stdout") && !ds.HasErrors() {
			t.Errorf("cut at %d: accepted without its output", i)
		}
		for _, x := range ds {
			if !strings.HasPrefix(x.Summary(), "cut.yaml:") {
				t.Errorf("cut at %d: %s", i, x.Summary())
			}
		}
	}
}

// TestFault34EnvironmentMissingOrEmpty: the finding names the variable and says nothing of a value.
func TestFault34EnvironmentMissingOrEmpty(t *testing.T) {
	const document = "name: ${THE_NAME}\ninput: {stdin: {}}\noutput: {stdout: {}}\n"
	for name, env := range map[string]map[string]string{"missing": {}, "empty": {"THE_NAME": ""}, "wrong": {"THE_NAME": "Hunter2!"}} {
		_, ds := dsl.Parse(source.NewFile("x.yaml", []byte(document)), t.TempDir(), dsl.Options{LookupEnv: func(n string) (string, bool) {
			v, ok := env[n]
			return v, ok
		}})
		text := ds.Render()
		if !ds.HasErrors() || !strings.Contains(text, "x.yaml:1:") || !strings.Contains(text, "THE_NAME") || strings.Contains(text, "unter2") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// TestFault36HostileYAML: what would grow beyond all measure is refused before it has.
func TestFault36HostileYAML(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 10; i++ {
		alias := fmt.Sprintf("*a%d", i-1)
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(alias+", ", 10), ", "))
	}
	for name, document := range map[string]string{
		"alias bomb":     bomb,
		"alias of self":  "a: &a [*a]\n",
		"merge bomb":     "a: &a {x: 1, y: 2}\nb: &b {p: *a, q: *a}\n" + mergeBomb(20),
		"deep, flow":     "a: " + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000),
		"deep, block":    strings.Repeat("- ", 50_000) + "x",
		"10 MB key":      strings.Repeat("k", 10<<20) + ": 1\n",
		"repeated key":   "name: a\nname: b\n",
		"100,000 keys":   manyKeys(100_000),
		"one MiB a text": "name: \"" + strings.Repeat("x", 1<<20) + "\"\n",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		root, ds := dsl.ParseTree(source.NewFile("x.yaml", []byte(document)))
		runtime.ReadMemStats(&after)
		if root != nil || !ds.HasErrors() {
			t.Errorf("%s: accepted", name)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 512<<20 {
			t.Errorf("%s: took %d MiB", name, grown>>20)
		}
	}
}

// mergeBomb doubles a map n times.
func mergeBomb(n int) string {
	text := "m0: &m0 {p: *b, q: *b}\n"
	for i := 1; i < n; i++ {
		text += fmt.Sprintf("m%d: &m%d {p: *m%d, q: *m%d}\n", i, i, i-1, i-1)
	}
	return text
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: {a: 1}\n", i)
	}
	return b.String()
}
