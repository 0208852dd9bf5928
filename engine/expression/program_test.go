package expression_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func compile(t *testing.T, scope expression.Scope, texts ...string) *expression.Program {
	t.Helper()
	exprs := make([]dsl.Expression, len(texts))
	for i, text := range texts {
		exprs[i] = dsl.NewExpression(fmt.Sprint("e", i), text)
	}
	p, ds := expression.Compile(scope, exprs...)
	if p == nil {
		t.Fatal(ds.Render())
	}
	return p
}

func TestProgramTellsWhatItReads(t *testing.T) {
	p := compile(t, shopScope(t), `total > vars.min && $env["user-id"] in [1, 2]`, `meta.offset + id`, `"v" + vars.env`)
	if diff := cmp.Diff([]string{"total", "user-id", "id"}, p.Columns()); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"offset"}, p.Meta()); diff != "" {
		t.Errorf("meta (-want +got):\n%s", diff)
	}
	if len(p.Nondeterministic()) != 0 || len(p.Fallbacks()) != 0 {
		t.Errorf("nondeterministic %v, fallbacks %v", p.Nondeterministic(), p.Fallbacks())
	}
}

func TestResults(t *testing.T) {
	for _, test := range []struct {
		source string
		want   string // type, then "?" where there may be nulls and "=" for a constant
	}{
		{`id`, "int64?"}, {`id + 1`, "int64?"}, {`customer.age`, "int32?"}, {`customer.age + customer.age`, "int64?"},
		{`customer.age ?? 0`, "int32"}, {`customer.age ?? 5000000000`, "int64"}, {`id / 2`, "double?"}, {`total`, "double?"},
		{`price`, "decimal(10,2)?"}, {`price * 2`, "decimal(29,2)?"}, {`price + 1.5`, "decimal(11,2)?"}, {`-price`, "decimal(10,2)?"},
		{`paid ? 1 : 2.5`, "double"}, {`paid ? id : customer.age`, "int64?"}, {`status ?? "x"`, "string"}, {`status == nil`, "bool"},
		{`status == "x"`, "bool?"}, {`nil`, "null?="}, {`1 + 2`, "int64="}, {`"a" + vars.env`, "string="}, {`vars.min > 1`, "bool="},
		{`true || paid`, "bool="}, {`tags`, "list<string>?"}, {`tags[0]`, "string?"}, {`map(tags, len(#))`, "list<int64>?"},
		{`filter(tags, # != "x") ?? []`, "list<string>"}, {`{a: id, b: status}`, "struct{a: int64, b: string}"}, {`labels`, "map<string,string>?"},
		{`labels["x"]`, "string?"}, {`groupBy(tags, #)`, "map<string,list<string>>?"}, {`payload`, "json?"}, {`payload.a[0]`, "json?"},
		{`int(payload.a)`, "int64?"}, {`ts`, "timestamp?"}, {`ts + duration("1h")`, "timestamp?"}, {`ts.Month()`, "int64?"}, {`now()`, "timestamp"},
		{`key`, "uuid?"}, {`day`, "date?"}, {`day > ts`, "bool?"}, {`raw`, "binary?"}, {`min(id, 3)`, "int64?"}, {`max(customer.age, total)`, "double?"},
		{`[id, total]`, "list<double>"}, {`[id, status]`, "list<json>"}, {`reduce(tags, #acc + len(#), 0)`, "int64?"}, {`meta.offset`, "uint64?"},
		{`meta.offset ?? 0`, "uint64"}, {`meta.offset + 1`, "int64?"}, {`date("2024-01-01").Year()`, "int64="}, {`type(id)`, "string"},
		{`let x = id; x + x`, "int64?"}, {`if paid { 1 } else if total > 2 { 2 } else { 3 }`, "int64"}, {`sum(map(tags, 1.5))`, "double?"},
	} {
		r := compile(t, shopScope(t), test.source).Result(0)
		got := r.Type.String()
		if r.Nullable {
			got += "?"
		}
		if r.Constant {
			got += "="
		}
		if got != test.want {
			t.Errorf("%s is %s; want %s", test.source, got, test.want)
		}
	}
}

func TestFallbacksAreTheLargestParts(t *testing.T) {
	p := compile(t, shopScope(t), `len(split(upper(status), "-")) > 1 && any(tags, len(#) > id) && payload.a.b == 5`)
	var got []string
	for _, f := range p.Fallbacks() {
		got = append(got, f.Name+" "+string(f.Range.Text()))
	}
	want := []string{`split split(upper(status), "-")`, `any any(tags, len(#) > id)`, `== payload.a.b == 5`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNondeterministicCallsAreListed(t *testing.T) {
	p := compile(t, shopScope(t), `ts < now()`, `random() < 0.5 && random() < 0.5`)
	var got []string
	for _, r := range p.Nondeterministic() {
		got = append(got, r.String())
	}
	if diff := cmp.Diff([]string{"e0:1:6", "e1:1:1", "e1:1:19"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOpenScopesAreCheckedOnly(t *testing.T) {
	scope := expression.Scope{Columns: schemas.NewOpen(schemas.Field{Name: "id", Type: schemas.Of(schemas.Int64)}), Meta: schemas.NewOpen()}
	for _, source := range []string{
		`anything.at.all > 5 && other contains "x"`, `id + anything`, `upper(anything) + "x"`, `any(anything, #.x == id)`, `meta.something`,
		`anything ?? 5`, `anything ? 1 : 2`, `anything.Format("x")`, `-anything`, `anything[1:2]`, `anything in [1, 2]`, `1 in anything`,
		`sum(anything, #.x)`, `{a: anything}`, `[anything, 1]`, `anything matches "x"`, `len(anything) + 1`, `min(anything, 2)`, `anything..5`,
	} {
		p, ds := expression.Compile(scope, dsl.NewExpression("e", source))
		if p == nil {
			t.Errorf("%s is refused:\n%s", source, ds.Render())
			continue
		}
		ev := p.NewEvaluator(arrowtest.Allocator(t))
		if _, _, err := ev.Eval(t.Context(), expression.Rows{Columns: events(arrowtest.Allocator(nopTest{}), 1)}); err == nil {
			t.Errorf("%s was evaluated", source)
		}
		ev.Release()
	}
	for source, code := range map[string]string{`upper(id)`: "type-mismatch", `unknown(1)`: "unknown-function", `id > "x"`: "type-mismatch"} {
		if _, ds := expression.Compile(scope, dsl.NewExpression("e", source)); len(ds) != 1 || ds[0].Code != code {
			t.Errorf("%s: %v; want %s", source, ds, code)
		}
	}
}
