package lint_test

import (
	"context"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/lint"
)

// vault is an output with a password, and nothing behind it.
type vault struct{}

func (vault) Bind(engine.Shape) source.Diagnostics                          { return nil }
func (vault) Open(context.Context, engine.Start) error                      { return nil }
func (vault) Write(_ context.Context, b *engine.Batch, _ *engine.Out) error { b.Release(); return nil }
func (vault) Flush(context.Context, *engine.Out) error                      { return nil }
func (vault) Close(context.Context) error                                   { return nil }

type vaultConfig struct {
	Login struct {
		Password dsl.Secret `flow:"password,required" doc:"What opens it."`
	} `flow:"login,required" doc:"Who."`
	Depth int `flow:"depth,min=1" doc:"How deep."`
}

// TestSecretsInClear: a literal secret is a warning, and no finding or picture shows it.
func TestSecretsInClear(t *testing.T) {
	r := registry()
	engine.AddOutput(r, engine.OutputSpec[vaultConfig]{Name: "vault", Defaults: vaultConfig{Depth: 1}, New: func(vaultConfig, engine.Env) (engine.Output, error) { return vault{}, nil }})
	t.Chdir(t.TempDir())
	options := dsl.Options{Specs: r, LookupEnv: func(name string) (string, bool) { return "hunter2", name == "PASSWORD" }}
	for value, want := range map[string]int{"hunter2": 1, "${PASSWORD}": 0} {
		for _, depth := range []string{"1", "0"} {
			write(t, "vault.yaml", []byte("name: v\ninput: {stdin: {}}\noutput: {vault: {login: {password: \""+value+"\"}, depth: "+depth+"}}\n"))
			ds := lint.Check(t.Context(), "vault.yaml", r, options, lint.Options{})
			if n := ds.Count(source.Warning); depth == "1" && n != want {
				t.Errorf("%s: %d warnings, want %d:\n%s", value, n, want, ds.Render())
			}
			if ds.HasErrors() != (depth == "0") {
				t.Errorf("depth %s:\n%s", depth, ds.Render())
			}
			if strings.Contains(ds.Render(), "hunter2") {
				t.Errorf("a finding shows the secret:\n%s", ds.Render())
			}
		}
		write(t, "vault.yaml", []byte("name: v\ninput: {stdin: {}}\noutput: {vault: {login: {password: \""+value+"\"}}}\n"))
		plan, ds := lint.Bind(t.Context(), "vault.yaml", r, options)
		if plan == nil {
			t.Fatal(ds.Render())
		}
		if strings.Contains(plan.Graph(), "hunter2") {
			t.Errorf("the graph shows the secret:\n%s", plan.Graph())
		}
	}
}
