package iceberg_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/internal/iceberg"
	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// mapped are our types, what a table makes of them, a value, and the value as it is read back from the file.
var mapped = []struct{ ours, iceberg, back, value, want string }{
	{"bool", "boolean", "bool", `true`, `true`},
	{"int8", "int", "int32", `-128`, `-128`},
	{"int16", "int", "int32", `-32768`, `-32768`},
	{"int32", "int", "int32", `2147483647`, `2147483647`},
	{"int64", "long", "int64", `-9223372036854775808`, `-9223372036854775808`},
	{"uint8", "int", "int32", `255`, `255`},
	{"uint16", "int", "int32", `65535`, `65535`},
	{"uint32", "long", "int64", `4294967295`, `4294967295`},
	{"uint64", "decimal(20, 0)", "decimal(20,0)", `18446744073709551615`, `"18446744073709551615"`},
	{"float", "float", "float", `1.5`, `1.5`},
	{"double", "double", "double", `-0.1`, `-0.1`},
	{"decimal(9,2)", "decimal(9, 2)", "decimal(9,2)", `"-1234567.89"`, `"-1234567.89"`},
	{"decimal(18,6)", "decimal(18, 6)", "decimal(18,6)", `"123456789012.345678"`, `"123456789012.345678"`},
	{"decimal(38,10)", "decimal(38, 10)", "decimal(38,10)", `"-1234567890123456789012345678.0123456789"`, `"-1234567890123456789012345678.0123456789"`},
	{"string", "string", "string", `"éa\u0000"`, `"éa\u0000"`},
	{"json", "string", "string", `"{\"a\":1}"`, `"{\"a\":1}"`},
	{"binary", "binary", "binary", `"AP8="`, `"AP8="`},
	{"fixed(3)", "fixed[3]", "fixed(3)", `"AAEC"`, `"AAEC"`},
	{"date", "date", "date", `"1969-12-31"`, `"1969-12-31"`},
	{"time", "time", "time", `"23:59:59.999999"`, `"23:59:59.999999"`},
	{"timestamp", "timestamptz", "timestamp", `"1969-12-31T23:59:59.999999Z"`, `"1969-12-31T23:59:59.999999Z"`},
	{"local_timestamp", "timestamp", "local_timestamp", `"2026-11-23T20:26:02.000001"`, `"2026-11-23T20:26:02.000001"`},
	{"timestamp_ns", "timestamptz", "timestamp", `"1969-12-31T23:59:59.999999999Z"`, `"1969-12-31T23:59:59.999999Z"`},
	{"uuid", "uuid", "uuid", `"AAECAwQFBgcICQoLDA0ODw=="`, `"00010203-0405-0607-0809-0a0b0c0d0e0f"`},
	{"list<uint32>", "list", "list<int64>", `[1,null,3]`, `[1,null,3]`},
	{"list<list<string>>", "list", "list<list<string>>", `[["a"],null,[]]`, `[["a"],null,[]]`},
	{"map<string,uint8>", "map", "map<string,int32>", `[{"key":"a","value":1},{"key":"b","value":null}]`, `[{"key":"a","value":1},{"key":"b","value":null}]`},
	{"struct{a: int8, b: struct{c: uint64}}", "struct", "struct{a: int32, b: struct{c: decimal(20,0)}}",
		`{"a":1,"b":{"c":2}}`, `{"a":1,"b":{"c":"2"}}`},
	{"list<struct{id: uuid, at: timestamp_ns}>", "list", "list<struct{id: uuid, at: timestamp}>",
		`[{"id":"AAECAwQFBgcICQoLDA0ODw==","at":null},null]`, `[{"at":null,"id":"00010203-0405-0607-0809-0a0b0c0d0e0f"},null]`},
}

func TestTypesRoundTrip(t *testing.T) {
	for _, test := range mapped {
		t.Run(test.ours, func(t *testing.T) {
			dir, mem := t.TempDir(), arrowtest.Allocator(t)
			cat := lake(t, dir)
			typ, err := schemas.ParseType(test.ours)
			if err != nil {
				t.Fatal(err)
			}
			s := schemas.New(schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)}, schemas.Field{Name: "v", Type: typ})
			table := create(t, cat, "ns.t", s)
			got, err := table.Schema()
			if err != nil {
				t.Fatal(err)
			}
			if want := "n: int64, v: " + test.back; got.String() != want {
				t.Errorf("the schema reads back as %s, not %s", got, want)
			}
			// Sliced, so that every conversion meets an offset that is no multiple of eight.
			all := record(t, mem, s, `{"n":0}`, `{"n":1,"v":`+test.value+`}`, `{"n":2}`, `{"n":3,"v":`+test.value+`}`)
			part := all.NewSlice(1, 4)
			all.Release()
			b := iceberg.NewBatch(table, "c1", write(t, mem, plan(t, s, table), part))
			mustAppend(t, cat, appendOf(table, b))

			disk := icetest.Read(t, dir, "ns.t")
			want := []string{`{"n":1,"v":` + test.want + `}`, `{"n":2}`, `{"n":3,"v":` + test.want + `}`}
			if diff := cmp.Diff(want, disk.Rows(t)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			fields := disk.Metadata["schemas"].([]any)[0].(map[string]any)["fields"].([]any)
			stored := fields[1].(map[string]any)["type"]
			if nested, ok := stored.(map[string]any); ok {
				stored = nested["type"]
			}
			if stored != test.iceberg {
				t.Errorf("the metadata says %v, not %s", stored, test.iceberg)
			}
		})
	}
}

func TestTypesOfFormatVersion3KeepNanoseconds(t *testing.T) {
	dir, mem := t.TempDir(), arrowtest.Allocator(t)
	cat := lake(t, dir)
	s := schemas.New(schemas.Field{Name: "at", Type: schemas.Of(schemas.TimestampNS)})
	table, err := cat.Create(t.Context(), "ns.t", s, iceberg.CreateOptions{FormatVersion: 3})
	if err != nil {
		t.Fatal(err)
	}
	r := record(t, mem, s, `{"at":"1969-12-31T23:59:59.999999999Z"}`)
	mustAppend(t, cat, appendOf(table, iceberg.NewBatch(table, "c1", write(t, mem, plan(t, s, table), r))))
	if diff := cmp.Diff([]string{`{"at":"1969-12-31T23:59:59.999999999Z"}`}, icetest.Read(t, dir, "ns.t").Rows(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestTypesWithoutCounterpartAreNamed(t *testing.T) {
	s := schemas.New(
		schemas.Field{Name: "ok", Type: schemas.Of(schemas.Int64)},
		schemas.Field{Name: "none", Type: schemas.StructOf()},
	)
	got := iceberg.CheckTypes(s, 2)
	if len(got) != 1 || got[0].Error() != `column "none": a struct without members; Iceberg needs at least one` {
		t.Errorf("problems: %v", got)
	}
}

// TestMetricsBoundTheValues decodes the bounds of the manifest by the specification's single-value serialization.
func TestMetricsBoundTheValues(t *testing.T) {
	dir, mem := t.TempDir(), arrowtest.Allocator(t)
	cat := lake(t, dir)
	s := schemas.New(
		schemas.Field{Name: "l", Type: schemas.Of(schemas.Int64)},
		schemas.Field{Name: "d", Type: schemas.DecimalOf(9, 2)},
		schemas.Field{Name: "e", Type: schemas.DecimalOf(38, 0)},
		schemas.Field{Name: "s", Type: schemas.Of(schemas.String)},
	)
	table := create(t, cat, "ns.t", s)
	r := record(t, mem, s, `{"l":-2,"d":"-1.28","e":"-1","s":"b"}`, `{"l":256,"d":"1.27","e":"256","s":"a"}`, `{"l":0,"d":null,"e":null,"s":null}`)
	mustAppend(t, cat, appendOf(table, iceberg.NewBatch(table, "c1", write(t, mem, plan(t, s, table), r))))
	entry := icetest.Read(t, dir, "ns.t").Entries[0]
	for _, test := range []struct {
		metric string
		want   map[int32]any
	}{
		{"lower_bounds", map[int32]any{1: "\xfe\xff\xff\xff\xff\xff\xff\xff", 2: "\x80", 3: "\xff", 4: "a"}},
		{"upper_bounds", map[int32]any{1: "\x00\x01\x00\x00\x00\x00\x00\x00", 2: "\x7f", 3: "\x01\x00", 4: "b"}},
		{"null_value_counts", map[int32]any{1: int64(0), 2: int64(1), 3: int64(1), 4: int64(1)}},
		{"value_counts", map[int32]any{1: int64(3), 2: int64(3), 3: int64(3), 4: int64(3)}},
	} {
		if diff := cmp.Diff(test.want, metric(t, entry, test.metric)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.metric, diff)
		}
	}
}

// metric reads one map of a manifest entry, which Avro has as a list of pairs.
func metric(t testing.TB, entry map[string]any, name string) map[int32]any {
	t.Helper()
	out := map[int32]any{}
	pairs, ok := entry[name].([]any)
	if !ok {
		t.Fatalf("%s is %T", name, entry[name])
	}
	for _, p := range pairs {
		pair := p.(map[string]any)
		v := pair["value"]
		if raw, ok := v.([]byte); ok {
			v = string(raw)
		}
		out[pair["key"].(int32)] = v
	}
	return out
}
