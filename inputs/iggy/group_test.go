package iggy_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

const lakeOutput = `output:
  iceberg:
    catalog: {type: sql, uri: "sqlite:lake/catalog.db", warehouse: lake/warehouse}
    route: '"shop.orders_" + string(n % 2)'`

// lakeRows are the records of both tables, by partition. The order within a table is that of its commits.
func lakeRows(t *testing.T, dir string) map[int64][]int64 {
	out := map[int64][]int64{}
	for _, table := range []string{"shop.orders_0", "shop.orders_1"} {
		for _, text := range icetest.Read(t, filepath.Join(dir, "lake"), table).Rows(t) {
			var p, n int64
			if _, err := fmt.Sscanf(text, `{"p":%d,"n":%d}`, &p, &n); err != nil {
				t.Fatalf("row %s: %v", text, err)
			}
			out[p] = append(out[p], n)
		}
	}
	for _, n := range out {
		slices.Sort(n)
	}
	return out
}

// TestFault25RebalanceWithRecordsUnderWay: replicas of a consumer group join, leave and die while records flow into two
// tables: each is there once.
func TestFault25RebalanceWithRecordsUnderWay(t *testing.T) {
	s := newShop(t, 6, iggytest.Options{})
	dir := t.TempDir()
	document := s.document("consumer_group: orders", lakeOutput)
	random := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c"}
	lives := map[string]*running{}
	for range 25 {
		for p := range uint32(6) {
			s.send(p, 20+random.IntN(50))
		}
		name := names[random.IntN(len(names))]
		if l := lives[name]; l == nil {
			lives[name] = start(t, dir, document, name)
		} else {
			l.end(t, random.IntN(2) == 0)
			delete(lives, name)
		}
		if len(lives) > 0 {
			some := lives[slices.Sorted(maps.Keys(lives))[0]]
			before := some.Status().Epoch
			until(t, "a commit", func() bool { return some.Status().Epoch > before })
		}
	}
	if len(lives) == 0 {
		lives["a"] = start(t, dir, document, "a")
	}
	sum := 0
	for _, n := range s.sent {
		sum += n
	}
	until(t, "the end of what was sent", func() bool {
		n := 0
		for _, rows := range lakeRows(t, dir) {
			n += len(rows)
		}
		if n > sum {
			t.Fatalf("%d rows, and %d were sent", n, sum)
		}
		return n == sum
	})
	for _, l := range lives {
		l.end(t, true)
	}
	if !s.whole(lakeRows(t, dir)) {
		t.Errorf("the tables are not whole: %v", s.sent)
	}
}
