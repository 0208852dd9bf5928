package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// TestQuickstartTablesHoldWhatJqFinds runs the quickstart and compares its tables, read without our own code, row for row
// with what jq makes of the source.
func TestQuickstartTablesHoldWhatJqFinds(t *testing.T) {
	tabletest.Need(t)
	if _, err := exec.LookPath("jq"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("jq is not installed: run internal/tabletest/install")
		}
		t.Skip("needs jq: run `make tools`")
	}
	for _, document := range []string{"flights.yaml", "flights.toml"} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS("../../pipelines/quickstart")); err != nil {
			t.Fatal(err)
		}
		for _, written := range []string{"lake", "dead"} { // by a run of the quickstart in this checkout
			if err := os.RemoveAll(filepath.Join(dir, written)); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("iggy-flow", "run", filepath.Join(dir, document), "--state", filepath.Join(dir, "state"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		tables := tabletest.Tables(t, filepath.Join(dir, "lake", "catalog.db"))
		for haul, bounds := range map[string]string{"short": ".distance < 500", "medium": ".distance >= 500 and .distance < 1500", "long": ".distance >= 1500"} {
			want := jq(t, filepath.Join(dir, "data", "flights-20k.json"), `.[] | select(.delay >= 15 and (`+bounds+`)) | {
				delay: (.delay | tostring), origin, destination, route: (.origin + "-" + .destination), haul: "`+haul+`",
				departed: (.date | gsub("/"; "-") + ":00"),
				hour: (.date[11:13] | tonumber | tostring),
				km: (.distance * 1.609344 | round | tostring),
				weekend: (.date | strptime("%Y/%m/%d %H:%M") | mktime | gmtime | (.[6] == 0 or .[6] == 6) | tostring),
				severity: (if .delay >= 120 then "severe" elif .delay >= 45 then "high" else "moderate" end)}`)
			got := tabletest.Read(t, tables["flights.late_"+haul], `select delay::varchar delay, origin, destination, route, haul,
				strftime(departed at time zone 'UTC', '%Y-%m-%d %H:%M:%S') departed, hour::varchar as hour, km::varchar km, weekend::varchar weekend, severity from t`)
			if len(want) < 100 {
				t.Fatalf("jq finds only %d rows of %s flights", len(want), haul)
			}
			if diff := cmp.Diff(sorted(t, want), sorted(t, got)); diff != "" {
				t.Errorf("%s, %s flights (-jq +table):\n%.2000s", document, haul, diff)
			}
		}
	}
}

func jq(t *testing.T, path, program string) (rows []map[string]any) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("jq", "-c", program, path)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("jq: %v\n%s", err, stderr.String())
	}
	for line := range strings.Lines(string(out)) {
		row := map[string]any{}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// sorted renders rows with their keys in order, sorted: equal for equal bags of rows.
func sorted(t *testing.T, rows []map[string]any) []string {
	t.Helper()
	out := make([]string, len(rows))
	for i, r := range rows {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = string(text)
	}
	slices.Sort(out)
	return out
}
