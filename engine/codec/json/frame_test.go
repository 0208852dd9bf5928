package json_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestEachFrameIsOneRecord: whatever a message holds, it is one row or one failure, and what stands behind it is neither
// read nor changed.
func TestEachFrameIsOneRecord(t *testing.T) {
	schema := schemas.New(schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)}, schemas.Field{Name: "s", Type: schemas.Of(schemas.String)})
	valid := []string{`{"n":1}`, ` {"n":2,"s":"x"} `, "{\n  \"n\": 3,\n  \"s\": \"y\"\n}", "{\"n\":4}\r\n", "\n{\"s\":\"z\"}"}
	invalid := []string{"", " ", "\n", `{"n":1`, `{"n":`, `{"n":1}}`, `[{"n":1}]`, "null", "{\"s\":\"a\nb\"}", "{\"n\":1}{\"n\":2}", "{\"n\":1}\n{\"n\":2}", "\x00", "\xff", `{"n":"x"}`, `{"s":"`}
	rapid.Check(t, func(t *rapid.T) {
		mem := arrowtest.Allocator(t)
		f, err := json.Format().NewDecoder(codec.DecodeOptions{Mem: mem, Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		d := f.(codec.FrameDecoder)
		var wantFailed []int
		n := rapid.IntRange(1, 30).Draw(t, "frames")
		for i := range n {
			text := rapid.SampledFrom(valid).Draw(t, "valid")
			if rapid.Bool().Draw(t, "bad") {
				text = rapid.SampledFrom(invalid).Draw(t, "invalid")
				wantFailed = append(wantFailed, i)
			}
			data := append([]byte(text), bytes.Repeat([]byte(`,"n":7}`), codec.Padding)...) // what a message behind it may look like
			before := bytes.Clone(data)
			d.DecodeFrame(data[:len(text)])
			if !bytes.Equal(data, before) {
				t.Fatalf("frame %q: its bytes, or those behind it, were changed", text)
			}
		}
		rows := d.Flush()
		if rows.Record != nil {
			defer rows.Record.Release()
		}
		var failed []int
		for _, f := range rows.Failed {
			failed = append(failed, f.Frame)
		}
		good := 0
		if rows.Record != nil {
			good = int(rows.Record.NumRows())
		}
		if rows.Frames != n || good+len(failed) != n || len(failed) != len(wantFailed) {
			t.Fatalf("%d frames are %d rows and failures %v; want failures %v", n, good, failed, wantFailed)
		}
		for i := range failed {
			if failed[i] != wantFailed[i] {
				t.Fatalf("failures %v; want %v", failed, wantFailed)
			}
		}
	})
}
