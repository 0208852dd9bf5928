package iceberg_test

import (
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/internal/iceberg"
)

func TestCreateByManyAtOnceSucceedsForAll(t *testing.T) {
	const creators = 4
	dir := t.TempDir()
	var cats []*iceberg.Catalog
	for range creators {
		cats = append(cats, lake(t, dir))
	}
	tables := make([]*iceberg.Table, creators)
	var g errgroup.Group
	for i, cat := range cats {
		g.Go(func() (err error) {
			tables[i], err = cat.Create(t.Context(), "a.b.orders", orders, iceberg.CreateOptions{FormatVersion: 2})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.UUID != tables[0].UUID {
			t.Errorf("two tables: %s and %s", table.UUID, tables[0].UUID)
		}
	}
}

func TestCreateTakesPropertiesOfTheTable(t *testing.T) {
	cat := lake(t, t.TempDir())
	table, err := cat.Create(t.Context(), "ns.t", orders, iceberg.CreateOptions{
		FormatVersion: 3, Properties: map[string]string{"owner": "shop", "write.metadata.delete-after-commit.enabled": "false"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if table.FormatVersion() != 3 {
		t.Errorf("version %d", table.FormatVersion())
	}
	for key, want := range map[string]string{"owner": "shop", "write.metadata.delete-after-commit.enabled": "false"} {
		if got, _ := table.Property(key); got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
}

func TestValidTableName(t *testing.T) {
	for name, want := range map[string]bool{
		"lake.orders": true, "a.b.C_1": true, "orders": false, ".orders": false, "lake.": false, "la/ke.orders": false,
		"lake.ord ers": false, "lake..orders": false, "lake.orders\n": false, "": false,
	} {
		if got := iceberg.ValidTableName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
