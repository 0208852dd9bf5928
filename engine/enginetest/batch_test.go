package enginetest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func TestTextReadsBack(t *testing.T) {
	var fields []schemas.Field
	for _, f := range []struct{ name, typ string }{
		{"b", "bool"}, {"i", "int8"}, {"u", "uint64"}, {"f", "float"}, {"d", "double"}, {"c", "decimal(10,2)"}, {"s", "string"}, {"x", "binary"},
		{"y", "fixed(3)"}, {"day", "date"}, {"at", "time"}, {"ts", "timestamp"}, {"ns", "timestamp_ns"}, {"local", "local_timestamp"}, {"id", "uuid"},
		{"l", "list<int64>"}, {"m", "map<string,double>"}, {"r", "struct{a: int64, b: string}"}, {"j", "json"},
	} {
		parsed, err := schemas.ParseType(f.typ)
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, schemas.Field{Name: f.name, Type: parsed})
	}
	const text = `{"b":true,"i":-8,"u":18446744073709551615,"f":0.1,"d":1e+300,"c":"-1.50","s":"é\n","x":"YWI=","y":"YWJj","day":"1969-12-31","at":"12:30:00.5",` +
		`"ts":"2024-02-29T12:30:00.5Z","ns":"2024-02-29T12:30:00.123456789Z","local":"2024-02-29T12:30:00","id":"0190a6c1-7d3e-7b1c-8f2a-1b2c3d4e5f60",` +
		`"l":[1,null],"m":{"z":1,"a":"NaN"},"r":{"a":1,"b":null},"j":{"k":[1,null]}}` + "\n" +
		`{"b":null,"i":null,"u":null,"f":null,"d":null,"c":null,"s":null,"x":null,"y":null,"day":null,"at":null,` +
		`"ts":null,"ns":null,"local":null,"id":null,"l":null,"m":null,"r":null,"j":null}` + "\n"
	b := enginetest.Batch(t, arrowtest.Allocator(t), schemas.New(fields...), text)
	defer b.Release()
	if diff := cmp.Diff(text, enginetest.Text(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b.Origin.Len() != 2 || b.Meta.NumRows() != 2 {
		t.Errorf("%d rows of origin and %d of meta for 2 records", b.Origin.Len(), b.Meta.NumRows())
	}
}

func TestOrdersAreTheSameAtEveryCall(t *testing.T) {
	a, b := enginetest.Orders(t, 100), enginetest.Orders(t, 100)
	defer a.Release()
	defer b.Release()
	if diff := cmp.Diff(enginetest.Text(a), enginetest.Text(b)); diff != "" {
		t.Error(diff)
	}
}
