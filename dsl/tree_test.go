package dsl_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// parse returns the tree of a document that must be valid.
func parse(t failer, name, text string) *dsl.Node {
	t.Helper()
	root, ds := dsl.ParseTree(source.NewFile(name, []byte(text)))
	if len(ds) > 0 {
		t.Fatalf("%s:\n%s", text, ds.Render())
	}
	return root
}

// values compares trees without their places and styles.
var values = cmp.Options{
	cmpopts.IgnoreFields(dsl.Node{}, "Range", "KeyRange", "Style"), cmpopts.IgnoreUnexported(dsl.Node{}),
	cmpopts.EquateEmpty(),
}

func TestScalarsOfYAML(t *testing.T) {
	for _, test := range []struct {
		text string
		want dsl.ValueKind
	}{
		{"~", dsl.NullValue}, {"null", dsl.NullValue}, {"Null", dsl.NullValue}, {"NULL", dsl.NullValue}, {"", dsl.NullValue},
		{"nULL", dsl.StringValue}, {"nil", dsl.StringValue}, {`""`, dsl.StringValue}, {`"null"`, dsl.StringValue},
		{"true", dsl.BoolValue}, {"False", dsl.BoolValue}, {"TRUE", dsl.BoolValue},
		{"yes", dsl.StringValue}, {"no", dsl.StringValue}, {"on", dsl.StringValue}, {"y", dsl.StringValue}, {"'true'", dsl.StringValue},
		{"0", dsl.IntValue}, {"-12", dsl.IntValue}, {"+12", dsl.IntValue}, {"0x1F", dsl.IntValue}, {"0o17", dsl.IntValue},
		{"010", dsl.IntValue}, {"99999999999999999999", dsl.IntValue},
		{"1_000", dsl.StringValue}, {"0b1", dsl.StringValue}, {"0xg", dsl.StringValue}, {"-0x1", dsl.StringValue}, {"12:30", dsl.StringValue},
		{"1.5", dsl.FloatValue}, {".5", dsl.FloatValue}, {"1.", dsl.FloatValue}, {"1e3", dsl.FloatValue}, {"-1.5E-3", dsl.FloatValue},
		{".inf", dsl.FloatValue}, {"-.INF", dsl.FloatValue}, {".NaN", dsl.FloatValue},
		{"inf", dsl.StringValue}, {"nan", dsl.StringValue}, {"-.nan", dsl.StringValue}, {"1.2.3", dsl.StringValue}, {".", dsl.StringValue},
		{"2024-01-01", dsl.StringValue}, {"!!str 12", dsl.StringValue}, {"!!float 12", dsl.FloatValue}, {"|\n  12", dsl.StringValue},
	} {
		if got := parse(t, "x.yaml", "a: "+test.text+"\n").Field("a").Value; got != test.want {
			t.Errorf("%q is %v, want %v", test.text, got, test.want)
		}
	}
}

func TestScalarsOfTOML(t *testing.T) {
	for _, test := range []struct {
		text string
		want dsl.ValueKind
		says string
	}{
		{"true", dsl.BoolValue, "true"}, {`"true"`, dsl.StringValue, "true"}, {"12", dsl.IntValue, "12"}, {"1_000", dsl.IntValue, "1000"},
		{"0b101", dsl.IntValue, "5"}, {"0xdead_beef", dsl.IntValue, "0xdeadbeef"}, {"1.5", dsl.FloatValue, "1.5"}, {"1e3", dsl.FloatValue, "1e3"},
		{"inf", dsl.FloatValue, ".inf"}, {"-inf", dsl.FloatValue, "-.inf"}, {"nan", dsl.FloatValue, ".nan"}, {"+nan", dsl.FloatValue, ".nan"},
		{"2024-01-01", dsl.StringValue, "2024-01-01"}, {"2024-01-01T12:00:00Z", dsl.StringValue, "2024-01-01T12:00:00Z"},
		{"''", dsl.StringValue, ""}, {`"\u00e9\n"`, dsl.StringValue, "é\n"}, {"'''\na'''", dsl.StringValue, "a"}, {"\"\"\"a \\\n  b\"\"\"", dsl.StringValue, "a b"},
	} {
		n := parse(t, "x.toml", "a = "+test.text+"\n").Field("a")
		if n.Value != test.want || n.Text != test.says {
			t.Errorf("%s is %v %q, want %v %q", test.text, n.Value, n.Text, test.want, test.says)
		}
	}
}

const ordersYAML = `name: orders-to-lake
vars:
  env: {type: string, default: dev, one_of: [dev, prod]}
input:
  iggy:
    address: ${IGGY_ADDRESS:127.0.0.1:8090}   # a comment
    count: 0x10
    ratio: .inf
    text: |
      one
      two
  format: json
processors:
  - filter: status == "paid" && total >= vars.min
  - set: {region: 'lower(region) ?? "unknown"', "day of": ts}
  - remove: [debug, internal_note]
  - []
output:
  iceberg: {create: {partition_by: [day(event_time)], format_version: 2}}
empty: {}
`

const ordersTOML = `name = "orders-to-lake"
[vars]
env = {type = "string", default = "dev", one_of = ["dev", "prod"]}
[input.iggy]
address = "${IGGY_ADDRESS:127.0.0.1:8090}" # a comment
count = 0x10
ratio = inf
text = """
one
two
"""
[input]
format = "json"
`

// The rest of the document, where TOML's order is that of YAML.
const restTOML = `
[output]
iceberg.create.partition_by = [
  "day(event_time)", # one
]
iceberg.create.format_version = 2
[empty]
`

func TestSameTreeInYAMLAndTOML(t *testing.T) {
	processors := `processors = [
  {filter = 'status == "paid" && total >= vars.min'},
  {set = {region = 'lower(region) ?? "unknown"', "day of" = "ts"}},
  {remove = ["debug", "internal_note"]},
  [],
]
`
	head, tables, _ := strings.Cut(ordersTOML, "[vars]")
	want := parse(t, "x.yaml", ordersYAML)
	got := parse(t, "x.toml", head+processors+"[vars]"+tables+restTOML)
	// TOML has processors before the tables: move them where YAML has them.
	got.Entries = append(append([]*dsl.Node{got.Entries[0]}, got.Entries[2:4]...), append([]*dsl.Node{got.Entries[1]}, got.Entries[4:]...)...)
	if diff := cmp.Diff(want, got, values); diff != "" {
		t.Errorf("(-yaml +toml):\n%s", diff)
	}
}

func TestRangesCoverWhatIsWritten(t *testing.T) {
	root := parse(t, "x.yaml", ordersYAML)
	for _, test := range []struct {
		n    *dsl.Node
		want string
	}{
		{root.Field("vars").Field("env").Field("one_of"), "[dev, prod]"},
		{root.Field("vars").Field("env").Field("one_of").Items[1], "prod"},
		{root.Field("input").Field("iggy").Field("address"), "${IGGY_ADDRESS:127.0.0.1:8090}"},
		{root.Field("input").Field("iggy").Field("text"), "|\n      one\n      two\n"},
		{root.Field("processors").Items[1].Field("set").Field("region"), `'lower(region) ?? "unknown"'`},
		{root.Field("processors").Items[2].Field("remove"), "[debug, internal_note]"},
		{root.Field("empty"), "{}"},
		{root.Field("input").Field("absent").Field("more"), string(root.Field("input").Range.Text())},
	} {
		if got := string(test.n.Range.Text()); got != test.want {
			t.Errorf("the range of %s covers %q, want %q", test.n.Key, got, test.want)
		}
	}
	if got := string(root.Field("processors").Items[1].Field("set").Entries[1].KeyRange.Text()); got != `"day of"` {
		t.Errorf("the range of a quoted key covers %q", got)
	}
	toml := parse(t, "x.toml", ordersTOML+restTOML)
	for _, test := range []struct {
		n    *dsl.Node
		want string
	}{
		{toml.Field("vars").Field("env").Field("one_of"), `["dev", "prod"]`},
		{toml.Field("output").Field("iceberg").Field("create").Field("partition_by"), "[\n  \"day(event_time)\", # one\n]"},
		{toml.Field("input").Field("iggy").Field("text"), "\"\"\"\none\ntwo\n\"\"\""},
		{toml.Field("input").Field("iggy").Field("count"), "0x10"},
	} {
		if got := string(test.n.Range.Text()); got != test.want {
			t.Errorf("the range of %s covers %q, want %q", test.n.Key, got, test.want)
		}
	}
}

func TestAliasesAndMerges(t *testing.T) {
	got := parse(t, "x.yaml", "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\none: *b\ntwo:\n  a: 0\n  <<: *b\n  x: 9\nthree: {<<: [*m, *b]}\n")
	want := parse(t, "x.yaml", "base: {x: 1, y: 2}\nmore: {y: 3, z: 4}\none: {x: 1, y: 2}\ntwo: {a: 0, y: 2, x: 9}\nthree: {y: 3, z: 4, x: 1}\n")
	if diff := cmp.Diff(want, got, values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLexerSeesNoTabs: what is hidden from the lexer is in the values all the same.
func TestLexerSeesNoTabs(t *testing.T) {
	root := parse(t, "x.yaml", "a:\t\"x\ty\"\t# c\nb: x\ty\nc: |\n  x\ty\t\n  z\nd: a <<< b\ne: 'a<<<b\t'\n")
	for key, want := range map[string]string{"a": "x\ty", "b": "x\ty", "c": "x\ty\t\nz\n", "d": "a <<< b", "e": "a<<<b\t"} {
		if got := root.Field(key).Text; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestCarriageReturnsAndMarkAreStripped(t *testing.T) {
	root := parse(t, "x.yaml", "\ufeffname: |\r\n  a\r\n  b\r\n")
	if got := root.Field("name").Text; got != "a\nb\n" {
		t.Errorf("the text is %q", got)
	}
}
