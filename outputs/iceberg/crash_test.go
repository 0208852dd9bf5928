package iceberg_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
)

func TestRowsAreVisibleAfterACheckpoint(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1), row(2))
	prepared := proc.prepare()
	if len(prepared.Committables) != 1 || prepared.Committables[0].Target != "shop.orders" || prepared.State != nil {
		t.Fatalf("prepared: %+v", prepared)
	}
	p.want("shop.orders")
	p.store(prepared)
	proc.commit()
	p.want("shop.orders", row(1), row(2))
	if again := proc.prepare(); len(again.Committables) != 0 {
		t.Errorf("an epoch without rows prepares %+v", again)
	}
}

func TestCrashBehindTheCheckpointGivesTheRowsOnce(t *testing.T) {
	for _, committed := range []bool{false, true} {
		p := newPipeline(t, t.TempDir(), "r1")
		proc := p.mustOpen()
		proc.mustWrite("a", row(1), row(2))
		p.store(proc.prepare())
		stored := p.stored
		if committed {
			proc.commit()
			p.stored = stored
		}
		proc.mustWrite("a", row(3)) // is read again
		proc.die()

		p.at["a"] = 2
		proc = p.recovered()
		proc.mustWrite("a", row(3))
		proc.checkpoint()
		proc.die()
		p.want("shop.orders", row(1), row(2), row(3))
	}
}

func TestCrashBeforeTheCheckpointLeavesNoRows(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	proc := p.mustOpen()
	proc.mustWrite("a", row(1))
	proc.prepare()
	proc.die()

	p.at["a"] = 0
	proc = p.recovered()
	defer proc.die()
	proc.mustWrite("a", row(1))
	proc.checkpoint()
	p.want("shop.orders", row(1))
}

func TestTableKeepsPositionsBesideTheRows(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1), row(2))
	p.store(proc.prepare())
	told := engine.Positions{"a": {Ordinal: 1}}
	if err := proc.out.Commit(t.Context(), p.stored, told); err != nil {
		t.Fatal(err)
	}
	disk := icetest.Read(t, p.dir, "shop.orders")
	var got engine.Record
	if err := json.Unmarshal([]byte(disk.Property("iggy-flow.orders")), &got); err != nil {
		t.Fatal(err)
	}
	want := engine.Record{
		Run: "r1", Generation: 1, Epoch: 1, Commit: p.stored[0].ID, Positions: engine.Positions{"a": {Ordinal: 2}}, Told: told,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	snapshot := disk.Snapshots()[0]
	if icetest.Summary(snapshot, "iggy-flow.orders") != disk.Property("iggy-flow.orders") {
		t.Error("the summary has another record")
	}
	if got := icetest.Summary(snapshot, "iggy-flow.commits"); got != p.stored[0].ID {
		t.Errorf("the summary lists %s", got)
	}
}

func TestEpochsOfOneTableAreCommittedTogether(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	proc := p.mustOpen()
	defer proc.die()
	for i := range 3 {
		proc.mustWrite("a", row(i))
		p.store(proc.prepare())
	}
	proc.commit()
	p.want("shop.orders", row(0), row(1), row(2))
	if n := len(icetest.Read(t, p.dir, "shop.orders").Snapshots()); n != 1 {
		t.Errorf("%d snapshots", n)
	}
}

func TestCommitRunsBesideTheNextEpoch(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(0))
	for i := 1; i < 10; i++ {
		p.store(proc.prepare())
		cs := p.stored
		p.stored = nil
		done := make(chan error)
		go func() { done <- proc.out.Commit(t.Context(), cs, nil) }()
		proc.mustWrite("a", row(i))
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	proc.checkpoint()
	p.want("shop.orders", row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7), row(8), row(9))
}

func TestDroppedTableStopsThePipelineAndKeepsTheFiles(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1))
	p.store(proc.prepare())
	icetest.Drop(t, p.dir, "shop.orders")
	err := proc.tryCommit()
	if !engine.IsPermanent(err) || !strings.Contains(err.Error(), "shop.orders") {
		t.Errorf("commit: %v", err)
	}
	if _, err := proc.out.Inspect(t.Context(), p.stored[0]); !engine.IsPermanent(err) {
		t.Errorf("inspect: %v", err)
	}
	left, err := os.ReadDir(p.dir + "/warehouse/shop.db/orders/data")
	if err != nil || len(left) != 1 {
		t.Errorf("files: %v, %v", left, err)
	}
}

func TestMissingFileIsMissing(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1))
	p.store(proc.prepare())
	if state, err := proc.out.Inspect(t.Context(), p.stored[0]); state != engine.Ready || err != nil {
		t.Errorf("inspect: %v, %v", state, err)
	}
	if err := os.RemoveAll(p.dir + "/warehouse/shop.db/orders/data"); err != nil {
		t.Fatal(err)
	}
	if state, err := proc.out.Inspect(t.Context(), p.stored[0]); state != engine.Missing || err != nil {
		t.Errorf("inspect: %v, %v", state, err)
	}
}
