package dsl_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/dsl"
)

func TestFieldsOf(t *testing.T) {
	got := dsl.FieldsOf(dedupeConfig{Window: 90 * time.Minute, Limit: 1_000_000})
	want := []dsl.FieldSpec{
		{Name: "key", Doc: "What is equal.", TypeName: "expression", Required: true, Expression: true},
		{Name: "window", Doc: "How long a key is remembered.", TypeName: "duration", Default: "1h30m"},
		{Name: "limit", Doc: "Most keys.", TypeName: "whole number", Default: "1000000"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFieldsOfEveryKind(t *testing.T) {
	types := map[string]string{}
	for _, config := range []any{icebergConfig{}, &fileInput{Compression: "auto", MaxRecord: 8 << 20}, switchConfig{}, castConfig{}, setConfig{}, removeConfig{}, fanOut{}} {
		for _, f := range dsl.FieldsOf(config) {
			types[f.Name] = f.TypeName
			if f.Default != "" {
				types[f.Name] += " = " + f.Default
			}
			for _, g := range f.Fields {
				types[f.Name+"."+g.Name] = g.TypeName
			}
		}
	}
	want := map[string]string{
		"catalog": "map", "catalog.type": "text", "catalog.uri": "text", "catalog.token": "secret text",
		"route": "expression", "table": "text", "ratio": "number = 0", "overwrite": "true or false = false",
		"paths": "list of path", "max_rows": "whole number = 0", "max_record": "size = 8MiB", "compression": "text = auto",
		"cases": "list of map", "cases.when": "expression", "cases.processors": "list of processor",
		"types": "map of type", "on_failure": "text", "columns": "list of text", "outputs": "list of output",
	}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestShortField(t *testing.T) {
	for _, test := range []struct {
		config any
		want   string
	}{
		{dedupeConfig{}, "key"}, {fileInput{}, "paths"}, {stdinConfig{}, ""}, {iggyConfig{}, ""}, {filterConfig{}, ""}, {icebergConfig{}, ""}, {fanOut{}, "outputs"},
	} {
		if got := dsl.ShortField(test.config); got != test.want {
			t.Errorf("ShortField(%T) is %q, want %q", test.config, got, test.want)
		}
	}
}
