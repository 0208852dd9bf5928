package iceberg_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	ice "github.com/apache/iceberg-go"

	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/internal/iceberg"
	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var orders = schemas.New(
	schemas.Field{Name: "id", Type: schemas.Of(schemas.Int64), Required: true},
	schemas.Field{Name: "region", Type: schemas.Of(schemas.String)},
)

func batch(t testing.TB, table *iceberg.Table, rows ...string) iceberg.Batch {
	t.Helper()
	mem := arrowtest.Allocator(t)
	made := write(t, mem, plan(t, orders, table), record(t, mem, orders, rows...))
	return iceberg.NewBatch(table, uuid.NewString(), made)
}

// faultyCatalog lets a test stand before and behind every commit.
type faultyCatalog struct {
	catalog.Catalog
	before, after func() error
}

func (f *faultyCatalog) CommitTable(ctx context.Context, id table.Identifier, reqs []table.Requirement, updates []table.Update) (table.Metadata, string, error) {
	if f.before != nil {
		if err := f.before(); err != nil {
			return nil, "", err
		}
	}
	meta, location, err := f.Catalog.CommitTable(ctx, id, reqs, updates)
	if err == nil && f.after != nil {
		err = f.after()
	}
	return meta, location, err
}

func faults(f *faultyCatalog) func(*iceberg.Config) {
	return func(c *iceberg.Config) {
		c.Wrap = func(inner catalog.Catalog) catalog.Catalog {
			f.Catalog = inner
			return f
		}
	}
}

// once returns a function that does f the first time.
func once(f func() error) func() error {
	done := false
	return func() error {
		if done {
			return nil
		}
		done = true
		return f()
	}
}

func wantRows(t testing.TB, dir string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, icetest.Read(t, dir, "shop.orders").Rows(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestAppendTwiceGivesTheRowsOnce(t *testing.T) {
	dir := t.TempDir()
	cat := lake(t, dir)
	orders := create(t, cat, "shop.orders", orders)
	a := appendOf(orders, batch(t, orders, `{"id":1,"region":"eu"}`, `{"id":2}`))
	for range 2 {
		mustAppend(t, cat, a)
	}
	wantRows(t, dir, `{"id":1,"region":"eu"}`, `{"id":2}`)
	if state, err := cat.Inspect(t.Context(), a); state != iceberg.Committed || err != nil {
		t.Errorf("inspect: %v, %v", state, err)
	}
}

func TestAppendFindsACommitWhoseAnswerWasLost(t *testing.T) {
	dir, f := t.TempDir(), &faultyCatalog{}
	cat := lake(t, dir, faults(f))
	orders := create(t, cat, "shop.orders", orders)
	f.after = once(func() error { return errors.New("connection reset by peer") })
	mustAppend(t, cat, appendOf(orders, batch(t, orders, `{"id":1}`)))
	wantRows(t, dir, `{"id":1}`)
}

func TestAppendKeepsWhatAnotherWriterCommitsMeanwhile(t *testing.T) {
	dir, f := t.TempDir(), &faultyCatalog{}
	cat := lake(t, dir, faults(f))
	orders := create(t, cat, "shop.orders", orders)
	other := lake(t, dir)
	f.before = once(func() error {
		a := appendOf(orders, batch(t, orders, `{"id":2}`))
		a.Property = "iggy-flow.other"
		return other.Append(t.Context(), a)
	})
	mustAppend(t, cat, appendOf(orders, batch(t, orders, `{"id":1}`)))
	wantRows(t, dir, `{"id":1}`, `{"id":2}`)
}

func TestAppendFromManyWritersLosesAndDoublesNothing(t *testing.T) {
	const writers, commits = 4, 5
	dir := t.TempDir()
	orders := create(t, lake(t, dir), "shop.orders", orders)
	var g errgroup.Group
	var want []string
	for w := range writers {
		cat := lake(t, dir)
		var appends []iceberg.Append
		for i := range commits {
			row := fmt.Sprintf(`{"id":%d}`, 100+w*commits+i)
			want = append(want, row)
			a := appendOf(orders, batch(t, orders, row))
			a.Property = fmt.Sprintf("iggy-flow.writer%d", w)
			appends = append(appends, a)
		}
		g.Go(func() error {
			for _, a := range appends {
				if err := cat.Append(t.Context(), a); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	wantRows(t, dir, want...)
}

func TestAppendCollectsEpochsInOneSnapshot(t *testing.T) {
	dir := t.TempDir()
	cat := lake(t, dir)
	orders := create(t, cat, "shop.orders", orders)
	first, second, third := batch(t, orders, `{"id":1}`), batch(t, orders, `{"id":2}`), batch(t, orders, `{"id":3}`)
	mustAppend(t, cat, appendOf(orders, first))
	mustAppend(t, cat, appendOf(orders, first, second, third))
	wantRows(t, dir, `{"id":1}`, `{"id":2}`, `{"id":3}`)
	snapshots := icetest.Read(t, dir, "shop.orders").Snapshots()
	if len(snapshots) != 2 {
		t.Fatalf("%d snapshots", len(snapshots))
	}
	if got, want := icetest.Summary(snapshots[1], "iggy-flow.commits"), second.ID+","+third.ID; got != want {
		t.Errorf("the summary lists %s, not %s", got, want)
	}
	if got := icetest.Summary(snapshots[1], property); got != third.ID {
		t.Errorf("the summary has the record %s", got)
	}
}

func TestAppendFindsItsCommitWhenTheSnapshotHasExpired(t *testing.T) {
	dir, f := t.TempDir(), &faultyCatalog{}
	cat := lake(t, dir, faults(f))
	orders := create(t, cat, "shop.orders", orders)
	a := appendOf(orders, batch(t, orders, `{"id":1}`))
	mustAppend(t, cat, a)
	other := appendOf(orders, batch(t, orders, `{"id":2}`))
	other.Property = "iggy-flow.other"
	mustAppend(t, cat, other)

	inner, err := f.Catalog.LoadTable(t.Context(), table.Identifier{"shop", "orders"})
	if err != nil {
		t.Fatal(err)
	}
	txn := inner.NewTransaction()
	if err := txn.ExpireSnapshots(table.WithRetainLast(1), table.WithOlderThan(0)); err != nil {
		t.Fatal(err)
	}
	if _, err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, cat, a)
	wantRows(t, dir, `{"id":1}`, `{"id":2}`)
}

func TestAppendDoesNotRepeatWhatWasRolledBack(t *testing.T) {
	dir, f := t.TempDir(), &faultyCatalog{}
	cat := lake(t, dir, faults(f))
	orders := create(t, cat, "shop.orders", orders)
	mustAppend(t, cat, appendOf(orders, batch(t, orders, `{"id":1}`)))
	first := inner(t, f).CurrentSnapshot().SnapshotID
	a := appendOf(orders, batch(t, orders, `{"id":2}`))
	mustAppend(t, cat, a)
	txn := inner(t, f).NewTransaction()
	if err := txn.RollbackToSnapshot(first); err != nil {
		t.Fatal(err)
	}
	if err := txn.SetProperties(ice.Properties{property: "a record of before"}); err != nil {
		t.Fatal(err)
	}
	if _, err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, cat, a)
	wantRows(t, dir, `{"id":1}`)
}

func inner(t testing.TB, f *faultyCatalog) *table.Table {
	t.Helper()
	inner, err := f.Catalog.LoadTable(t.Context(), table.Identifier{"shop", "orders"})
	if err != nil {
		t.Fatal(err)
	}
	return inner
}
