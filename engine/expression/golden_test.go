package expression_test

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/golden"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestDiagnostics says what is found in each line of an archive's expressions.
func TestDiagnostics(t *testing.T) {
	golden.Run(t, "testdata/diagnostics", func(f txtar.File) string {
		var said strings.Builder
		for line := range strings.Lines(string(f.Data)) {
			text := strings.TrimSuffix(line, "\n")
			p, ds := expression.Compile(shopScope(t), dsl.NewExpression("e", text))
			if (p == nil) != ds.HasErrors() {
				t.Errorf("%s: program %v with findings %v", text, p, ds)
			}
			if len(ds) == 0 {
				said.WriteString("fine: " + text + "\n")
			}
			said.WriteString(ds.Render())
		}
		return said.String()
	})
}

// shopScope is what the expressions of the goldens can name.
func shopScope(t *testing.T) expression.Scope {
	t.Helper()
	field := func(name, typ string) schemas.Field {
		parsed, err := schemas.ParseType(typ)
		if err != nil {
			t.Fatal(err)
		}
		return schemas.Field{Name: name, Type: parsed}
	}
	return expression.Scope{
		Columns: schemas.New(
			field("id", "int64"), field("status", "string"), field("total", "double"), field("price", "decimal(10,2)"),
			field("paid", "bool"), field("ts", "timestamp"), field("day", "date"), field("tags", "list<string>"),
			field("customer", "struct{name: string, age: int32}"), field("labels", "map<string,string>"),
			field("key", "uuid"), field("raw", "binary"), field("payload", "json"), field("user-id", "int64"),
		),
		Meta: schemas.New(field("offset", "uint64"), field("topic", "string")),
		Vars: []dsl.Var{{Name: "min", Type: schemas.Of(schemas.Double), Value: 1.5}, {Name: "env", Type: schemas.Of(schemas.String), Value: "dev"}},
	}
}
