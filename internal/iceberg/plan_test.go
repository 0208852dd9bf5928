package iceberg_test

import (
	"errors"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/internal/iceberg"
	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func schema(t testing.TB, fields ...string) *schemas.Schema {
	t.Helper()
	var out []schemas.Field
	for i := 0; i < len(fields); i += 2 {
		typ, err := schemas.ParseType(fields[i+1])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, schemas.Field{Name: fields[i], Type: typ})
	}
	return schemas.New(out...)
}

func required(s *schemas.Schema, names ...string) *schemas.Schema {
	fields := s.Fields()
	for i := range fields {
		for _, n := range names {
			if fields[i].Name == n {
				fields[i].Required = true
			}
		}
	}
	return schemas.New(fields...)
}

func TestConformNamesTheRowsThatDoNotFit(t *testing.T) {
	for _, test := range []struct {
		name          string
		table, record *schemas.Schema
		rows          []string
		want          []iceberg.Fault
	}{
		{
			"a null in a required column",
			required(schema(t, "a", "int64"), "a"), schema(t, "a", "int64"),
			[]string{`{"a":1}`, `{}`, `{"a":3}`},
			[]iceberg.Fault{{1, iceberg.CodeRequired, "column `a` is required and null"}},
		},
		{
			"a required column that is missing",
			required(schema(t, "a", "int64", "b", "int64"), "b"), schema(t, "a", "int64"),
			[]string{`{"a":1}`},
			[]iceberg.Fault{{0, iceberg.CodeRequired, "column `b` of table ns.t is required, and the record has no such column"}},
		},
		{
			"a type that is another one, where there is a value",
			schema(t, "n", "int64", "a", "int64"), schema(t, "n", "int64", "a", "string"),
			[]string{`{"a":"x"}`, `{"n":1}`},
			[]iceberg.Fault{{0, iceberg.CodeType, "column `a` is string in the record and long in table ns.t"}},
		},
		{
			"a column that the table lacks, where there is a value",
			schema(t, "a", "int64"), schema(t, "a", "int64", "b", "string"),
			[]string{`{"a":1}`, `{"a":1,"b":"x"}`},
			[]iceberg.Fault{{1, iceberg.CodeUnknown, "table ns.t has no column `b`"}},
		},
		{
			"a name that differs in case only",
			schema(t, "a", "int64"), schema(t, "a", "int64", "A", "int64"),
			[]string{`{"a":1,"A":2}`},
			[]iceberg.Fault{{0, iceberg.CodeCase, "column `A` differs from `a` of table ns.t in case only; rename it"}},
		},
		{
			"a number beyond long",
			schema(t, "a", "int64"), schema(t, "a", "uint64"),
			[]string{`{"a":9223372036854775807}`, `{"a":9223372036854775808}`, `{}`},
			[]iceberg.Fault{{1, iceberg.CodeRange, "column `a` is 9223372036854775808, which is beyond the table's long"}},
		},
		{
			"a decimal of too many digits",
			schema(t, "a", "decimal(4,2)"), schema(t, "a", "decimal(5,1)"),
			[]string{`{"a":"99.9"}`, `{"a":"-100.0"}`},
			[]iceberg.Fault{{1, iceberg.CodeRange, "column `a` is -100, which is beyond the table's decimal(4, 2)"}},
		},
		{
			"a value deep inside",
			schema(t, "a", "list<struct{b: map<string,int64>}>"), schema(t, "a", "list<struct{b: map<string,uint64>}>"),
			[]string{
				`{}`,
				`{"a":[null,{"b":null},{"b":[{"key":"x","value":1},{"key":"y","value":null}]}]}`,
				`{"a":[{"b":[]},{"b":[{"key":"x","value":18446744073709551615}]}]}`,
			},
			[]iceberg.Fault{{2, iceberg.CodeRange, "column `a[].b{}` is 18446744073709551615, which is beyond the table's long"}},
		},
		{
			"a member that the table lacks",
			schema(t, "a", "struct{b: int64}"), schema(t, "a", "struct{b: int64, c: string}"),
			[]string{`{"a":{"b":1}}`, `{"a":{"b":1,"c":"x"}}`, `{}`},
			[]iceberg.Fault{{1, iceberg.CodeUnknown, "table ns.t has no column `a.c`"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			mem := arrowtest.Allocator(t)
			table := create(t, lake(t, t.TempDir()), "ns.t", test.table)
			r := record(t, mem, test.record, test.rows...)
			defer r.Release()
			conformed, got, err := plan(t, test.record, table).Conform(t.Context(), mem, r)
			if err != nil {
				t.Fatal(err)
			}
			if conformed != nil {
				t.Fatal("all rows fit")
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConformFitsColumnsByName(t *testing.T) {
	dir, mem := t.TempDir(), arrowtest.Allocator(t)
	cat := lake(t, dir)
	table := create(t, cat, "ns.t", schema(t, "a", "int64", "b", "string", "c", "struct{x: int64, y: int64}"))
	s := schema(t, "c", "struct{y: int32}", "a", "uint8")
	r := record(t, mem, s, `{"a":1,"c":{"y":2}}`)
	mustAppend(t, cat, appendOf(table, iceberg.NewBatch(table, "c1", write(t, mem, plan(t, s, table), r))))
	if diff := cmp.Diff([]string{`{"c":{"y":2},"a":1}`}, icetest.Read(t, dir, "ns.t").Rows(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestConformTakesDictionariesAndLeavesOutColumnsWithoutType(t *testing.T) {
	dir, mem := t.TempDir(), arrowtest.Allocator(t)
	cat := lake(t, dir)
	s := schemas.New(
		schemas.Field{Name: "region", Type: schemas.Of(schemas.String)},
		schemas.Field{Name: "nothing", Type: schemas.Of(schemas.Null)},
	)
	table := create(t, cat, "ns.t", s)
	b := array.NewDictionaryBuilder(mem, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	defer b.Release()
	for _, v := range []string{"eu", "us", "eu"} {
		if err := b.AppendString(v); err != nil {
			t.Fatal(err)
		}
	}
	b.AppendNull()
	regions, nothing := b.NewArray(), array.NewNull(4)
	defer regions.Release()
	defer nothing.Release()
	r := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{
		{Name: "region", Type: regions.DataType(), Nullable: true}, {Name: "nothing", Type: arrow.Null, Nullable: true},
	}, nil), []arrow.Array{regions, nothing}, 4)
	mustAppend(t, cat, appendOf(table, iceberg.NewBatch(table, "c1", write(t, mem, plan(t, s, table), r))))
	want := []string{`{"region":"eu"}`, `{"region":"eu"}`, `{"region":"us"}`, `{}`}
	if diff := cmp.Diff(want, icetest.Read(t, dir, "ns.t").Rows(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestEvolveAddsColumnsAtAnyDepth(t *testing.T) {
	dir, mem := t.TempDir(), arrowtest.Allocator(t)
	cat := lake(t, dir)
	create(t, cat, "ns.t", schema(t, "a", "int64", "s", "struct{x: int64}", "l", "list<struct{x: int64}>", "m", "map<string,list<struct{x: int64}>>"))
	wider := schema(t, "a", "int64", "s", "struct{x: int64, y: string}", "l", "list<struct{x: int64, y: string}>",
		"m", "map<string,list<struct{x: int64, y: string}>>", "n", "struct{z: list<uint32>}")
	p, err := cat.Evolve(t.Context(), "ns.t", wider)
	if err != nil {
		t.Fatal(err)
	}
	row := `{"a":1,"s":{"x":1,"y":"s"},"l":[{"x":1,"y":"l"}],"m":[{"key":"k","value":[{"x":1,"y":"m"}]}],"n":{"z":[4294967295]}}`
	b := iceberg.NewBatch(p.Table, "c1", write(t, mem, p, record(t, mem, wider, row)))
	mustAppend(t, cat, appendOf(p.Table, b))
	if diff := cmp.Diff([]string{row}, icetest.Read(t, dir, "ns.t").Rows(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	again, err := cat.Evolve(t.Context(), "ns.t", wider)
	if err != nil {
		t.Fatal(err)
	}
	if id, _ := again.Table.SchemaID(); id != 1 {
		t.Errorf("the second time made schema %d", id)
	}
}

func TestEvolveByTwoWritersGivesEachColumnAnID(t *testing.T) {
	dir, f, mem := t.TempDir(), &faultyCatalog{}, arrowtest.Allocator(t)
	cat, other := lake(t, dir, faults(f)), lake(t, dir)
	create(t, cat, "ns.t", schema(t, "a", "int64"))
	one, two := schema(t, "a", "int64", "b", "string"), schema(t, "a", "int64", "c", "int64")
	var theirs *iceberg.Plan
	f.before = once(func() (err error) {
		theirs, err = other.Evolve(t.Context(), "ns.t", two)
		return err
	})
	ours, err := cat.Evolve(t.Context(), "ns.t", one)
	if err != nil {
		t.Fatal(err)
	}
	first := iceberg.NewBatch(theirs.Table, "c1", write(t, mem, theirs, record(t, mem, two, `{"a":1,"c":2}`)))
	second := iceberg.NewBatch(ours.Table, "c2", write(t, mem, ours, record(t, mem, one, `{"a":2,"b":"x"}`)))
	mustAppend(t, cat, appendOf(ours.Table, first, second))
	disk := icetest.Read(t, dir, "ns.t")
	if diff := cmp.Diff([]string{`{"a":1,"c":2}`, `{"a":2,"b":"x"}`}, disk.Rows(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	ids := map[string]int32{}
	for _, e := range disk.Entries {
		for id := range metric(t, e, "value_counts") {
			ids[e["file_path"].(string)] += id
		}
	}
	for file, sum := range ids {
		if sum != 3 && sum != 4 { // a is 1, c is 2 and b is 3
			t.Errorf("%s has field ids of sum %d", file, sum)
		}
	}
}

func TestEvolveIsFoundWhenItsAnswerWasLost(t *testing.T) {
	dir, f := t.TempDir(), &faultyCatalog{}
	cat := lake(t, dir, faults(f))
	create(t, cat, "ns.t", schema(t, "a", "int64"))
	f.after = once(func() error { return errors.New("connection reset by peer") })
	p, err := cat.Evolve(t.Context(), "ns.t", schema(t, "a", "int64", "b", "string"))
	if err != nil || len(p.Missing) > 0 {
		t.Fatal(err)
	}
	if id, _ := p.Table.SchemaID(); id != 1 {
		t.Errorf("schema %d", id)
	}
}
