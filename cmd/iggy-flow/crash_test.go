package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// victim is a pipeline in a process of its own that is killed and started again until it ends by itself.
type victim struct {
	t        testing.TB
	dir      string
	document string
	random   *rand.Rand
}

// life starts the process, waits until ready says so, kills it after at most within, and reports whether it had ended by
// itself before.
func (v *victim) life(ready func() bool, within time.Duration) (ended bool) {
	v.t.Helper()
	cmd := v.command()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	done := make(chan error, 1) // the result waits where nobody asks for it
	go func() { done <- cmd.Wait() }()
	ticks := time.NewTicker(time.Millisecond)
	defer ticks.Stop()
	var kill <-chan time.Time
	for {
		select {
		case err := <-done:
			if err != nil {
				v.t.Fatalf("the pipeline failed: %v\n%s", err, output.String())
			}
			return true
		case <-ticks.C:
			if kill == nil && ready() {
				kill = time.After(time.Duration(v.random.Int64N(int64(within))))
			}
		case <-kill:
			_ = cmd.Process.Signal(syscall.SIGKILL) // it may just have ended
			<-done
			return cmd.ProcessState.Success()
		}
	}
}

// finish runs the pipeline undisturbed.
func (v *victim) finish() {
	v.t.Helper()
	if out, err := v.command().CombinedOutput(); err != nil {
		v.t.Fatalf("the pipeline failed: %v\n%s", err, out)
	}
}

func (v *victim) command() *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // a hang fails the test, and says where
	v.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "iggy-flow", "run", v.document, "--state", filepath.Join(v.dir, "state"), "--log-level", "info")
	cmd.Dir = v.dir
	return cmd
}

// seed comes from CRASH_SEED, so that a failure can be run again.
func seed(t testing.TB) uint64 {
	if text := os.Getenv("CRASH_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 20260101
}

// writeSource writes n records and returns how many of them go to each of three routes; every 1,000th is broken.
func writeSource(t testing.TB, path string, n int) (routes map[string]int, broken int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	routes = map[string]int{}
	names := []string{"eu", "us", "apac"}
	for i := range n {
		if i%1000 == 999 {
			fmt.Fprintf(w, "{\"id\": %d, \"region\": oops}\n", i)
			broken++
			continue
		}
		region := names[(i/7)%3]
		routes[region]++
		fmt.Fprintf(w, "{\"id\":%d,\"region\":%q,\"amount\":%d.25,\"note\":\"record %d of the source\"}\n", i, region, i%977, i)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return routes, broken
}

const crashSchema = `
  schema: {fields: {id: {type: int64, required: true}, region: string, amount: double, note: string}}`

// TestKilledFileToFileWritesEveryRecordOnce kills a copy with a dead letter at random moments.
func TestKilledFileToFileWritesEveryRecordOnce(t *testing.T) {
	const records, kills = 400_000, 12
	dir := t.TempDir()
	_, broken := writeSource(t, filepath.Join(dir, "in.ndjson"), records)
	document := filepath.Join(dir, "copy.yaml")
	writeFile(t, document, "name: copy\ninput:\n  file: in.ndjson"+crashSchema+`
processors:
  - set: {double: id * 2}
output: {file: out.ndjson}
dead_letter: {file: dead.ndjson}
checkpoint: {interval: 5ms}
`)
	s := seed(t)
	v := &victim{t: t, dir: dir, document: document, random: rand.New(rand.NewPCG(s, 1))}
	killed := 0
	for killed < kills {
		if v.life(func() bool { return true }, 120*time.Millisecond) {
			break
		}
		killed++
	}
	v.finish()
	t.Logf("seed %d: %d kills over %d records", s, killed, records)
	if killed < kills/2 {
		t.Errorf("only %d kills: the source is too small for this machine", killed)
	}
	next := 0
	eachLine(t, filepath.Join(dir, "out.ndjson"), func(row map[string]any) {
		if next%1000 == 999 {
			next++ // the broken one
		}
		if id := int(row["id"].(float64)); id != next || int(row["double"].(float64)) != 2*next {
			t.Fatalf("row %v stands where record %d belongs: lost, doubled or out of order", row, next)
		}
		next++
	})
	if next != records-1 {
		t.Errorf("the output ends before record %d of %d", next, records-1)
	}
	dead := 0
	eachLine(t, filepath.Join(dir, "dead.ndjson"), func(row map[string]any) {
		if want := dead*1000 + 999; int(row["ordinal"].(float64)) != want {
			t.Fatalf("dead letter %v stands where record %d belongs", row, want)
		}
		dead++
	})
	if dead != broken {
		t.Errorf("%d dead letters; want %d", dead, broken)
	}
}

// TestKilledFileToIcebergWritesEveryRecordOnce kills a pipeline with three routes; at least half of the kills fall between
// its first data file and its last commit.
func TestKilledFileToIcebergWritesEveryRecordOnce(t *testing.T) {
	tabletest.Need(t)
	const kills = 20
	s := seed(t)
	killed, inside := 0, 0
	for round := uint64(0); killed < kills && round < 5; round++ {
		k, i := crashIceberg(t, rand.New(rand.NewPCG(s, 2+round)), kills-killed)
		killed, inside = killed+k, inside+i
	}
	t.Logf("seed %d: %d kills, %d of them between the first data file and the last commit", s, killed, inside)
	if killed < kills || inside < kills/2 {
		t.Errorf("%d kills, %d of them inside; want %d and %d: the source is too small for this machine", killed, inside, kills, kills/2)
	}
}

func crashIceberg(t *testing.T, random *rand.Rand, kills int) (killed, inside int) {
	const records = 600_000
	dir := t.TempDir()
	routes, broken := writeSource(t, filepath.Join(dir, "in.ndjson"), records)
	document := filepath.Join(dir, "lake.yaml")
	writeFile(t, document, "name: lake\ninput:\n  file: in.ndjson"+crashSchema+`
output:
  iceberg:
    catalog: {type: sql, uri: "sqlite:lake/catalog.db", warehouse: lake/warehouse}
    route: '"shop.orders_" + region'
dead_letter: {file: dead.ndjson}
checkpoint: {interval: 30ms}
`)
	v := &victim{t: t, dir: dir, document: document, random: random}
	dataFiles := func() int {
		found, err := filepath.Glob(filepath.Join(dir, "lake", "warehouse", "*", "*", "data", "*.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	for killed < kills {
		before := dataFiles()
		ready := func() bool { return dataFiles() > before }
		if killed%4 == 3 {
			ready = func() bool { return true } // some while it starts or commits again
		}
		if v.life(ready, 60*time.Millisecond) {
			break
		}
		killed++
		if dataFiles() > 0 {
			inside++
		}
	}
	v.finish()
	tables := tabletest.Tables(t, filepath.Join(dir, "lake", "catalog.db"))
	for region, want := range routes {
		name := "shop.orders_" + region
		rows := tabletest.Read(t, tables[name], "select count(*)::int n, count(distinct id)::int d, sum(id)::varchar s, count(*) filter (region <> '"+region+"')::int wrong from t")
		sum := 0
		for i := range records {
			if i%1000 != 999 && []string{"eu", "us", "apac"}[(i/7)%3] == region {
				sum += i
			}
		}
		got := fmt.Sprint(rows[0]["n"], " ", rows[0]["d"], " ", rows[0]["s"], " ", rows[0]["wrong"])
		if expected := fmt.Sprintf("%d %d %d 0", want, want, sum); got != expected {
			t.Errorf("%s after %d kills holds (rows, ids, sum of ids, wrongly routed) %s; want %s", name, killed, got, expected)
		}
	}
	dead := 0
	eachLine(t, filepath.Join(dir, "dead.ndjson"), func(map[string]any) { dead++ })
	if dead != broken {
		t.Errorf("%d dead letters; want %d", dead, broken)
	}
	return killed, inside
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func eachLine(t testing.TB, path string, f func(map[string]any)) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		row := map[string]any{}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%s: %v in %q", path, err, line)
		}
		f(row)
	}
}
