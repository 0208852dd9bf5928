package json_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/iggy-flow/iggy-flow/engine/codec"
)

// fuzzColumns has a column of every kind.
const fuzzColumns = `id: int64, s: string, d: double, b: bool, t: timestamp, m: decimal(10,2), u: uuid, x: binary, f: fixed(2), j: json,
	l: list<int32>, n: struct{a: string, b: list<struct{c: uint8}>, t: timestamp_ns required}, p: map<string,double>, y: date, z: time, e: float, w: local_timestamp`

var fuzzSeeds = []string{
	`{"id":1,"s":"x","d":1.5,"b":true,"t":"2026-01-01T00:00:01.5Z","m":1.25,"u":"00010203-0405-0607-0809-0a0b0c0d0e0f","x":"aGVsbG8=","f":"AAE=","j":{"a":[1]}}` + "\n",
	`{"l":[1,2,null],"n":{"a":"é\u00e9\ud83d\ude80","b":[{"c":1},null,{}],"t":"2026-01-01T00:00:01Z"},"p":{"k":1e3,"l":null},"y":"2026-01-01","z":"12:00:00","e":0.1}` + "\n",
	"{}\n\n{\"id\":}\r\n{\"id\":2,\"id\":3}\n  {\"s\":\"a\x01\"}\n{\"s\":\"" + strings.Repeat("long ", 60) + "\"}\n{\"id\":7}",
	"\xef\xbb\xbf [ {\"id\":1} , {\"id\":2,\n\"s\":\"],{\\\"\"}, 3, \"x\", [1], {\"s\":\"" + strings.Repeat("y", 300) + "\"}, {\"id\":4} ]\n ",
	"[]", "[{\"id\":1}", "[{\"id\":1} {\"id\":2}]", "[{\"id\":1},]", "[1]x", "{\n\"id\": 1\n}\n",
	`{"new":1,"other":"x","nested":{"a":1.5,"b":[true]},"none":null,"empty":{}}` + "\n" + `{"new":"x"}` + "\n" + `{"new":2,"late":[[]],"later":[1,"a"],"id":"fails"}` + "\n" + `{"late":5,"new":12345678901234567890}`,
	`{"id":-12345678901234567,"d":123456789.123456789e-5,"d2":0.1,"s":"\\","deep":[[[[[[[[[[[[1]]]]]]]]]]]]}` + "\n",
}

// fuzzOptions are tight, so that small inputs reach every bound.
func fuzzOptions(t *testing.T, variant uint8) codec.DecodeOptions {
	o := options(t, columns(t, fuzzColumns))
	o.Unknown = codec.Unknown(variant % 3)
	o.MaxFrame, o.MaxDepth, o.MaxRows = 256, 8, 3
	if variant&4 != 0 {
		o.MaxBytes = 300
	}
	if variant&8 != 0 {
		o.Schema = columns(t, "")
	}
	return o
}

// sameContent leaves out how far each way of reading had come when it met an error.
var sameContent = cmpopts.IgnoreFields(outcome{}, "Taken")

// FuzzDecode: however bytes are cut into calls, the rows, failures and errors are those of one call, and nothing leaks,
// panics or reads outside of the data and its padding (which -race checks).
func FuzzDecode(f *testing.F) {
	for i, seed := range fuzzSeeds {
		for variant := range uint8(16) {
			f.Add([]byte(seed), variant, uint64(i))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, variant uint8, seed uint64) {
		whole := decode(t, fuzzOptions(t, variant), string(data))
		if len(whole.Rows)+len(whole.Failed) != whole.Frames {
			t.Errorf("%d rows and %d failures of %d frames", len(whole.Rows), len(whole.Failed), whole.Frames)
		}
		r := rand.New(rand.NewPCG(seed, 0))
		var cuts []int
		for at := 0; at < len(data); {
			at += 1 + r.IntN(1+len(data)/3)
			cuts = append(cuts, at)
		}
		pieces := decode(t, fuzzOptions(t, variant), string(data), cuts...)
		if diff := cmp.Diff(whole, pieces, sameContent); diff != "" {
			t.Errorf("%q cut at %v (-whole +pieces):\n%s", data, cuts, diff)
		}
		restoreAt(t, variant, string(data), r.IntN(len(data)+1), whole)
	})
}

// restoreAt reads data up to cut, and the rest with a decoder that starts from the state there.
func restoreAt(t *testing.T, variant uint8, data string, cut int, want outcome) {
	t.Helper()
	o := fuzzOptions(t, variant)
	first := newDecoder(t, o)
	var got outcome
	at := 0
	for {
		n, err := first.Decode(padded(data[at:cut]), false)
		at += n
		rows := first.Flush()
		got.add(rows)
		o.Schema = rows.Schema
		if err != nil {
			return // no state goes on behind an error
		}
		if n == 0 {
			break
		}
	}
	second := newDecoder(t, o)
	if err := second.Restore(first.State()); err != nil {
		t.Fatalf("restore %q: %v", first.State(), err)
	}
	rest := decodeWith(second, data[at:])
	got.Rows = append(got.Rows, rest.Rows...)
	got.Err, got.Schema, got.Kept = rest.Err, rest.Schema, got.Kept+rest.Kept
	got.Frames += rest.Frames
	normalize(got.Rows)
	want.Rows = slices.Clone(want.Rows)
	normalize(want.Rows)
	failures := len(got.Failed) + len(rest.Failed)
	want.Failed, got.Failed = nil, nil
	if diff := cmp.Diff(want, got, sameContent); diff != "" || failures != want.Frames-len(want.Rows) {
		t.Errorf("%q restored at %d of %d with state %q (-whole +restored):\n%s", data, at, cut, first.State(), diff)
	}
}

// normalize takes the nulls at the end off each row: a column that was added later in the same batch has them there.
func normalize(rows []string) {
	for i, row := range rows {
		parts := strings.Split(row, " | ")
		for len(parts) > 0 && parts[len(parts)-1] == "(null)" {
			parts = parts[:len(parts)-1]
		}
		rows[i] = strings.Join(parts, " | ")
	}
}

// TestRestoreAtEveryByte: a position is good wherever the decoder stopped, in the middle of a skipped frame too.
func TestRestoreAtEveryByte(t *testing.T) {
	for _, seed := range fuzzSeeds {
		for variant := range uint8(3) {
			whole := decode(t, fuzzOptions(t, variant), seed)
			for cut := range len(seed) + 1 {
				restoreAt(t, variant, seed, cut, whole)
			}
		}
	}
}

// TestCutAtEveryByte: two calls are as good as one, wherever the first one's data ends.
func TestCutAtEveryByte(t *testing.T) {
	for _, seed := range fuzzSeeds {
		for variant := range uint8(3) {
			whole := decode(t, fuzzOptions(t, variant), seed)
			for cut := range len(seed) {
				if diff := cmp.Diff(whole, decode(t, fuzzOptions(t, variant), seed, cut), sameContent); diff != "" {
					t.Fatalf("%q cut at %d (-whole +pieces):\n%s", seed, cut, diff)
				}
			}
		}
	}
}

// TestRestoreRefusesForeignStates: bytes that no State wrote are an error.
func TestRestoreRefusesForeignStates(t *testing.T) {
	for _, state := range []string{"?", "l1", "X", "X\x80", "X\x01\x09", "\x00"} {
		if err := newDecoder(t, options(t, columns(t, ""))).Restore([]byte(state)); err == nil {
			t.Errorf("%q was restored", state)
		}
	}
}
