package icetest

import (
	"path/filepath"
	"strings"
	"testing"

	ice "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	icesql "github.com/apache/iceberg-go/catalog/sql"
)

// Drop removes a table from the catalog dir/catalog.db, as DROP TABLE does; its files stay.
func Drop(t testing.TB, dir, table string) {
	t.Helper()
	db := open(t, dir)
	defer db.Close()
	dot := strings.LastIndexByte(table, '.')
	if _, err := db.Exec("DELETE FROM iceberg_tables WHERE table_namespace = ? AND table_name = ?", table[:dot], table[dot+1:]); err != nil {
		t.Fatal(err)
	}
}

// CreatePartitioned makes a table with the columns id and region that is partitioned by region.
func CreatePartitioned(t testing.TB, dir, name string) {
	t.Helper()
	db := open(t, dir)
	defer db.Close()
	cat, err := icesql.NewCatalog("default", db, icesql.SQLite, ice.Properties{"warehouse": "file://" + filepath.Join(dir, "warehouse")})
	if err != nil {
		t.Fatal(err)
	}
	ident := strings.Split(name, ".")
	if err := cat.CreateNamespace(t.Context(), ident[:len(ident)-1], nil); err != nil {
		t.Fatal(err)
	}
	schema := ice.NewSchema(0,
		ice.NestedField{ID: 1, Name: "id", Type: ice.PrimitiveTypes.Int64},
		ice.NestedField{ID: 2, Name: "region", Type: ice.PrimitiveTypes.String},
	)
	spec := ice.NewPartitionSpec(ice.PartitionField{SourceIDs: []int{2}, FieldID: 1000, Name: "region", Transform: ice.IdentityTransform{}})
	if _, err := cat.CreateTable(t.Context(), ident, schema, catalog.WithPartitionSpec(&spec)); err != nil {
		t.Fatal(err)
	}
}
