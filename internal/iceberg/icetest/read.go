package icetest

import (
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/twmb/avro/ocf"
	_ "modernc.org/sqlite" // the catalog's database
)

// Table is a table as it is on disk.
type Table struct {
	Metadata map[string]any
	Entries  []map[string]any // the data_file records of the current snapshot's manifests
}

// Path is the path of a file URI.
func Path(t testing.TB, uri string) string {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

// Names lists the tables in the catalog dir/catalog.db, sorted.
func Names(t testing.TB, dir string) (names []string) {
	t.Helper()
	db := open(t, dir)
	defer db.Close()
	rows, err := db.Query("SELECT table_namespace || '.' || table_name FROM iceberg_tables")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func open(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// Read reads the table called namespace.name, as the catalog dir/catalog.db has it.
func Read(t testing.TB, dir, table string) Table {
	t.Helper()
	db := open(t, dir)
	defer db.Close()
	dot := strings.LastIndexByte(table, '.')
	var location string
	err := db.QueryRow("SELECT metadata_location FROM iceberg_tables WHERE table_namespace = ? AND table_name = ?",
		table[:dot], table[dot+1:]).Scan(&location)
	if err != nil {
		t.Fatalf("table %s: %v", table, err)
	}
	data, err := os.ReadFile(Path(t, location))
	if err != nil {
		t.Fatal(err)
	}
	var out Table
	if err := json.Unmarshal(data, &out.Metadata); err != nil {
		t.Fatal(err)
	}
	current := out.Metadata["current-snapshot-id"]
	for _, snapshot := range out.Snapshots() {
		if snapshot["snapshot-id"] != current {
			continue
		}
		for _, m := range avro(t, snapshot["manifest-list"].(string)) {
			for _, entry := range avro(t, m["manifest_path"].(string)) {
				out.Entries = append(out.Entries, entry["data_file"].(map[string]any))
			}
		}
	}
	return out
}

// Snapshots lists the snapshots of the metadata.
func (d Table) Snapshots() (out []map[string]any) {
	all, _ := d.Metadata["snapshots"].([]any)
	for _, s := range all {
		out = append(out, s.(map[string]any))
	}
	return out
}

// Summary is an entry of a snapshot's summary.
func Summary(snapshot map[string]any, key string) string {
	s, _ := snapshot["summary"].(map[string]any)[key].(string)
	return s
}

// Property is a property of the table.
func (d Table) Property(key string) string {
	s, _ := d.Metadata["properties"].(map[string]any)[key].(string)
	return s
}

func avro(t testing.TB, uri string) (records []map[string]any) {
	t.Helper()
	f, err := os.Open(Path(t, uri))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := ocf.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for {
		var v map[string]any
		if err := r.Decode(&v); errors.Is(err, io.EOF) {
			return records
		} else if err != nil {
			t.Fatal(err)
		}
		records = append(records, v)
	}
}

// Rows returns every row as JSON, sorted: what SELECT * shows. A null is left out.
func (d Table) Rows(t testing.TB) (rows []string) {
	t.Helper()
	for _, e := range d.Entries {
		table := Parquet(t, e["file_path"].(string))
		if n := e["record_count"].(int64); n != table.NumRows() {
			t.Errorf("the manifest says %d rows, the file has %d", n, table.NumRows())
		}
		rows = append(rows, lines(t, table)...)
		table.Release()
	}
	slices.Sort(rows)
	return rows
}

// Parquet reads a data file. The table is owned by the caller.
func Parquet(t testing.TB, uri string) arrow.Table {
	t.Helper()
	r, err := file.OpenParquetFile(Path(t, uri), false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := fr.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func lines(t testing.TB, table arrow.Table) []string {
	t.Helper()
	rows := slices.Repeat([]string{"{"}, int(table.NumRows()))
	for i := range int(table.NumCols()) {
		row := 0
		for _, chunk := range table.Column(i).Data().Chunks() {
			for k := range chunk.Len() {
				if !chunk.IsNull(k) {
					value, err := json.Marshal(chunk.GetOneForMarshal(k))
					if err != nil {
						t.Fatal(err)
					}
					name, _ := json.Marshal(table.Column(i).Name())
					if rows[row] != "{" {
						rows[row] += ","
					}
					rows[row] += string(name) + ":" + string(value)
				}
				row++
			}
		}
	}
	for i := range rows {
		rows[i] += "}"
	}
	return rows
}
