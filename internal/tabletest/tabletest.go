// Package tabletest reads Iceberg tables without our own code and without iceberg-go, so that a test does not only ask
// the writer what it wrote: manifests are decoded by avsc, data files by DuckDB, both in Node.js.
package tabletest

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the catalog's driver
)

// dir is this folder: the reader's packages lie beside its source.
func dir() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// Need skips a test on a machine without the reader. CI installs it, and there a missing one fails.
func Need(t testing.TB) {
	t.Helper()
	_, nodeErr := exec.LookPath("node")
	_, packagesErr := os.Stat(filepath.Join(dir(), "node_modules", "@duckdb", "node-api"))
	if nodeErr == nil && packagesErr == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("the table reader is not installed: run internal/tabletest/install")
	}
	t.Skip("needs Node.js and the packages of internal/tabletest: run `make tools`")
}

// Tables lists the tables of an embedded SQL catalog with their current metadata files.
func Tables(t testing.TB, catalog string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+catalog+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("select table_namespace, table_name, metadata_location from iceberg_tables")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tables := map[string]string{}
	for rows.Next() {
		var namespace, name, location string
		if err := rows.Scan(&namespace, &name, &location); err != nil {
			t.Fatal(err)
		}
		tables[namespace+"."+name] = strings.TrimPrefix(location, "file://")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return tables
}

// Read returns the rows of query over the view t, the live rows of the table at metadata. A nil map is never in it.
func Read(t testing.TB, metadata, query string) []map[string]any {
	t.Helper()
	out := run(t, metadata, query)
	var rows []map[string]any
	d := json.NewDecoder(bytes.NewReader(out))
	for d.More() {
		row := map[string]any{}
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// Export writes the rows of query over each table to a CSV file without a header: tables is metadata files by name, and the
// result the CSV files by the same names, in dir. Beside t the query may read the view placed, which has the same rows and
// where they stand: ordered by commit, file and file_row_number they come as they were written.
func Export(t testing.TB, tables map[string]string, query, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	var args []string
	for name, metadata := range tables {
		files[name] = filepath.Join(dir, name+".csv")
		args = append(args, metadata, query, files[name])
	}
	if len(args) > 0 {
		run(t, args...)
	}
	return files
}

func run(t testing.TB, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("node", append([]string{filepath.Join(dir(), "read.mjs")}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("read the table at %s: %v\n%s", args[0], err, stderr.String())
	}
	return out
}
