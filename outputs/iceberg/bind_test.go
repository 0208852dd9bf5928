package iceberg_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func TestBindPointsAtWhatCannotBeWritten(t *testing.T) {
	for _, test := range []struct {
		name, code string
		route      string
		schema     *schemas.Schema
	}{
		{"a route that is no text", "iceberg-route", "id", orders},
		{"a route that changes", "iceberg-route", `"shop." + string(now())`, orders},
		{"a struct without members", "iceberg-type", `"shop." + region`,
			schemas.New(schemas.Field{Name: "region", Type: schemas.Of(schemas.String)}, schemas.Field{Name: "x", Type: schemas.StructOf()})},
		{"names that differ in case", "iceberg-case", `"shop." + region`,
			schemas.New(schemas.Field{Name: "region", Type: schemas.Of(schemas.String)}, schemas.Field{Name: "Region", Type: schemas.Of(schemas.String)})},
		{"no column", "iceberg-type", `"shop.orders"`, schemas.New()},
	} {
		p := newPipeline(t, t.TempDir(), "r1")
		p.route(test.route)
		out := p.build()
		ds := out.Bind(engine.Shape{Columns: test.schema})
		if !ds.HasErrors() || ds[0].Code != test.code {
			t.Errorf("%s: %s", test.name, ds.Render())
		}
		if err := out.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestBindTakesAnOpenSchema(t *testing.T) {
	p := newPipeline(t, t.TempDir(), "r1")
	p.route(`region`)
	out := p.build()
	if ds := out.Bind(engine.Shape{Columns: schemas.NewOpen()}); ds.HasErrors() {
		t.Error(ds.Render())
	}
	_ = out.Close(t.Context())
}
