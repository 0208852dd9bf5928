package dsl_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// seed adds the documents of the golden files that end so.
func seed(f *testing.F, ending string) {
	names, _ := filepath.Glob("testdata/diagnostics/*.txtar")
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(data).Files {
			if strings.HasSuffix(file.Name, ending) {
				f.Add(file.Data)
			}
		}
	}
}

// inside fails where a finding or a node lies outside of its document.
func inside(t *testing.T, f *source.File, root *dsl.Node, ds source.Diagnostics) {
	for _, d := range ds {
		if d.Range.File == nil || !d.Range.Within(d.Range.File.Data) {
			t.Errorf("finding outside the source: %s", d.Summary())
		}
		_ = d.Render()
	}
	if (root == nil) != ds.HasErrors() {
		t.Errorf("root is nil: %v, but errors: %v", root == nil, ds.HasErrors())
	}
	if root != nil {
		visit(root, func(n *dsl.Node) {
			if !n.Range.Within(f.Data) || n.Range.File != f || !n.KeyRange.Within(f.Data) {
				t.Errorf("node %q outside the source: %d to %d", n.Key, n.Range.Start, n.Range.End)
			}
		})
	}
}

func visit(n *dsl.Node, see func(*dsl.Node)) {
	see(n)
	for _, e := range n.Entries {
		visit(e, see)
	}
	for _, e := range n.Items {
		visit(e, see)
	}
}

// flow writes a tree as one line of YAML that says the same.
func flow(b *strings.Builder, n *dsl.Node) {
	switch {
	case n.Kind == dsl.MapNode:
		b.WriteByte('{')
		for _, e := range n.Entries {
			b.WriteString(jsonText(e.Key) + ": ")
			flow(b, e)
			b.WriteString(", ")
		}
		b.WriteByte('}')
	case n.Kind == dsl.ListNode:
		b.WriteByte('[')
		for _, e := range n.Items {
			flow(b, e)
			b.WriteString(", ")
		}
		b.WriteByte(']')
	case n.Value == dsl.NullValue:
		b.WriteString("null")
	case n.Value == dsl.StringValue:
		b.WriteString(jsonText(n.Text))
	default:
		b.WriteString(n.Text)
	}
}

// jsonText writes a text in double quotes, all but ASCII escaped.
func jsonText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r >= 0x20 && r < 0x7f:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String() + `"`
}

// FuzzParseYAML: no panic, nothing outside the source, and a document that is written again in flow style is the same.
func FuzzParseYAML(f *testing.F) {
	seed(f, ".yaml")
	f.Add([]byte(ordersYAML))
	f.Add([]byte("a: >\n\n  x\n\n   y\n  z \n\nb: |2+\n   x\n\nc: 'x\n\n  y'\nd: \"x\\\n  y\"\n"))
	f.Add([]byte("a: &x {b: [1, ~, 'c']}\nd: *x\ne: {<<: *x, f: !!str 1}\n? g\n: h\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := source.NewFile("fuzz.yaml", data)
		root, ds := dsl.ParseTree(file)
		inside(t, file, root, ds)
		if root == nil {
			return
		}
		var b strings.Builder
		flow(&b, root)
		if b.Len() > 1<<20 {
			return
		}
		again, ds := dsl.ParseTree(source.NewFile("again.yaml", []byte(b.String())))
		if again == nil {
			t.Fatalf("%q was read as %q, which cannot be read:\n%s", data, b.String(), ds.Render())
		}
		if diff := cmp.Diff(root, again, values, nullText); diff != "" {
			t.Errorf("changed by a round trip (-first +second):\n%s", diff)
		}
	})
}

// nullText takes all spellings of null for equal.
var nullText = cmp.Transformer("null", func(n dsl.Node) dsl.Node {
	if n.IsNull() {
		n.Text = ""
	}
	return n
})

// FuzzParseTOML: no panic, nothing outside the source, and the values are those of BurntSushi's parser.
func FuzzParseTOML(f *testing.F) {
	seed(f, ".toml")
	f.Add([]byte(ordersTOML + restTOML))
	f.Add([]byte("a.b = 1\na.c = [{d = 1}, {d = [1.5, -inf]}]\n[[e]]\nf = 1979-05-27 07:32:00\n[[e]]\n[e.g]\nh = '''x''''\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := source.NewFile("fuzz.toml", data)
		root, ds := dsl.ParseTree(file)
		inside(t, file, root, ds)
		if root == nil {
			return
		}
		var want map[string]any
		if _, err := toml.Decode(string(file.Data), &want); err != nil {
			t.Fatalf("accepted, but BurntSushi says %v", err)
		}
		if !same(root, want) {
			t.Errorf("%q is read as\n%v by BurntSushi and as another tree by us", data, want)
		}
	})
}

// same reports whether a tree has the values that BurntSushi's parser has.
func same(n *dsl.Node, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		if n.Kind != dsl.MapNode || len(n.Entries) != len(want) {
			return false
		}
		for _, e := range n.Entries {
			if v, ok := want[e.Key]; !ok || !same(e, v) {
				return false
			}
		}
		return true
	case []map[string]any:
		items := make([]any, len(want))
		for i := range want {
			items[i] = want[i]
		}
		return same(n, items)
	case []any:
		if n.Kind != dsl.ListNode || len(n.Items) != len(want) {
			return false
		}
		for i, item := range n.Items {
			if !same(item, want[i]) {
				return false
			}
		}
		return true
	case string:
		return n.Value == dsl.StringValue && n.Text == want
	case bool:
		return n.Value == dsl.BoolValue && n.Text == strconv.FormatBool(want)
	case int64:
		var v struct {
			V int64 `flow:"v,body"`
		}
		return n.Value == dsl.IntValue && !dsl.Decode(n, &v, nil).HasErrors() && v.V == want
	case float64:
		var v struct {
			V float64 `flow:"v,body"`
		}
		return n.Value == dsl.FloatValue && (math.IsNaN(want) && n.Text == ".nan" || !dsl.Decode(n, &v, nil).HasErrors() && v.V == want)
	case time.Time:
		return n.Value == dsl.StringValue && n.Text == string(n.Range.Text())
	default:
		return false
	}
}

// FuzzDocument: whatever a document says, its findings have a place, and a secret is in none of them.
func FuzzDocument(f *testing.F) {
	for _, ending := range []string{".yaml", ".toml"} {
		names, _ := filepath.Glob("testdata/diagnostics/*.txtar")
		for _, name := range names {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				f.Fatal(err)
			}
			for _, file := range archive.Files {
				if strings.HasSuffix(file.Name, ending) {
					f.Add(file.Data, ending == ".toml")
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, isTOML bool) {
		name := "fuzz.yaml"
		if isTOML {
			name = "fuzz.toml"
		}
		_, ds := diagnose(source.NewFile(name, data), dsl.Options{}, nil)
		for _, d := range ds {
			if d.Range.File == nil || !d.Range.Within(d.Range.File.Data) {
				t.Errorf("finding outside the source: %s", d.Summary())
			}
			if strings.Contains(d.Found+d.Expected+d.Fix, environment["PASSWORD"]) && !strings.Contains(string(data), environment["PASSWORD"]) {
				t.Errorf("a finding tells the password: %s", d.Summary())
			}
		}
	})
}
