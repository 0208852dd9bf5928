package dsl_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

const document = `name: orders
description: Paid orders of ${HOST}.
vars:
  env: {type: string, default: dev, one_of: [dev, prod]}
  min: {type: double, default: 0.0}
  since: {type: timestamp}
  ports: {type: list<int64>, default: [1, 2]}
  host: {type: string, default: "${HOST}"}
input:
  iggy: {stream: shop, topic: orders}
  label: shop
  format: json
  schema: {fields: {id: int64}}
processors:
  - filter: total >= vars.min
  - switch:
      - when: a > 1
        processors: [{filter: b, label: inner}]
  - cast: {id: int64}
    on_failure: "null"
output:
  stdout:
dead_letter:
  file: dead.ndjson
  max_ratio: 0.1
checkpoint: {interval: 30s}
delivery: at_least_once
`

func TestDocument(t *testing.T) {
	d, ds := diagnose(source.NewFile("orders.yaml", []byte(document)), dsl.Options{
		Set:    map[string]string{"min": "2.5", "ports": "3,4"},
		Values: source.NewFile("values.toml", []byte("env = 'prod'\nmin = 1\nsince = 2026-01-31T12:00:00Z\n")),
	}, nil)
	if len(ds) > 0 {
		t.Fatal(ds.Render())
	}
	wantVars := []dsl.Var{
		{Name: "env", Type: schemas.Of(schemas.String), Value: "prod"},
		{Name: "min", Type: schemas.Of(schemas.Double), Value: 2.5},
		{Name: "since", Type: schemas.Of(schemas.Timestamp), Value: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)},
		{Name: "ports", Type: schemas.ListOf(schemas.Of(schemas.Int64)), Value: []any{int64(3), int64(4)}},
		{Name: "host", Type: schemas.Of(schemas.String), Value: "db.example"},
	}
	if diff := cmp.Diff(wantVars, d.Vars); diff != "" {
		t.Errorf("vars (-want +got):\n%s", diff)
	}
	if d.Name != "orders" || d.Description != "Paid orders of db.example." || d.Checkpoint.Interval != 30*time.Second || d.Delivery != "at_least_once" {
		t.Errorf("%+v", d)
	}
	if d.Input.Name != "iggy" || d.Input.Label != "shop" || d.Input.Format.Text != "json" || d.Input.Schema == nil || d.Input.Path != "input" {
		t.Errorf("input: %+v", d.Input)
	}
	if len(d.Processors) != 3 || d.Processors[1].Path != "processors[1]" || d.Processors[1].Body.Key != "switch" {
		t.Errorf("processors: %+v", d.Processors)
	}
	if d.Output.Name != "stdout" || d.Output.Body.Kind != dsl.MapNode || d.DeadLetter.Name != "file" || d.DeadLetter.Kind != dsl.Output || *d.MaxRatio != 0.1 {
		t.Errorf("output: %+v, dead letter: %+v", d.Output, d.DeadLetter)
	}
	var s switchConfig
	if ds := dsl.Decode(d.Processors[1].Body, &s, d.Scope); len(ds) > 0 {
		t.Fatal(ds.Render())
	}
	if got := s.Cases[0].Processors[0].Path; got != "processors[1].switch[0].processors[0]" {
		t.Errorf("the path of a nested processor is %s", got)
	}
	var c castConfig
	if ds := dsl.Decode(d.Processors[2].Body, &c, d.Scope); len(ds) > 0 || c.OnFailure != "null" || len(c.Types) != 1 {
		t.Errorf("cast: %+v\n%s", c, ds.Render())
	}
}

func TestCheckpointHasADefault(t *testing.T) {
	d, ds := dsl.Parse(source.NewFile("a.yaml", []byte("name: a\ninput: {x: }\noutput: {y: }\n")), "/", dsl.Options{})
	if len(ds) > 0 || d.Checkpoint.Interval != 10*time.Second {
		t.Errorf("interval %v\n%s", d.Checkpoint.Interval, ds.Render())
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "orders.toml")
	if _, ds := dsl.Load(path, dsl.Options{}); len(ds) != 1 || !strings.Contains(ds[0].Found, "does not exist") {
		t.Errorf("a missing file: %s", ds.Render())
	}
	if _, ds := dsl.Load(dir, dsl.Options{}); len(ds) != 1 || ds[0].Code != "missing-file" {
		t.Errorf("a folder: %s", ds.Render())
	}
	if err := os.WriteFile(path, []byte("name = 'orders'\ninput.stdin = {}\noutput.stdout = {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, ds := dsl.Load(path, dsl.Options{Specs: components})
	if len(ds) > 0 || d.Dir != dir || d.Path != path || d.Input.Name != "stdin" {
		t.Errorf("%+v\n%s", d, ds.Render())
	}
}

func TestEnvFile(t *testing.T) {
	got, ds := dsl.ParseEnvFile(source.NewFile(".env", []byte("# comment\nA=1\nexport B = 'x # y' # z\nC=\"a\\nb \\\"q\\\" \\$\"\nD=\n E=a b # c\nF=a#b\n")))
	want := map[string]string{"A": "1", "B": "x # y", "C": "a\nb \"q\" $", "D": "", "E": "a b", "F": "a#b"}
	if diff := cmp.Diff(want, got); diff != "" || len(ds) > 0 {
		t.Errorf("(-want +got):\n%s%s", diff, ds.Render())
	}
	_, ds = dsl.ParseEnvFile(source.NewFile(".env", []byte("A=hunter2\nA=hunter2\n1B=hunter2\nhunter2\nC='hunter2\nD='hunter2' hunter2\n")))
	if text := ds.Render(); len(ds) != 5 || strings.Contains(text, "hunter2") {
		t.Errorf("%d findings:\n%s", len(ds), text)
	}
}
