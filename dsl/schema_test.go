package dsl_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

const orderTOML = `description = "An order."
unknown_fields = "error"
[fields]
id = {type = "int64", required = true, doc = "Its number."}
total = "decimal(10,2)"
"user-id" = "uuid"
lines = "list<struct{sku: string required, n: int32}>"
`

const orderYAML = `description: An order.
unknown_fields: error
fields:
  id: {type: int64, required: true, doc: Its number.}
  total: decimal(10,2)
  user-id: uuid
  lines: "list<struct{sku: string required, n: int32}>"
`

func TestSchemaDocuments(t *testing.T) {
	var first *dsl.DeclaredSchema
	for name, text := range map[string]string{"order.yaml": orderYAML, "order.toml": orderTOML} {
		got, ds := dsl.ParseSchema(source.NewFile(name, []byte(text)))
		if len(ds) > 0 {
			t.Fatal(ds.Render())
		}
		if want := "id: int64 required, total: decimal(10,2), \"user-id\": uuid, lines: list<struct{sku: string required, n: int32}>"; got.Schema.String() != want {
			t.Errorf("%s is %s, want %s", name, got.Schema, want)
		}
		if got.Unknown != "error" || got.Description != "An order." || got.Schema.Field(0).Doc != "Its number." {
			t.Errorf("%s: %+v", name, got)
		}
		if text := string(got.Ranges["user-id"].Text()); text != "user-id" && text != `"user-id"` {
			t.Errorf("%s: user-id is at %q", name, text)
		}
		if first != nil && !first.Schema.Equal(got.Schema) {
			t.Error("the schemas of YAML and TOML differ")
		}
		first = got
	}
}

func TestLoadSchemaByPathAndByMap(t *testing.T) {
	s := &dsl.Scope{Dir: "/documents", LookupEnv: lookup, ReadFile: func(path string) ([]byte, error) {
		if path != "/documents/schemas/order.yaml" {
			t.Errorf("reads %s", path)
		}
		return []byte(orderYAML), nil
	}}
	for _, test := range []struct{ text, unknown, file string }{
		{"schemas/order.yaml", "error", "schemas/order.yaml"},
		{"{file: schemas/order.yaml, unknown_fields: keep}", "keep", "schemas/order.yaml"},
		{"{file: 'schemas/${NONE:order}.yaml'}", "error", "schemas/order.yaml"},
		{"{fields: {id: int64}}", "ignore", "x.yaml"},
	} {
		got, ds := dsl.LoadSchema(parse(t, "x.yaml", "schema: "+test.text).Field("schema"), s)
		if len(ds) > 0 {
			t.Fatal(ds.Render())
		}
		if got.Unknown != test.unknown || got.File.Name != test.file || got.Schema.Field(0).Name != "id" {
			t.Errorf("%s: unknown %s, file %s, schema %s", test.text, got.Unknown, got.File.Name, got.Schema)
		}
	}
}

// drawType draws a type, at most depth levels deep.
func drawType(t *rapid.T, depth int) schemas.Type {
	kinds := []schemas.Kind{schemas.Bool, schemas.Int8, schemas.Uint64, schemas.Double, schemas.String, schemas.Decimal, schemas.Fixed, schemas.TimestampNS, schemas.UUID, schemas.JSON}
	if depth > 0 {
		kinds = append(kinds, schemas.List, schemas.Map, schemas.Struct)
	}
	switch k := rapid.SampledFrom(kinds).Draw(t, "kind"); k {
	case schemas.Decimal:
		p := rapid.IntRange(1, 38).Draw(t, "precision")
		return schemas.DecimalOf(p, rapid.IntRange(0, p).Draw(t, "scale"))
	case schemas.Fixed:
		return schemas.Type{Kind: k, Size: rapid.IntRange(1, 99).Draw(t, "size")}
	case schemas.List:
		return schemas.ListOf(drawType(t, depth-1))
	case schemas.Map:
		return schemas.MapOf(drawType(t, depth-1))
	case schemas.Struct:
		return schemas.StructOf(drawFields(t, depth-1)...)
	default:
		return schemas.Of(k)
	}
}

func drawFields(t *rapid.T, depth int) []schemas.Field {
	names := rapid.SliceOfNDistinct(rapid.StringOfN(rapid.SampledFrom([]rune("abZ_09 é漢😀-:#'\"\\{}[],&*!|>%@`$?~\n\t\u0085\u2028")), 1, 8, -1), 1, 4, rapid.ID[string]).Draw(t, "names")
	var fields []schemas.Field
	for _, name := range names {
		if len(name) > 0 && len([]rune(name)) > 0 && !blankName(name) {
			fields = append(fields, schemas.Field{Name: name, Type: drawType(t, depth), Required: rapid.Bool().Draw(t, "required")})
		}
	}
	return fields
}

func blankName(name string) bool {
	for _, r := range name {
		if r != ' ' && r != '\t' && r != '\n' && r != 0x85 && r != 0x2028 {
			return false
		}
	}
	return true
}

// TestWrittenSchemaReadsBack: what WriteSchema writes is read back as an equal schema, docs included.
func TestWrittenSchemaReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := drawFields(t, 2)
		if len(fields) == 0 {
			return
		}
		fields[0].Doc = rapid.StringOf(rapid.SampledFrom([]rune("ab ${}:#'\"\\\n"))).Draw(t, "doc")
		want := schemas.New(fields...)
		written := dsl.WriteSchema(want, dsl.Proposal{Column: fields[0].Name, Type: schemas.Of(schemas.Timestamp), Why: "all values\nare"})
		got, ds := dsl.ParseSchema(source.NewFile("written.yaml", written))
		if len(ds) > 0 {
			t.Fatalf("%s\n%s", written, ds.Render())
		}
		if !got.Schema.Equal(want) || got.Schema.Field(0).Doc != fields[0].Doc {
			t.Fatalf("%s\nis read as %s, want %s", written, got.Schema, want)
		}
	})
}

func TestWriteSchema(t *testing.T) {
	s := schemas.New(
		schemas.Field{Name: "id", Type: schemas.Of(schemas.Int64), Required: true, Doc: "The order's number."},
		schemas.Field{Name: "ts", Type: schemas.Of(schemas.String)},
		schemas.Field{Name: "no", Type: schemas.DecimalOf(10, 2)},
		schemas.Field{Name: "tags: all", Type: schemas.ListOf(schemas.StructOf(schemas.Field{Name: "a", Type: schemas.Of(schemas.Bool)}))},
	)
	want := `fields:
  id:
    type: int64
    required: true
    doc: "The order's number."
  # proposal: timestamp (all 50,000 values are RFC 3339)
  ts: string
  no: decimal(10,2)
  "tags: all": "list<struct{a: bool}>"
`
	if got := string(dsl.WriteSchema(s, dsl.Proposal{Column: "ts", Type: schemas.Of(schemas.Timestamp), Why: "all 50,000 values are RFC 3339"})); got != want {
		t.Errorf("written:\n%swant:\n%s", got, want)
	}
}
