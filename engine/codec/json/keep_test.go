package json_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestUnknownFields: what each policy makes of fields that the schema lacks.
func TestUnknownFields(t *testing.T) {
	const text = `{"a":1,"b":[1,{"c":2}],"d":null}` + "\n" + `{"b":"x","a":2,"s":{"t":1,"u":2}}` + "\n" + `{"b":}` + "\n" + `{"a":3}`
	for _, test := range []struct {
		policy codec.Unknown
		want   outcome
	}{
		{codec.IgnoreUnknown, outcome{
			Rows: []string{"1 | (null)", `2 | {"t":1}`, "3 | (null)"}, Kept: 4,
			Failed: []string{`2 json-syntax "{\"b\":}" byte 6: found }; expected a value`},
		}},
		{codec.RejectUnknown, outcome{
			Rows: []string{"3 | (null)"},
			Failed: []string{
				`0 unknown-field "{\"a\":1,\"b\":[1,{\"c\":2}],\"d\":null}" unknown field "b"; the schema has no such field`,
				`1 unknown-field "{\"b\":\"x\",\"a\":2,\"s\":{\"t\":1,\"u\":2}}" unknown field "b"; the schema has no such field`,
				`2 unknown-field "{\"b\":}" unknown field "b"; the schema has no such field`,
			},
		}},
		{codec.KeepUnknown, outcome{
			Rows:   []string{`1 | (null) | ["1","{\"c\":2}"]`, "3 | (null) | (null)"},
			Failed: []string{`1 json-type "{\"b\":\"x\",\"a\":2,\"s\":{\"t\":1,\"u\":2}}" b: "x" is a string; expected list<json>: an array`, `2 json-syntax "{\"b\":}" byte 6: found }; expected a value`},
			Schema: "a: int64, s: struct{t: int64}, b: list<json>", Kept: 1,
		}},
	} {
		o := options(t, columns(t, "a: int64, s: struct{t: int64}"))
		o.Unknown = test.policy
		test.want.Frames, test.want.Taken = 4, len(text)
		if test.want.Schema == "" {
			test.want.Schema = "a: int64, s: struct{t: int64}"
		}
		if diff := cmp.Diff(test.want, decode(t, o, text)); diff != "" {
			t.Errorf("policy %d (-want +got):\n%s", test.policy, diff)
		}
	}
}

// TestFault32KeepPinsTheFirstValue: a new column has the type of its first value, nulls before, and stays; a record that fails
// takes the columns it would have added with it.
func TestFault32KeepPinsTheFirstValue(t *testing.T) {
	o := options(t, columns(t, "id: int64"))
	o.Unknown, o.MaxRows = codec.KeepUnknown, 4
	got := decode(t, o, strings.Join([]string{
		`{"id":1,"n":null,"e":{},"l":[],"ll":[null,[]]}`,
		`{"id":2,"n":5,"gone":1,"id2":"x","id":3}`,
		`{"id":3,"gone":"text","n":"not a number yet"}`,
		`{"id":4,"n":"x","gone":1}`,
		`{"id":5,"o":{"a":1,"b":null,"c":{"d":[1.5,2]}},"x":18446744073709551615,"y":123456789012345678901234567890,"n":null}`,
		`{"n":"y","x":-1,"o":{"c":{"d":[3]},"z":0},"big":1e999}`,
		`{"x":1,"new":true}`,
	}, "\n"))
	want := outcome{
		Rows: []string{
			`1 | (null) | (null) | (null) | (null) | (null)`,
			`3 | text | not a number yet | (null) | (null) | (null)`,
			`5 | (null) | (null) | {"a":1,"c":{"d":[1.5,2]}} | 18446744073709551615 | 123456789012345678901234567890`,
			`(null) | (null) | (null) | (null) | 1 | (null) | true`,
		},
		Schema: "id: int64, gone: string, n: string, o: struct{a: int64, c: struct{d: list<double>}}, x: decimal(20,0), y: json, new: bool",
		Frames: 7, Taken: got.Taken, Kept: 5, Failed: got.Failed,
	}
	want.Rows[0] += " | (null)"
	want.Rows[1] += " | (null)"
	want.Rows[2] += " | (null)"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var messages []string
	for _, f := range got.Failed {
		messages = append(messages, f[:1]+" "+message(f))
	}
	wantMessages := []string{
		`1 the key "id" occurs twice in one object`,
		`3 gone: 1 is a number; expected string`,
		`5 big: 1e999 is a number; expected double`,
	}
	if diff := cmp.Diff(wantMessages, messages); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

// TestFault31DuplicatesAmongUnknownNames: every name of a record is watched, however many it has and whatever the schema knows.
func TestFault31DuplicatesAmongUnknownNames(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		b.WriteString(`"k` + strings.Repeat("x", i%200) + string(rune('a'+i%26)) + strings.Repeat("y", i/200) + `":` + "1,")
	}
	many := b.String()
	for _, policy := range []codec.Unknown{codec.IgnoreUnknown, codec.KeepUnknown} {
		o := options(t, columns(t, "id: int64, s: struct{a: bool}"))
		o.Unknown = policy
		got := decode(t, o, strings.Join([]string{
			"{" + many + `"id":1}`, "{" + many + `"ky":1,"id":1}`, "{" + many + many + `"id":1}`,
			`{"u":1,"\u0075":2}`, `{"s":{"u":1,"u":2}}`, `{"s":{"u":1},"u":2}`, "{" + many + `"id":1}`,
		}, "\n"))
		if len(got.Rows) != 4 || len(got.Failed) != 3 {
			t.Errorf("policy %d: %d rows, failures %.300v", policy, len(got.Rows), got.Failed)
		}
	}
}

// TestKeepIsBounded: records that fail, and records whose keys are data, do not make the decoder grow without end.
func TestKeepIsBounded(t *testing.T) {
	o := options(t, columns(t, "id: int64"))
	o.Unknown = codec.KeepUnknown
	var failing, wide strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&failing, `{"k%d":1,"m%d":{"a":[%d]},"id":"x"}`+"\n", i, i, i)
	}
	got := decode(t, o, failing.String()+`{"k7":"x","id":1,"m8":2}`+"\n"+`{"m8":3,"k7":null}`)
	if len(got.Rows) != 2 || got.Rows[0] != "1 | x | 2" || got.Rows[1] != "(null) | (null) | 3" || got.Schema != "id: int64, k7: string, m8: int64" {
		t.Errorf("behind failing records: %s, rows %q", got.Schema, got.Rows)
	}
	for i := range 101 {
		wide.WriteString(`{"id":1`)
		for k := range 100 {
			fmt.Fprintf(&wide, `,"k%d_%d":true`, i, k)
		}
		wide.WriteString("}\n")
	}
	o.MaxBytes = 1 << 30
	d := newDecoder(t, o)
	data, columns, failed := padded(wide.String()), 0, 0
	for len(data) > 0 {
		n, err := d.Decode(data, true)
		if err != nil {
			t.Fatal(err)
		}
		data = data[n:]
		r := d.Flush()
		columns, failed = r.Schema.Len(), failed+len(r.Failed)
		if r.Record != nil {
			r.Record.Release()
		}
	}
	if columns != 9901 || failed != 2 {
		t.Errorf("%d columns, %d failures", columns, failed)
	}
}

// TestSchemasWithoutValuesAreRefused: a decoder and an encoder need to know every column.
func TestSchemasWithoutValuesAreRefused(t *testing.T) {
	for _, s := range []*schemas.Schema{
		schemas.NewOpen(), schemas.New(schemas.Field{Name: "a"}), schemas.New(schemas.Field{Name: "a", Type: schemas.ListOf(schemas.Of(schemas.Null))}),
		schemas.New(schemas.Field{Name: "a", Type: schemas.StructOf(schemas.Field{Name: "b"})}),
	} {
		if _, err := json.Format().NewDecoder(codec.DecodeOptions{Schema: s}); err == nil {
			t.Errorf("%s has a decoder", s)
		}
		if _, err := json.Format().NewEncoder(s); err == nil {
			t.Errorf("%s has an encoder", s)
		}
	}
}
