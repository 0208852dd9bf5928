package json_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestValuesOfEveryType: what each type makes of a value, as Arrow writes it; an error is the failure's message.
func TestValuesOfEveryType(t *testing.T) {
	for _, test := range []struct{ kind, value, want string }{
		{"bool", `true`, "true"},
		{"bool", `false`, "false"},
		{"bool", `1`, "!v: 1 is a number; expected bool"},
		{"bool", `tru`, "!byte 6: found tru}; expected a value"},
		{"int8", `-128`, "-128"},
		{"int8", `128`, "!v: 128 is a number; expected int8: a whole number from -128 to 127"},
		{"int16", `-32768`, "-32768"},
		{"int32", `2147483647`, "2147483647"},
		{"int32", `2147483648`, "!v: 2147483648 is a number; expected int32: a whole number from -2147483648 to 2147483647"},
		{"int64", `0`, "0"},
		{"int64", `-0`, "0"},
		{"int64", `1.0`, "1"},
		{"int64", `1e3`, "1000"},
		{"int64", `1.5e1`, "15"},
		{"int64", `1200E-2`, "12"},
		{"int64", `0e999999999999999999999`, "0"},
		{"int64", `1.5`, "!v: 1.5 is a number; expected int64: a whole number from -9223372036854775808 to 9223372036854775807"},
		{"int64", `12345678`, "12345678"},
		{"int64", `123456789012345678`, "123456789012345678"},
		{"int64", `9223372036854775807`, "9223372036854775807"},
		{"int64", `-9223372036854775808`, "-9223372036854775808"},
		{"int64", `9223372036854775808`, "!v: 9223372036854775808 is a number; expected int64: a whole number from -9223372036854775808 to 9223372036854775807"},
		{"int64", `"7"`, `!v: "7" is a string; expected int64`},
		{"int64", `01`, "!byte 6: found 01}; expected a number, as JSON writes one"},
		{"uint8", `255`, "255"},
		{"uint8", `-1`, "!v: -1 is a number; expected uint8: a whole number from 0 to 255"},
		{"uint32", `4294967295`, "4294967295"},
		{"uint64", `18446744073709551615`, "18446744073709551615"},
		{"uint64", `18446744073709551616`, "!v: 18446744073709551616 is a number; expected uint64: a whole number from 0 to 18446744073709551615"},
		{"double", `0.1`, "0.1"},
		{"double", `-0.0`, "-0"},
		{"double", `123.456`, "123.456"},
		{"double", `1.7976931348623157e308`, "1.7976931348623157e+308"},
		{"double", `1e400`, "!v: 1e400 is a number; expected double"},
		{"double", `1e-400`, "0"},
		{"double", `9007199254740993`, "9.007199254740992e+15"},
		{"double", `9007199254740993e1`, "9.007199254740994e+16"},
		{"double", `0.30000000000000004`, "0.30000000000000004"},
		{"double", `"abc"`, `!v: "abc" is a string; expected double`},
		{"double", `[1]`, "!v: [1] is an array; expected double"},
		{"float", `0.1`, "0.1"},
		{"float", `1e39`, "!v: 1e39 is a number; expected float"},
		{"decimal(10,2)", `12.5`, "12.5"},
		{"decimal(10,2)", `12.500`, "12.5"},
		{"decimal(10,2)", `12.505`, "!v: 12.505 is a number; expected decimal(10,2): up to 8 digits before the point and 2 behind it"},
		{"decimal(10,2)", `123456789`, "!v: 123456789 is a number; expected decimal(10,2): up to 8 digits before the point and 2 behind it"},
		{"decimal(38,0)", `-99999999999999999999999999999999999999`, "-99999999999999999999999999999999999999"},
		{"decimal(38,38)", `0.00000000000000000000000000000000000001`, "1e-38"},
		{"string", `""`, ""},
		{"string", `"a\"b\\c\/d\b\f\n\r\té\ud83d\ude80"`, "a\"b\\c/d\b\f\n\r\té🚀"},
		{"string", `"東京"`, "東京"},
		{"string", `12`, "!v: 12 is a number; expected string"},
		{"string", "\"a\xff\"", "!the text that ends at byte 9 is not valid UTF-8"},
		{"string", `"\ud800"`, `!byte 7: \ud800 is half of a surrogate pair; expected two halves, one behind the other`},
		{"string", `"\ud800A"`, `!byte 7: \ud800 is half of a surrogate pair; expected two halves, one behind the other`},
		{"string", "\"a\tb\"", `!byte 8: a control character ("\t") in a text; expected it escaped`},
		{"string", `"a\xb"`, `!byte 8: found \xb"}; expected an escape of JSON: \" \\ \/ \b \f \n \r \t \u`},
		{"binary", `"aGVsbG8="`, "aGVsbG8="},
		{"binary", `"aGVsbG8"`, `!v: "aGVsbG8" is a string; expected binary: base64 text with its padding`},
		{"fixed(2)", `"AAE="`, "AAE="},
		{"fixed(2)", `"AAEC"`, `!v: "AAEC" is a string; expected fixed(2): base64 text of 2 bytes`},
		{"date", `"1970-01-02"`, "1970-01-02"},
		{"date", `"2000-02-29"`, "2000-02-29"},
		{"date", `"0000-01-01"`, "0000-01-01"},
		{"date", `"9999-12-31"`, "9999-12-31"},
		{"date", `"1900-02-29"`, `!v: "1900-02-29" is a string; expected date: text such as "2026-01-31"`},
		{"date", `"2026-04-31"`, `!v: "2026-04-31" is a string; expected date: text such as "2026-01-31"`},
		{"time", `"23:59:59.999999999"`, "23:59:59.999999"},
		{"time", `"24:00:00"`, `!v: "24:00:00" is a string; expected time: text such as "12:00:00.5"`},
		{"timestamp", `"2026-01-01T00:00:01.717764Z"`, "2026-01-01T00:00:01.717764Z"},
		{"timestamp", `"2026-01-01T00:00:01Z"`, "2026-01-01T00:00:01Z"},
		{"timestamp", `"2026-01-01t02:00:01.5+02:00"`, "2026-01-01T00:00:01.5Z"},
		{"timestamp", `"2026-01-01 00:00:01.1234567z"`, "2026-01-01T00:00:01.123456Z"},
		{"timestamp", `"1969-12-31T23:59:59.9999999Z"`, "1969-12-31T23:59:59.999999Z"},
		{"timestamp", `"2026-01-0\u0031T00:00:01Z"`, "2026-01-01T00:00:01Z"},
		{"timestamp", `"2026-01-01T00:00:60Z"`, `!v: "2026-01-01T00:00:60Z" is a string; expected timestamp: text as in RFC 3339, such as "2026-01-31T12:00:00Z"`},
		{"timestamp", `"2026-01-01T00:00:01"`, `!v: "2026-01-01T00:00:01" is a string; expected timestamp: text as in RFC 3339, such as "2026-01-31T12:00:00Z"`},
		{"timestamp", `"2026-01-01T00:00:01.Z"`, `!v: "2026-01-01T00:00:01.Z" is a string; expected timestamp: text as in RFC 3339, such as "2026-01-31T12:00:00Z"`},
		{"timestamp", `1700000000`, `!v: 1700000000 is a number; expected timestamp: text as in RFC 3339, such as "2026-01-31T12:00:00Z"; a number can be read as int64 and converted by an expression`},
		{"timestamp_ns", `"2026-01-01T00:00:01.123456789Z"`, "2026-01-01T00:00:01.123456789Z"},
		{"timestamp_ns", `"3000-01-01T00:00:00Z"`, `!v: "3000-01-01T00:00:00Z" is a string; expected timestamp_ns: text as in RFC 3339, such as "2026-01-31T12:00:00Z"`},
		{"local_timestamp", `"2026-01-01T00:00:01.5"`, "2026-01-01T00:00:01.5"},
		{"local_timestamp", `"2026-01-01T00:00:01Z"`, `!v: "2026-01-01T00:00:01Z" is a string; expected local_timestamp: text as in RFC 3339, such as "2026-01-31T12:00:00", without a zone`},
		{"uuid", `"00010203-0405-0607-0809-0A0b0C0d0E0f"`, "AAECAwQFBgcICQoLDA0ODw=="},
		{"uuid", `"000102030405060708090A0b0C0d0E0f"`, `!v: "000102030405060708090A0b0C0d0E0f" is a string; expected uuid: text such as "123e4567-e89b-12d3-a456-426614174000"`},
		{"json", ` {"a": [1, 2.50, "x"] } `, `{"a": [1, 2.50, "x"] }`},
		{"json", `null`, "(null)"},
		{"json", `{"a": [1, 2}`, "!byte 17: found }}; expected a comma or ] behind an element"},
		{"list<int64>", `[1, null ,3]`, "[1,null,3]"},
		{"list<int64>", `[]`, "[]"},
		{"list<int64>", `[1, "x"]`, `!v[1]: "x" is a string; expected int64`},
		{"list<int64>", `[1,]`, "!byte 9: found ]}; expected a value"},
		{"list<list<string>>", `[["a"],[],["b","c"]]`, `[["a"],[],["b","c"]]`},
		{"list<list<int8>>", `[[1],[2,300]]`, "!v[1][1]: 300 is a number; expected int8: a whole number from -128 to 127"},
		{"map<string,int64>", `{"a":1,"b":null}`, `[{"key":"a","value":1},{"key":"b","value":null}]`},
		{"map<string,int64>", `{"a":1,"a":2}`, "!the key \"a\" occurs twice in one object"},
		{"map<string,int64>", `[1]`, "!v: [1] is an array; expected map: an object"},
		{"struct{x: int64, y: string}", `{"y":"s","x":1}`, `{"x":1,"y":"s"}`},
		{"struct{x: int64, y: string}", `{"y":"s"}`, `{"x":null,"y":"s"}`},
		{"struct{x: int64, y: string}", `null`, "(null)"},
		{"struct{x: int64, y: string}", `{"x":"s"}`, `!v.x: "s" is a string; expected int64`},
		{"struct{x: int64 required}", `{}`, "!v.x is missing; the column is required"},
		{"struct{x: list<struct{y: date}>}", `{"x":[{"y":"1970-01-01"},{"y":1}]}`, `!v.x[1].y: 1 is a number; expected date: text such as "2026-01-31"`},
		{"int64 required", `null`, "!v: null; the column is required"},
	} {
		got := decode(t, options(t, columns(t, "v: "+test.kind)), `{"v":`+test.value+"}\n")
		want := outcome{Frames: 1, Schema: got.Schema, Taken: got.Taken}
		if text, failed := cut(test.want); failed {
			if len(got.Failed) == 1 {
				got.Failed[0] = message(got.Failed[0])
			}
			want.Failed = []string{text}
		} else {
			want.Rows = []string{text}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s as %s (-want +got):\n%s", test.value, test.kind, diff)
		}
	}
}

// cut takes the mark of a failure off the wanted text.
func cut(want string) (text string, failed bool) {
	if len(want) > 0 && want[0] == '!' {
		return want[1:], true
	}
	return want, false
}

// TestFailedRecordLeavesNoTrace: whatever column a record fails in, the rows beside it are as if it were not there.
func TestFailedRecordLeavesNoTrace(t *testing.T) {
	s := columns(t, `a: int64, b: string, c: struct{d: string, e: list<string>}, f: list<struct{g: int64, h: map<string,bool>}>, i: bool, z: int8 required`)
	good := `{"a":1,"b":"bé","c":{"d":"x","e":["1","2"]},"f":[{"g":1,"h":{"k":true,"l":false}},{"g":null}],"i":true,"z":1}` + "\n"
	alone := decode(t, options(t, s), good+good+`{"z":2}`+"\n"+good)
	for _, bad := range []string{
		`{"a":null,"b":null,"c":null,"f":null,"i":null,"z":null}`,
		`{"a":2,"b":"long enough to matter","c":{"d":"y","e":["3",null,"4"]},"f":[{"g":2,"h":{"m":null}},null],"i":false}`,
		`{"a":2,"c":{"d":"y","e":["3","4`,
		`{"a":2,"f":[{"g":2,"h":{"m":true,"n":1}}]}`,
		`{"a":2,"f":[null,null,{"h":{"m":null,"n":null,"m":1}}]}`,
		`{"f":[{"g":null,"h":5}]}`,
		`{"c":{"e":[null,null,7]},"f":[{"h":null}]}`,
		`{"f":[null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,x]}`,
		`{"z":1,"b":"` + "\x01" + `"}`,
		`{"z":1,"b":"x"} x`,
		`{"z":300}`,
		`{}`,
		`x`,
	} {
		bad += "\n"
		got := decode(t, options(t, s), bad+good+bad+good+bad+bad+`{"z":2}`+"\n"+bad+good+bad)
		if diff := cmp.Diff(alone.Rows, got.Rows); diff != "" {
			t.Errorf("beside %s (-want +got):\n%s", bad, diff)
		}
		if len(got.Failed) != 6 || got.Frames != 10 {
			t.Errorf("beside %s: %d failures of %d frames; expected 6 of 10", bad, len(got.Failed), got.Frames)
		}
	}
}

// TestKeysInAnyOrder: the order of keys, spaces and escapes in them change nothing.
func TestKeysInAnyOrder(t *testing.T) {
	s := columns(t, `id: int64, "with space": string, "a rather long name of a column": bool, "é": double, "": string, "q\"q": int8`)
	for _, line := range []string{
		`{"id":1,"with space":"s","a rather long name of a column":true,"é":1.5,"":"e","q\"q":2}`,
		`{"q\"q":2,"":"e","é":1.5,"a rather long name of a column":true,"with space":"s","id":1}`,
		`{ "é" : 1.5 , "id" : 1 ,	"with space" : "s" , "" : "e" , "q\"q" : 2, "a rather long name of a column" : true }`,
		`{"\u00e9":1.5,"\u0069d":1,"with\u0020space":"s","":"e","q\u0022q":2,"a rather long name of a colum\u006e":true}`,
	} {
		got := decode(t, options(t, s), line+"\n"+line+"\r\n"+line)
		want := `1 | s | true | 1.5 | e | 2`
		if diff := cmp.Diff([]string{want, want, want}, got.Rows); diff != "" || len(got.Failed) > 0 {
			t.Errorf("%s (-want +got):\n%s%v", line, diff, got.Failed)
		}
	}
}
