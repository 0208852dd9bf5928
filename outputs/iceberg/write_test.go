package iceberg_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func regional(id int, region string) string { return fmt.Sprintf(`{"id":%d,"region":%q}`, id, region) }

func TestRouteWritesEachRowToItsTable(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	p.route(`"shop.orders_" + region`)
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", regional(1, "eu"), regional(2, "us"), regional(3, "eu"), row(4), regional(5, "a b"), regional(6, "us"))
	proc.mustWrite("a", regional(7, "eu"))
	proc.checkpoint()
	p.want("shop.orders_eu", regional(1, "eu"), regional(3, "eu"), regional(7, "eu"))
	p.want("shop.orders_us", regional(2, "us"), regional(6, "us"))
	proc.wantRejected("a/3 route-null", "a/4 route-name")
	if diff := cmp.Diff([]string{"shop.orders_eu", "shop.orders_us"}, icetest.Names(t, p.dir)); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
}

func TestRouteKeepsTheOrderOfRowsInManyTables(t *testing.T) {
	const tables, rows, batches = 20, 1000, 12
	p := newPipeline(t, t.TempDir(), "r1")
	p.route(`"shop.orders_" + region`)
	p.config.Write.MaxBuffer = 1 << 20
	proc := p.mustOpen()
	defer proc.die()
	for b := range batches {
		lines := make([]string, rows)
		for i := range lines {
			id := b*rows + i
			lines[i] = regional(id, fmt.Sprint(id*7%tables))
		}
		proc.mustWrite("a", lines...)
	}
	proc.checkpoint()
	seen := 0
	for k := range tables {
		for _, e := range icetest.Read(t, p.dir, fmt.Sprintf("shop.orders_%d", k)).Entries {
			table := icetest.Parquet(t, e["file_path"].(string))
			last := int64(-1)
			for _, chunk := range table.Column(0).Data().Chunks() {
				for _, id := range chunk.(*array.Int64).Int64Values() {
					if id <= last || id*7%tables != int64(k) {
						t.Fatalf("table %d has row %d behind %d", k, id, last)
					}
					last = id
					seen++
				}
			}
			table.Release()
		}
	}
	if seen != rows*batches {
		t.Errorf("%d rows of %d", seen, rows*batches)
	}
}

func TestRouteNamesTheTablesWithoutWriting(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	p.route(`"shop.orders_" + region`)
	proc := p.mustOpen()
	defer proc.die()
	r, _, err := array.RecordFromJSON(p.mem, orders.Arrow(), strings.NewReader("["+regional(1, "eu")+","+row(2)+"]"))
	if err != nil {
		t.Fatal(err)
	}
	b := engine.NewBatch(orders, r, nil, engine.Records("a", 0, 2, nil))
	defer b.Release()
	names, rejected, err := proc.out.(engine.Router).Route(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	defer names.Release()
	if names.ValueStr(0) != "shop.orders_eu" || !names.IsNull(1) || len(rejected) != 1 || rejected[0].Code != "route-null" {
		t.Errorf("names %v, rejected %v", names, rejected)
	}
	if got := icetest.Names(t, p.dir); len(got) > 0 {
		t.Errorf("tables: %v", got)
	}
}

func TestRouteStopsAtTheGreatestNumberOfTables(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	p.route(`"shop.orders_" + region`)
	p.config.MaxTables = 2
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", regional(1, "a"), regional(2, "b"), regional(3, "c"), regional(4, "a"))
	proc.checkpoint()
	proc.wantRejected("a/2 route-tables")
}

func TestRowsThatDoNotFitAreRejected(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", regional(1, "eu"))
	p.schema = schemas.New(
		schemas.Field{Name: "id", Type: schemas.Of(schemas.Uint64)},
		schemas.Field{Name: "region", Type: schemas.Of(schemas.Bool)},
	)
	proc.mustWrite("a", `{"id":2}`, `{"id":18446744073709551615}`, `{"id":3,"region":true}`, `{"id":4}`)
	proc.checkpoint()
	p.want("shop.orders", regional(1, "eu"), row(2), row(4))
	proc.wantRejected("a/2 column-range", "a/3 column-type")
}

func TestFault32EvolveAddsColumnsMidStream(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1))
	p.schema = schemas.New(append(orders.Fields(), schemas.Field{Name: "total", Type: schemas.Of(schemas.Double)})...)
	proc.mustWrite("a", `{"id":2,"total":1.5}`)
	proc.checkpoint()
	p.want("shop.orders", row(1), `{"id":2,"total":1.5}`)
	if n := len(icetest.Read(t, p.dir, "shop.orders").Snapshots()); n != 1 {
		t.Errorf("%d snapshots", n)
	}
}

func TestFault32EvolveNoneRejectsValuesOfNewColumns(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	p.config.Evolve = "none"
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1))
	p.schema = schemas.New(append(orders.Fields(), schemas.Field{Name: "total", Type: schemas.Of(schemas.Double)})...)
	proc.mustWrite("a", `{"id":2,"total":1.5}`, row(3))
	proc.checkpoint()
	p.want("shop.orders", row(1), row(3))
	proc.wantRejected("a/1 column-unknown")
}

func TestOnMissing(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	p.config.OnMissing = "fail"
	if _, err := p.open(); !engine.IsPermanent(err) || !strings.Contains(err.Error(), "table shop.orders does not exist") {
		t.Errorf("fail: %v", err)
	}
	p.config.OnMissing = "dead_letter"
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1), row(2))
	proc.mustWrite("a", row(3))
	proc.checkpoint()
	proc.wantRejected("a/0 table-missing", "a/1 table-missing", "a/2 table-missing")

	other := newPipeline(t, p.dir, "r2")
	other.start.Pipeline = "other"
	creator := other.mustOpen()
	creator.mustWrite("b", row(10))
	creator.checkpoint()
	creator.die()
	proc.mustWrite("a", row(4)) // the epoch before has looked for it, this one looks again
	proc.checkpoint()
	p.want("shop.orders", row(10), row(4))
}

func TestTwoPipelinesWriteToOneTable(t *testing.T) {
	dir := t.TempDir()
	var processes []*process
	for i, name := range []string{"one", "two", "three"} {
		p := newPipeline(t, dir, fmt.Sprint("r", i))
		p.start.Pipeline = name
		processes = append(processes, p.mustOpen())
	}
	var g errgroup.Group
	for i, proc := range processes {
		g.Go(func() error {
			for k := range 5 {
				if err := proc.write("a", row(10*(i+1)+k)); err != nil {
					return err
				}
				proc.store(proc.prepare())
				if err := proc.tryCommit(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, proc := range processes {
		for k := range 5 {
			want = append(want, row(10*(i+1)+k))
		}
		proc.die()
	}
	processes[0].want("shop.orders", want...)
	disk := icetest.Read(t, dir, "shop.orders")
	for _, name := range []string{"one", "two", "three"} {
		if !strings.Contains(disk.Property("iggy-flow."+name), `"epoch":5`) {
			t.Errorf("the record of %s is %s", name, disk.Property("iggy-flow."+name))
		}
	}
}

func TestPartitionedTableIsRefused(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	icetest.CreatePartitioned(t, p.dir, "shop.orders")
	if _, err := p.open(); !engine.IsPermanent(err) || !strings.Contains(err.Error(), "is partitioned") {
		t.Errorf("open: %v", err)
	}
}
