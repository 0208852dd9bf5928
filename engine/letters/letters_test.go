package letters_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/engine/letters"
	"github.com/iggy-flow/iggy-flow/inputs/file"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/outputs/drop"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// write writes a dead letter of records, each rejected by the input.
func write(t *testing.T, path string, records []string) letters.File {
	t.Helper()
	var b strings.Builder
	for i, r := range records {
		line := map[string]any{"pipeline": "orders", "component": "input", "code": "json-type", "split": "file", "ordinal": i, "time": "2026-01-31T12:00:00Z"}
		if strings.ToValidUTF8(r, "") == r {
			line["raw"] = r
		} else {
			line["raw_base64"] = base64.StdEncoding.EncodeToString([]byte(r))
		}
		text, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	b.WriteString(`{"pipeline":"ord`) // still being written
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := letters.Look(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// standIn returns the input of a replay.
func standIn(t *testing.T, mem memory.Allocator, r letters.Replay) *letters.Input {
	t.Helper()
	registry := engine.NewRegistry()
	file.Register(registry)
	drop.Register(registry)
	d, ds := dsl.Parse(source.NewFile("orders.yaml", []byte("name: orders\ninput: {file: gone.ndjson}\noutput: {drop: {}}\n")), t.TempDir(), dsl.Options{Specs: registry})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	plan, ds := engine.NewPlan(d, registry, engine.PlanOptions{Mem: mem, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	in, err := letters.StandIn(plan, "orders", r)
	if err != nil {
		t.Fatal(err)
	}
	in.UseSchema(schemas.New(schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)}, schemas.Field{Name: "s", Type: schemas.Of(schemas.String)}))
	return in
}

// TestEachLetterIsOneRecord: whatever framing the bytes stood in, each letter gives the record that it is, or fails and has
// the same bytes in its next dead letter.
func TestEachLetterIsOneRecord(t *testing.T) {
	records := []string{
		`{"n":1,"s":"a"}`,
		"{\"n\":2,\n \"s\" :\r\n\t\"b\"}", // an element of an array may lie on several lines
		"{\"n\":3,\"s\":\"a\nb\"}",        // but no text in it
		`[{"n":4}]`,                       // no array of records
		"{\"n\":5,\"s\":\"\xff\"}",
		`{"n":6,"s":"\"\\"}`,
		"null",
		`{"n":`,
		`{"n":7,"s":"c"}`,
	}
	f := write(t, filepath.Join(t.TempDir(), "dead.ndjson"), records)
	in := standIn(t, arrowtest.Allocator(t), letters.Replay{Files: []letters.File{f}})
	got, at := enginetest.ReadInput(t, in, nil, -1)
	if err := in.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, r := range got.Rows {
		rows = append(rows, fmt.Sprint(r.Ordinal, " ", strings.TrimSpace(r.Text)))
	}
	want := []string{`0 {"n":1,"s":"a"}`, `1 {"n":2,"s":"b"}`, `5 {"n":6,"s":"\"\\"}`, `8 {"n":7,"s":"c"}`}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for i, ordinal := range []int64{2, 3, 4, 6, 7} {
		if i >= len(got.Rejected) || got.Rejected[i].Ordinal != ordinal || string(got.Rejected[i].Original.Raw) != records[ordinal] || got.Rejected[i].Original.Attempts != 1 {
			t.Fatalf("the rejected records are %+v", got.Rejected)
		}
	}
	if at["replay"].Ordinal != int64(len(records)) {
		t.Errorf("the input is at %+v", at)
	}
}

// TestItGoesOnFromEveryPosition stops behind each Read and lets another process go on.
func TestItGoesOnFromEveryPosition(t *testing.T) {
	dir := t.TempDir()
	var r letters.Replay
	for i, n := range []int{9000, 0, 5000} {
		var records []string
		for k := range n {
			records = append(records, fmt.Sprintf(`{"n":%d,"s":"%d"}`, k, i))
		}
		r.Files = append(r.Files, write(t, filepath.Join(dir, fmt.Sprint(i, ".ndjson")), records))
	}
	r.Past = []letters.Replay{{Files: []letters.File{r.Files[0]}, Select: letters.Selection{Code: "another"}}}
	mem := arrowtest.Allocator(t)
	whole, _ := enginetest.ReadInput(t, standIn(t, mem, r), nil, -1)
	if len(whole.Rows) != 14_000 {
		t.Fatalf("%d rows", len(whole.Rows))
	}
	for reads := range 6 {
		first, second := standIn(t, mem, r), standIn(t, mem, r)
		before, at := enginetest.ReadInput(t, first, nil, reads)
		behind, _ := enginetest.ReadInput(t, second, at, -1)
		for _, in := range []engine.Input{first, second} {
			if err := in.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(whole.Rows, slices.Concat(before.Rows, behind.Rows)); diff != "" {
			t.Fatalf("stopped after %d reads (-whole +in two parts):\n%.2000s", reads, diff)
		}
	}
}

func TestPattern(t *testing.T) {
	for message, want := range map[string]string{
		`id: "three" is a string; expected int64`:          `id: "…" is a string; expected int64`,
		`byte 12: found -1.5e3 of int64; expected 1, or 2`: `byte N: found N of int64; expected N, or N`,
		`text "a \" 1" and v2`:                             `text "…" and v2`,
	} {
		if got := letters.Pattern(message); got != want {
			t.Errorf("%s\ngives %s\nwant  %s", message, got, want)
		}
	}
}
