package iceberg_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
	"github.com/iggy-flow/iggy-flow/internal/icebergtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// faultyCatalog fails the next commits: before the catalog has seen them, or behind it.
type faultyCatalog struct {
	catalog.Catalog
	lost, unsent int
}

var errNetwork = errors.New("connection reset by peer")

func (f *faultyCatalog) CommitTable(ctx context.Context, id table.Identifier, reqs []table.Requirement, updates []table.Update) (table.Metadata, string, error) {
	if f.unsent > 0 {
		f.unsent--
		return nil, "", errNetwork
	}
	meta, location, err := f.Catalog.CommitTable(ctx, id, reqs, updates)
	if err == nil && f.lost > 0 {
		f.lost--
		err = errNetwork
	}
	return meta, location, err
}

// model is the pipeline that the property drives: what its input gave, what its state store holds, and its process.
type model struct {
	t      *rapid.T
	p      *pipeline
	proc   *process
	faults *faultyCatalog
	other  *process // of another pipeline that writes to the same tables
	wider  bool     // records have a further column

	stored map[string]int64 // positions of the checkpoint that is stored
	given  int              // rows of the other pipeline
}

// line is row n of a split: it is the same whenever it is read, as is its table.
func (m *model) line(split string, n int64) string {
	id := n
	if split == "b" {
		id += 1000
	}
	wide := ""
	if m.wider {
		wide = fmt.Sprintf(`,"extra":%d`, id)
	}
	return fmt.Sprintf(`{"id":%d,"region":"%d"%s}`, id, id%2, wide)
}

func (m *model) write(t *rapid.T) {
	split := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "split")
	lines := make([]string, rapid.IntRange(1, 6).Draw(t, "rows"))
	for i := range lines {
		lines[i] = m.line(split, m.p.at[split]+int64(i))
	}
	m.proc.mustWrite(split, lines...)
}

func (m *model) store(*rapid.T) {
	m.p.store(m.proc.prepare())
	m.stored = maps.Clone(m.p.at)
}

func (m *model) writeAndStore(t *rapid.T) {
	m.write(t)
	m.store(t)
}

func (m *model) checkpoint(t *rapid.T) {
	m.writeAndStore(t)
	m.commit(t)
}

func (m *model) abort(*rapid.T) { // prepared, but the checkpoint was never stored: the process has died in between
	m.proc.prepare()
	m.crash(nil)
}

func (m *model) commit(t *rapid.T) {
	m.faults.lost = rapid.IntRange(0, 2).Draw(t, "answers lost")
	m.faults.unsent = rapid.IntRange(0, 2).Draw(t, "requests lost")
	stored := m.p.stored
	m.proc.commit()
	m.faults.lost, m.faults.unsent = 0, 0
	if rapid.Bool().Draw(t, "not noted") {
		m.p.stored = stored // the next commit, of this process or another, has them once more
	}
}

func (m *model) crash(*rapid.T) {
	m.proc.die()
	m.p.at = maps.Clone(m.stored)
	m.proc = m.p.recovered()
}

func (m *model) widen(*rapid.T) {
	if m.wider {
		return
	}
	m.wider = true
	m.p.schema = schemas.New(append(orders.Fields(), schemas.Field{Name: "extra", Type: schemas.Of(schemas.Int64)})...)
	m.crash(nil) // the schema of a run is pinned; another document's is not
}

func (m *model) interfere(*rapid.T) {
	for range 2 { // one row for each table
		m.other.mustWrite("c", fmt.Sprintf(`{"id":%d,"region":"%d"}`, 2000+m.given, m.given%2))
		m.given++
	}
	m.other.checkpoint()
}

// TestRowsAreThereOnceWhateverHappens drives a pipeline through checkpoints, crashes, lost answers, another writer and new
// columns in any order: at the end each row that was read is in its table once, and no other.
func TestRowsAreThereOnceWhateverHappens(t *testing.T) { whateverHappens(t, false) }

func TestRowsAreThereOnceOverREST(t *testing.T) { whateverHappens(t, true) }

func whateverHappens(t *testing.T, rest bool) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "lake")
		if err != nil {
			rt.Fatal(err)
		}
		m := &model{t: rt, faults: &faultyCatalog{}, stored: map[string]int64{}}
		m.p = newPipeline(t, dir, "r1")
		other := newPipeline(t, dir, "r2")
		m.p.mem = arrowtest.Allocator(rt)
		other.mem, other.start.Pipeline = m.p.mem, "other"
		m.p.route(`"shop.orders_" + region`)
		other.route(`"shop.orders_" + region`)
		if rest {
			overREST(m.p, icebergtest.Start(t, dir, everyFifth))
		}
		m.p.wrap = func(inner catalog.Catalog) catalog.Catalog {
			m.faults.Catalog = inner
			return m.faults
		}
		m.proc, m.other = m.p.mustOpen(), other.mustOpen()
		actions := map[string]func(*rapid.T){
			"write": m.write, "write and store": m.writeAndStore, "store": m.store, "commit": m.commit, "crash": m.crash,
			"abort": m.abort, "interfere": m.interfere, "widen": m.widen, "checkpoint": m.checkpoint,
		}
		names := slices.Sorted(maps.Keys(actions))
		for range rapid.IntRange(1, 10).Draw(rt, "actions") {
			actions[rapid.SampledFrom(names).Draw(rt, "action")](rt)
		}
		m.proc.checkpoint()
		m.proc.die()
		m.other.die()
		m.check()
	})
}

func (m *model) check() {
	got := map[string]int{}
	for _, name := range icetest.Names(m.p.t, m.p.dir) {
		for _, e := range icetest.Read(m.p.t, m.p.dir, name).Entries {
			data := icetest.Parquet(m.p.t, e["file_path"].(string))
			ids, regions := data.Column(0).Data(), data.Column(1).Data()
			for i, chunk := range ids.Chunks() {
				for k := range chunk.Len() {
					if table := "shop.orders_" + regions.Chunk(i).ValueStr(k); table != name {
						m.t.Errorf("row %s of table %s is in %s", chunk.ValueStr(k), table, name)
					}
					got[chunk.ValueStr(k)]++
				}
			}
			data.Release()
		}
	}
	want := map[string]int{}
	for split, base := range map[string]int64{"a": 0, "b": 1000} {
		for n := range m.p.at[split] {
			want[fmt.Sprint(base+n)] = 1
		}
	}
	for n := range m.given {
		want[fmt.Sprint(2000+n)] = 1
	}
	if !maps.Equal(got, want) {
		m.t.Errorf("rows by id: got %v, want %v", got, want)
	}
}
