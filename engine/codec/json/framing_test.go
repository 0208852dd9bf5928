package json_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFrames: how bytes become frames, and what is said of those that are no records.
func TestFrames(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, test := range []struct {
		name, text string
		rows       string
		failed     []string
		err        string
	}{
		{"line ends", "{\"v\":1}\n{\"v\":2}\r\n\n \t\r\n  {\"v\":3}  ", "1 2 3", nil, ""},
		{"byte order mark", "\xef\xbb\xbf\n{\"v\":1}", "1", nil, ""},
		{"byte order mark inside", "{\"v\":1}\n\xef\xbb\xbf{\"v\":2}", "1", []string{`a record is a JSON object; found "\ufeff{\"v\":2}"`}, ""},
		{"nothing", "", "", nil, ""},
		{"scalars", "1\n\"x\"\nnull\n{}", "(null)", []string{
			`a record is a JSON object; found 1`, `a record is a JSON object; found "x"`, `a record is a JSON object; found null`,
		}, ""},
		{"array on a later line", "{}\n[{}]", "(null)", []string{`a record is a JSON object; found [{}]`}, ""},
		{"two values", `{"v":1}{"v":2}`, "", []string{`byte 8: found {"v":2}; expected the end of the line behind the record`}, ""},
		{"over several lines", "{\n\"v\": 1\n}", "", []string{
			`the line ends inside the object; expected a key in quotes; a record stands on one line, or as an element of an array`,
			`a record is a JSON object; found "v": 1`, `a record is a JSON object; found }`,
		}, ""},
		{"open text", `{"v":1,"w":"abc`, "", []string{`the record ends inside a text; expected its closing quote`}, ""},
		{"cut", `{"v":1`, "", []string{`the line ends inside the object; expected a comma or } behind a member; a record stands on one line, or as an element of an array`}, ""},
		{"too long", `{"w":"` + long + "\"}\n{\"v\":1}\n{\"w\":\"" + long, "1", []string{"the record is longer than 100 bytes", "the record is longer than 100 bytes"}, ""},
		{"too deep", `{"w":[[[[[[[[1]]]]]]]]}` + "\n" + `{"w":[[[[[[[1]]]]]]]}`, "(null)", []string{"byte 13: objects and arrays are nested deeper than 8 levels"}, ""},
		{"array", " [ {\"v\":1}\n,{\"v\":\r\n2 } ] \n", "1 2", nil, ""},
		{"empty array", "[\n]\n", "", nil, ""},
		{"array of anything", `[1,"]",[{}],{"v":"x"},{"v":3},null]`, "3", []string{
			`a record is a JSON object; found 1`, `a record is a JSON object; found "]"`, `a record is a JSON object; found [{}]`,
			`v: "x" is a string; expected int64`, `a record is a JSON object; found null`,
		}, ""},
		{"array with a long element", `[{"v":1},{"w":"` + long + `]\""},{"v":2},"` + long + `",{"v":3}]`, "1 2 3", []string{"the record is longer than 100 bytes", "the record is longer than 100 bytes"}, ""},
		{"array without its comma", `[{"v":1} {"v":2}]`, "1", nil, `found '{' behind an element of the array; expected a comma or ]`},
		{"array with a comma too many", `[{"v":1},]`, "1", nil, `found ']' in the array; expected an element`},
		{"array without its end", `[{"v":1},`, "1", nil, `the data ends inside its array; expected ]`},
		{"array cut in an element", `[{"v":1},{"v":`, "1", nil, `the data ends inside an element of its array: {"v":`},
		{"array cut in a long element", `[{"v":1},{"v":"` + long, "1", []string{"the record is longer than 100 bytes"}, `the data ends inside its array; expected ]`},
		{"behind an array", "[{}]\n{}", "(null)", nil, `found '{' behind the array's end; expected nothing more`},
		{"mismatched brackets", `[{"v":1]},{"v":2}]`, "", []string{`byte 7: found ]; expected a comma or } behind a member`}, `found '}' behind an element of the array; expected a comma or ]`},
	} {
		o := options(t, columns(t, "v: int64"))
		o.MaxFrame, o.MaxDepth = 100, 8
		got := decode(t, o, test.text)
		for i, f := range got.Failed {
			if got.Failed[i] = message(f); got.Failed[i] == "" {
				_, got.Failed[i], _ = strings.Cut(f, `" `)
			}
		}
		want := outcome{Failed: test.failed, Err: test.err, Schema: "v: int64", Frames: got.Frames, Kept: got.Kept, Taken: got.Taken}
		if test.rows != "" {
			want.Rows = strings.Split(test.rows, " ")
		}
		if test.err == "" {
			want.Taken = len(test.text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestFault27HugeRecordsAreSkippedInBoundedMemory: a frame of any length is passed over as it comes, without being gathered.
func TestFault27HugeRecordsAreSkippedInBoundedMemory(t *testing.T) {
	for _, text := range []string{"{\"w\":\"%\"}\n", "[{\"v\":0},{\"w\":\"%\\\"]\"}"} {
		o := options(t, columns(t, "v: int64"))
		o.MaxFrame = 100
		d := newDecoder(t, o)
		start, end, _ := strings.Cut(text, "%")
		held := []byte(start)
		for range 1000 {
			held = append(held, strings.Repeat("y", 60)...)
			n, err := d.Decode(padded(string(held)), false)
			if err != nil {
				t.Fatal(err)
			}
			if held = held[n:]; len(held) > 200 {
				t.Fatalf("%d bytes are not taken", len(held))
			}
		}
		tail := end + `{"v":1}` + "\n"
		if text[0] == '[' {
			tail = end + `,{"v":1}]`
		}
		if _, err := d.Decode(padded(string(held)+tail), true); err != nil {
			t.Fatal(err)
		}
		rows := d.Flush()
		if len(rows.Failed) != 1 || rows.Failed[0].Code != "frame-too-long" || rows.Record.Column(0).ValueStr(int(rows.Record.NumRows())-1) != "1" {
			t.Errorf("%q: %d frames, failures %v", text, rows.Frames, rows.Failed)
		}
		rows.Record.Release()
	}
}

// TestBatchEnds: a batch is full at its rows or its bytes, those of failures included, and Decode goes on behind Flush.
func TestBatchEnds(t *testing.T) {
	o := options(t, columns(t, "v: string"))
	o.MaxBytes = 100_000
	line := `{"v":"` + strings.Repeat("x", 1000) + `"}` + "\n"
	for _, text := range []string{strings.Repeat(line, 1000), strings.Repeat("x"+line, 1000)} {
		d := newDecoder(t, o)
		data, flushes, frames := padded(text), 0, 0
		for len(data) > 0 {
			n, err := d.Decode(data, true)
			if err != nil {
				t.Fatal(err)
			}
			data = data[n:]
			if _, full := d.Held(); !full && len(data) > 0 {
				t.Fatalf("%d bytes are left by a batch that is not full", len(data))
			}
			r := d.Flush()
			if r.Record != nil {
				r.Record.Release()
			}
			frames, flushes = frames+r.Frames, flushes+1
		}
		if frames != 1000 || flushes < 6 || flushes > 14 {
			t.Errorf("%.10q: %d frames in %d batches", text, frames, flushes)
		}
	}
}

// TestWideElementsAreBounded: a short text that stands for very many bytes of columns fails, whatever came before it.
func TestWideElementsAreBounded(t *testing.T) {
	o := options(t, columns(t, "v: int64, l: list<list<fixed(1000)>>, m: map<string,fixed(5000)>"))
	o.MaxFrame, o.MaxBytes = 1000, 100_000 // so 116,000 bytes of elements
	var entries strings.Builder
	for k := range 30 {
		fmt.Fprintf(&entries, `"%d":null,`, k)
	}
	good := `{"l":[[` + strings.Repeat("null,", 50) + "null],[" + strings.Repeat("null,", 50) + "null]]}\n"
	bad := `{"l":[[` + strings.Repeat("null,", 60) + "null],[" + strings.Repeat("null,", 60) + "null]]}\n"
	bad += `{"m":{` + entries.String() + `"":null}}` + "\n"
	got := decode(t, o, strings.Repeat(good+bad, 20)+good)
	if len(got.Rows) != 21 || len(got.Failed) != 40 {
		t.Errorf("%d rows, %d failures", len(got.Rows), len(got.Failed))
	}
	for i, f := range got.Failed {
		if !strings.HasSuffix(f, []string{"l[1]", "m"}[i%2]+": the elements of the record take more than 116000 bytes") {
			t.Error(f)
		}
	}
}
