package ledger

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// keys of every source: enough that each batch has many, few enough that each has many records.
const keys = 1000

// tables of the lake scenarios.
const tables = 5

func table(key int64) string { return fmt.Sprintf("shop.t%d", key%tables) }

// Lake routes records to five Iceberg tables, and broken lines to a dead letter.
func Lake(records int64) Scenario {
	s := Scenario{Name: "file to Iceberg, 5 routed tables", Source: Source{Records: records, Keys: keys, Broken: 1000}, Target: table}
	s.Document = `name: crash
input:
  file: in.ndjson
  schema: ` + Schema + `
output:
  iceberg:
    catalog: {type: sql, uri: "sqlite:lake/catalog.db", warehouse: lake/warehouse}
    route: '"shop.t" + string(key % 5)'
dead_letter: {file: dead.ndjson}
checkpoint: {interval: 10ms}
`
	s.Read = func(t testing.TB, dir string, l, dead *Ledger) {
		ReadTables(t, filepath.Join(dir, "lake", "catalog.db"), l)
		ReadDead(t, filepath.Join(dir, "dead.ndjson"), s.Source, dead)
	}
	return s
}

// LakePoints are the failpoints on the way of Lake.
func LakePoints() []failpoint.Point {
	return without(failpoint.FileRenamed) // its one file is renamed at the end; Files has many
}

// Files copies records to a file for each checkpoint, and broken lines to others.
func Files(records int64) Scenario {
	s := Scenario{Name: "file to files, with a dead letter", Source: Source{Records: records, Keys: keys, Broken: 50}}
	s.Document = `name: crash
input:
  file: in.ndjson
  schema: ` + Schema + `
output: {file: "out-{part}.ndjson"}
dead_letter: {file: "dead-{part}.ndjson"}
checkpoint: {interval: 5ms}
`
	s.Read = func(t testing.TB, dir string, l, dead *Ledger) {
		ReadLines(t, filepath.Join(dir, "out-*.ndjson"), l)
		ReadDead(t, filepath.Join(dir, "dead-*.ndjson"), s.Source, dead)
	}
	return s
}

// File copies records to one file, which appears when all of them are in it.
func File(records int64) Scenario {
	s := Scenario{Name: "file to one file", Source: Source{Records: records, Keys: keys}}
	s.Document = `name: crash
input:
  file: in.ndjson
  schema: ` + Schema + `
output: {file: out.ndjson}
checkpoint: {interval: 5ms}
`
	s.Read = func(t testing.TB, dir string, l, _ *Ledger) { ReadLines(t, filepath.Join(dir, "out.ndjson"), l) }
	return s
}

// Fenced is Lake without a dead letter: every one of its targets refuses a process that was overtaken.
func Fenced(records int64) Scenario {
	s := Scenario{Name: "file to Iceberg, 5 routed tables, no dead letter", Source: Source{Records: records, Keys: keys}, Target: table}
	s.Document = `name: crash
input:
  file: in.ndjson
  schema: ` + Schema + `
output:
  iceberg:
    catalog: {type: sql, uri: "sqlite:lake/catalog.db", warehouse: lake/warehouse}
    route: '"shop.t" + string(key % 5)'
checkpoint: {interval: 10ms}
`
	s.Read = func(t testing.TB, dir string, l, _ *Ledger) {
		ReadTables(t, filepath.Join(dir, "lake", "catalog.db"), l)
	}
	return s
}

// Limited routes the first two thirds of the records to five Iceberg tables: its stateful processor counts them over all
// starts.
func Limited(records int64) Scenario {
	s := Scenario{Name: "file through limit to Iceberg, 5 routed tables", Source: Source{Records: records, Keys: keys}, Target: table, Passes: records * 2 / 3}
	s.Document = `name: crash
input:
  file: in.ndjson
  schema: ` + Schema + `
processors:
  - limit: ` + fmt.Sprint(s.Passes) + `
output:
  iceberg:
    catalog: {type: sql, uri: "sqlite:lake/catalog.db", warehouse: lake/warehouse}
    route: '"shop.t" + string(key % 5)'
checkpoint: {interval: 10ms}
`
	s.Read = func(t testing.TB, dir string, l, _ *Ledger) {
		ReadTables(t, filepath.Join(dir, "lake", "catalog.db"), l)
	}
	return s
}

// LimitedPoints are the failpoints on the way of Limited.
func LimitedPoints() []failpoint.Point {
	return without(failpoint.FileRenamed, failpoint.DeadLetterWrite, failpoint.DeadLetterPrepared)
}

// FilesPoints are the failpoints on the way of Files.
func FilesPoints() []failpoint.Point {
	return without(failpoint.IcebergFiles, failpoint.IcebergStaged, failpoint.IcebergCommitted)
}

// FilePoints are the failpoints on the way of File: nothing of it is committed before its end.
func FilePoints() []failpoint.Point {
	return []failpoint.Point{
		failpoint.InputRead, failpoint.OutputPrepared, failpoint.CheckpointBefore, failpoint.CheckpointTemporary, failpoint.CheckpointLinked,
		failpoint.CheckpointRenamed, failpoint.CheckpointAfter, failpoint.InputTold, failpoint.StopBegun,
	}
}

func without(points ...failpoint.Point) (rest []failpoint.Point) {
	for _, p := range failpoint.Points() {
		if !slices.Contains(points, p) {
			rest = append(rest, p)
		}
	}
	return rest
}
