package iceberg_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	parquetfile "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/internal/iceberg"
	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var events = schemas.New(
	schemas.Field{Name: "id", Type: schemas.Of(schemas.Int64)},
	schemas.Field{Name: "kind", Type: schemas.Of(schemas.String)},
	schemas.Field{Name: "at", Type: schemas.StructOf(schemas.Field{Name: "host", Type: schemas.Of(schemas.String)})},
)

// eventRows returns rows [from, from+n), of few kinds and many ids.
func eventRows(mem memory.Allocator, from, n int) arrow.RecordBatch {
	b := array.NewRecordBuilder(mem, events.Arrow())
	defer b.Release()
	for i := from; i < from+n; i++ {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append([]string{"click", "view", "buy"}[i%3])
		at := b.Field(2).(*array.StructBuilder)
		at.Append(true)
		at.FieldBuilder(0).(*array.StringBuilder).Append(fmt.Sprintf("host-%d", i%50))
	}
	return b.NewRecordBatch()
}

// writeEvents writes records of the given lengths and returns the files.
func writeEvents(t testing.TB, mem memory.Allocator, p *iceberg.Plan, s iceberg.Settings, shared bool, lengths ...int) []iceberg.File {
	t.Helper()
	w := iceberg.NewWriter(mem, s, func(i int) string { return fmt.Sprintf("events-%d.parquet", i) })
	from := 0
	for _, n := range lengths {
		r := eventRows(mem, from, n)
		conformed, faults, err := p.Conform(t.Context(), mem, r)
		r.Release()
		if err != nil || len(faults) > 0 {
			t.Fatal(faults, err)
		}
		if err := w.Write(t.Context(), p, conformed, shared); err != nil {
			t.Fatal(err)
		}
		from += n
	}
	made, err := w.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func footer(t testing.TB, f iceberg.File) *metadata.FileMetaData {
	t.Helper()
	r, err := parquetfile.OpenParquetFile(icetest.Path(t, f.Path), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r.MetaData()
}

func TestWriterJoinsSmallRecordsAndCutsRowGroups(t *testing.T) {
	mem := arrowtest.Allocator(t)
	p := plan(t, events, create(t, lake(t, t.TempDir()), "ns.events", events))
	s := settings
	s.RowGroupRows = 10_000
	lengths := []int{9000, 500, 7600, 200, 16_000, 1}
	for _, shared := range []bool{false, true} {
		files := writeEvents(t, mem, p, s, shared, lengths...)
		if len(files) != 1 || files[0].Rows != 33_301 {
			t.Fatalf("files: %+v", files)
		}
		m := footer(t, files[0])
		if m.NumRowGroups() != 4 || m.RowGroup(0).NumRows() != 10_000 || m.RowGroup(3).NumRows() != 3301 {
			t.Errorf("%d row groups, the last of %d rows", m.NumRowGroups(), m.RowGroup(m.NumRowGroups()-1).NumRows())
		}
		table := icetest.Parquet(t, files[0].Path)
		defer table.Release()
		next := int64(0)
		for _, chunk := range table.Column(0).Data().Chunks() {
			for _, id := range chunk.(*array.Int64).Int64Values() {
				if id != next {
					t.Fatalf("row %d has id %d", next, id)
				}
				next++
			}
		}
	}
}

func TestWriterChoosesDictionariesByASample(t *testing.T) {
	mem := arrowtest.Allocator(t)
	p := plan(t, events, create(t, lake(t, t.TempDir()), "ns.events", events))
	m := footer(t, writeEvents(t, mem, p, settings, false, 10_000)[0])
	for i, want := range []bool{false, true, true} {
		c, err := m.RowGroup(0).ColumnChunk(i)
		if err != nil {
			t.Fatal(err)
		}
		if c.HasDictionaryPage() != want {
			t.Errorf("column %s has a dictionary: %v", c.PathInSchema(), !want)
		}
	}
	for i, want := range []int32{1, 2, 4} {
		if got := m.Schema.Column(i).SchemaNode().FieldID(); got != want {
			t.Errorf("column %d has field id %d, not %d", i, got, want)
		}
	}
}

func TestWriterBeginsANewFileAtTheTargetSize(t *testing.T) {
	mem := arrowtest.Allocator(t)
	p := plan(t, events, create(t, lake(t, t.TempDir()), "ns.events", events))
	s := settings
	s.TargetBytes, s.RowGroupRows = 1<<15, 10_000
	files := writeEvents(t, mem, p, s, false, 50_000, 50_000, 10)
	if len(files) != 3 {
		t.Errorf("files: %+v", files)
	}
	rows := int64(0)
	for _, f := range files {
		rows += f.Rows
	}
	if rows != 100_010 {
		t.Errorf("%d rows", rows)
	}
}

func TestWriterGivesMemoryBack(t *testing.T) {
	mem := arrowtest.Allocator(t)
	p := plan(t, events, create(t, lake(t, t.TempDir()), "ns.events", events))
	w := iceberg.NewWriter(mem, settings, func(i int) string { return "shrink.parquet" })
	for i := range 12 {
		r := eventRows(mem, 0, 1000)
		conformed, _, err := p.Conform(t.Context(), mem, r)
		r.Release()
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), p, conformed, i%2 == 0); err != nil {
			t.Fatal(err)
		}
	}
	before := w.Held()
	if err := w.Shrink(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := w.Held(); after >= before/2 {
		t.Errorf("%d bytes are held after, %d before", after, before)
	}
	files, err := w.Files(t.Context())
	if err != nil || len(files) != 1 || files[0].Rows != 12_000 {
		t.Errorf("files: %+v, %v", files, err)
	}
}

func TestWriterAbortLeavesNothing(t *testing.T) {
	dir, mem := t.TempDir(), arrowtest.Allocator(t)
	p := plan(t, events, create(t, lake(t, dir), "ns.events", events))
	s := settings
	s.TargetBytes = 1 << 10
	w := iceberg.NewWriter(mem, s, func(i int) string { return fmt.Sprintf("abort-%d.parquet", i) })
	for _, n := range []int{9000, 9000, 10} {
		r := eventRows(mem, 0, n)
		conformed, _, err := p.Conform(t.Context(), mem, r)
		r.Release()
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), p, conformed, false); err != nil {
			t.Fatal(err)
		}
	}
	w.Abort(t.Context())
	left, err := os.ReadDir(filepath.Join(dir, "warehouse", "ns.db", "events", "data"))
	if err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
