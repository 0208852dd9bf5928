package iceberg_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/internal/iceberg"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// lake opens a catalog in dir, which a test may open again as another process would.
func lake(t testing.TB, dir string, config ...func(*iceberg.Config)) *iceberg.Catalog {
	t.Helper()
	c := iceberg.Config{Database: filepath.Join(dir, "catalog.db"), Warehouse: filepath.Join(dir, "warehouse")}
	for _, f := range config {
		f(&c)
	}
	cat, err := iceberg.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cat.Close(); err != nil {
			t.Error(err)
		}
	})
	return cat
}

var settings = iceberg.Settings{Compression: iceberg.Zstd, Level: 1, RowGroupRows: 131072, TargetBytes: 512 << 20}

func create(t testing.TB, cat *iceberg.Catalog, name string, s *schemas.Schema) *iceberg.Table {
	t.Helper()
	table, err := cat.Create(t.Context(), name, s, iceberg.CreateOptions{FormatVersion: 2})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func plan(t testing.TB, s *schemas.Schema, table *iceberg.Table) *iceberg.Plan {
	t.Helper()
	p, err := iceberg.NewPlan(s, table)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// record reads rows as JSON lines.
func record(t testing.TB, mem memory.Allocator, s *schemas.Schema, lines ...string) arrow.RecordBatch {
	t.Helper()
	r, _, err := array.RecordFromJSON(mem, s.Arrow(), strings.NewReader("["+strings.Join(lines, ",")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var files int

// write makes data files of r, which it takes.
func write(t testing.TB, mem memory.Allocator, p *iceberg.Plan, r arrow.RecordBatch) []iceberg.File {
	t.Helper()
	defer r.Release()
	conformed, faults, err := p.Conform(t.Context(), mem, r)
	if err != nil || len(faults) > 0 {
		t.Fatalf("conform: %v %v", faults, err)
	}
	files++
	n := files
	w := iceberg.NewWriter(mem, settings, func(i int) string { return fmt.Sprintf("test-%d-%d.parquet", n, i) })
	if err := w.Write(t.Context(), p, conformed, false); err != nil {
		t.Fatal(err)
	}
	made, err := w.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

const property = "iggy-flow.test"

// appendOf is an append whose property holds the last commit uuid.
func appendOf(table *iceberg.Table, batches ...iceberg.Batch) iceberg.Append {
	return iceberg.Append{
		Table: table.Name, Batches: batches, Property: property, Value: func(_ string, open []iceberg.Batch) (string, error) { return open[len(open)-1].ID, nil },
		Read: func(value string) (string, error) { return value, nil },
	}
}

func mustAppend(t testing.TB, cat *iceberg.Catalog, a iceberg.Append) {
	t.Helper()
	if err := cat.Append(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}
