package iceberg_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine"
)

func TestForeignRunIsRefusedBeforeARow(t *testing.T) {
	dir := t.TempDir()
	first := newPipeline(t, dir, "r1")
	proc := first.mustOpen()
	proc.mustWrite("a", row(1), row(2))
	proc.checkpoint()
	proc.die()

	second := newPipeline(t, dir, "r2")
	_, err := second.open()
	if !engine.IsPermanent(err) || !strings.Contains(err.Error(), "--adopt") || !strings.Contains(err.Error(), "shop.orders") {
		t.Errorf("a fixed table: %v", err)
	}
	second.route(`"shop.orders"`)
	proc = second.mustOpen()
	defer proc.die()
	if err := proc.write("a", row(1)); !engine.IsPermanent(err) || !strings.Contains(err.Error(), "--adopt") {
		t.Errorf("a routed one: %v", err)
	}
}

func TestAdoptGoesOnFromTheTablesPositions(t *testing.T) {
	dir := t.TempDir()
	first := newPipeline(t, dir, "r1")
	proc := first.mustOpen()
	proc.mustWrite("a", row(1), row(2))
	proc.mustWrite("b", row(11), row(12), row(13))
	proc.checkpoint()
	proc.die()

	second := newPipeline(t, dir, "r2")
	second.start.Takeover = engine.Adopt
	proc = second.mustOpen()
	proc.mustWrite("a", row(1), row(2), row(3))
	proc.mustWrite("b", row(11))
	proc.checkpoint() // a is beyond what the table had, b is not yet
	if n := proc.account.Account().Count(engine.Dropped); n != 3 {
		t.Errorf("%d rows are dropped", n)
	}
	proc.die()

	second.start.Takeover = engine.Refuse
	proc = second.recovered()
	proc.mustWrite("b", row(12), row(13), row(14))
	proc.checkpoint()
	second.want("shop.orders", row(11), row(12), row(13), row(14), row(1), row(2), row(3))
	if second.start.State != nil {
		t.Errorf("what is passed is kept: %s", second.start.State)
	}
	proc.die()
}

func TestFreshWritesAgain(t *testing.T) {
	dir := t.TempDir()
	first := newPipeline(t, dir, "r1")
	proc := first.mustOpen()
	proc.mustWrite("a", row(1))
	proc.checkpoint()
	proc.die()

	second := newPipeline(t, dir, "r2")
	second.start.Takeover = engine.Fresh
	proc = second.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1))
	proc.checkpoint()
	second.want("shop.orders", row(1), row(1))
}

func TestOvertakenProcessStops(t *testing.T) {
	dir := t.TempDir()
	p := newPipeline(t, dir, "r1")
	zombie := p.mustOpen()
	zombie.mustWrite("a", row(1))
	late := zombie.prepare()

	p.at["a"] = 0
	p.start.Generation++
	proc := p.mustOpen()
	proc.mustWrite("a", row(1))
	proc.checkpoint()
	proc.die()

	err := zombie.out.Commit(t.Context(), late.Committables, nil)
	if !engine.IsPermanent(err) || !strings.Contains(err.Error(), "overtaken") {
		t.Errorf("commit: %v", err)
	}
	zombie.die()
	p.want("shop.orders", row(1))
}

func TestAdoptedRunThatIsStillAliveIsNoticed(t *testing.T) {
	dir := t.TempDir()
	first := newPipeline(t, dir, "r1")
	alive := first.mustOpen()
	defer alive.die()
	alive.mustWrite("a", row(1))
	alive.checkpoint()

	second := newPipeline(t, dir, "r2")
	second.start.Takeover = engine.Adopt
	proc := second.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1), row(2))
	second.store(proc.prepare())

	alive.mustWrite("a", row(2))
	alive.checkpoint()
	if err := proc.tryCommit(); !engine.IsPermanent(err) {
		t.Errorf("commit: %v", err)
	}
	second.want("shop.orders", row(1), row(2))
}

// TestFault18StateCorruptDropsWhatTablesHaveAlready: one of two tables has committed the epoch whose checkpoint is lost.
func TestFault18StateCorruptDropsWhatTablesHaveAlready(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	p.route(`"shop." + region`)
	in := func(id int, region string) string { return fmt.Sprintf(`{"id":%d,"region":"%s"}`, id, region) }
	proc := p.mustOpen()
	proc.mustWrite("a", in(1, "eu"), in(2, "us"))
	proc.checkpoint()
	before := p.start
	proc.mustWrite("a", in(3, "eu"), in(4, "us"), in(5, "eu"))
	p.store(proc.prepare())
	for _, c := range p.stored {
		if c.Target == "shop.eu" {
			if err := proc.out.Commit(t.Context(), []engine.Committable{c}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	proc.die()

	p.start, p.stored, p.at["a"] = before, nil, 2
	p.start.Epoch++
	p.start.Lost = p.start.Epoch
	proc = p.recovered()
	proc.mustWrite("a", in(3, "eu"))
	proc.checkpoint() // shop.eu drops more than this epoch has seen
	proc.die()
	proc = p.recovered()
	defer proc.die()
	proc.mustWrite("a", in(4, "us"), in(5, "eu"), in(6, "eu"))
	proc.checkpoint()
	p.want("shop.eu", in(1, "eu"), in(3, "eu"), in(5, "eu"), in(6, "eu"))
	p.want("shop.us", in(2, "us"), in(4, "us"))
}
