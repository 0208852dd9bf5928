package iceberg_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
	"github.com/iggy-flow/iggy-flow/internal/icebergtest"
	"github.com/iggy-flow/iggy-flow/outputs/iceberg"
)

var commits = flag.Int("commits", 300, "commits of the test against a faulty catalog; 10000 for the full run")

func overREST(p *pipeline, server *icebergtest.Server) *pipeline {
	p.config.Catalog = iceberg.Catalog{Type: text("rest"), URI: text(server.URI)}
	return p
}

// everyFifth fails one commit in five, each time in another way.
func everyFifth(n int) icebergtest.Fault {
	kinds := []icebergtest.Fault{icebergtest.Conflict, icebergtest.LostAnswer, icebergtest.Reset, icebergtest.LostReset}
	if n%5 != 4 {
		return icebergtest.None
	}
	return kinds[n/5%len(kinds)]
}

// TestFault14CatalogCommitsAndAnswersWithAnError: every fifth commit is refused, or made with its answer lost.
// go test ./outputs/iceberg -run TestFault14 -timeout 0 -commits 10000 is the full run.
func TestFault14CatalogCommitsAndAnswersWithAnError(t *testing.T) {
	dir := t.TempDir()
	server := icebergtest.Start(t, dir, everyFifth)
	p := overREST(newPipeline(t, dir, "r1"), server)
	proc := p.mustOpen()
	defer proc.die()
	for i := range *commits {
		proc.mustWrite("a", row(i))
		proc.checkpoint()
	}
	disk := icetest.Read(t, dir, "shop.orders")
	if n := len(disk.Snapshots()); n != *commits {
		t.Errorf("%d snapshots of %d commits", n, *commits)
	}
	seen := map[string]int{}
	for _, r := range disk.Rows(t) {
		seen[r]++
	}
	for i := range *commits {
		if seen[row(i)] != 1 {
			t.Errorf("row %d is there %d times", i, seen[row(i)])
		}
	}
	if asked := server.Commits(); asked < *commits+*commits/10 {
		t.Errorf("%d commits were asked for: the faults did not happen", asked)
	}
}

// TestFault12CompactionWinsTheRace: while an epoch's commit is on its way, another writer changes the table.
func TestFault12CompactionWinsTheRace(t *testing.T) {
	dir := t.TempDir()
	p := newPipeline(t, dir, "r1")
	other := newPipeline(t, dir, "r2")
	other.start.Pipeline = "other"
	rival := other.mustOpen()
	defer rival.die()
	rival.mustWrite("c", row(100))
	rival.checkpoint()
	proc := overREST(p, icebergtest.Start(t, dir, func(n int) icebergtest.Fault {
		if n < 3 {
			rival.mustWrite("c", row(101+n))
			rival.checkpoint()
		}
		return icebergtest.None
	})).mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1))
	proc.checkpoint()
	p.want("shop.orders", row(100), row(101), row(102), row(103), row(1))
	if n := len(icetest.Read(t, dir, "shop.orders").Snapshots()); n != 5 {
		t.Errorf("%d snapshots", n)
	}
}

func TestRESTLogsInAgainWhenTheTokenIsRefused(t *testing.T) {
	dir := t.TempDir()
	server := icebergtest.Start(t, dir, nil)
	server.Revoke()
	p := overREST(newPipeline(t, dir, "r1"), server)
	p.config.Catalog.Credential = dsl.NewSecret(icebergtest.ClientID + ":" + icebergtest.ClientSecret)
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1))
	server.Revoke()
	proc.checkpoint()
	p.want("shop.orders", row(1))
	if n := server.Logins(); n != 2 {
		t.Errorf("%d logins", n)
	}
}

func TestRESTRefusalIsPermanentAndTellsNoSecret(t *testing.T) {
	dir := t.TempDir()
	server := icebergtest.Start(t, dir, nil)
	server.Revoke()
	const canary = "canary-7d1f"
	for name, login := range map[string]func(*iceberg.Catalog){
		"token":      func(c *iceberg.Catalog) { c.Token = dsl.NewSecret(canary) },
		"credential": func(c *iceberg.Catalog) { c.Credential = dsl.NewSecret("writer:" + canary) },
	} {
		p := overREST(newPipeline(t, dir, "r1"), server)
		login(&p.config.Catalog)
		_, err := p.open()
		if !engine.IsPermanent(err) || strings.Contains(fmt.Sprint(err), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRESTCommitThatIsForbiddenEndsAtOnce(t *testing.T) {
	dir := t.TempDir()
	server := icebergtest.Start(t, dir, func(int) icebergtest.Fault { return icebergtest.Forbidden })
	p := overREST(newPipeline(t, dir, "r1"), server)
	proc := p.mustOpen()
	defer proc.die()
	proc.mustWrite("a", row(1))
	p.store(proc.prepare())
	if err := proc.tryCommit(); !engine.IsPermanent(err) {
		t.Errorf("commit: %v", err)
	}
	if n := server.Commits(); n != 1 {
		t.Errorf("%d attempts", n)
	}
}
