package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// values are the flags that fill in a document's vars and environment.
type values struct {
	set     []string
	file    string
	envFile string
}

func (v *values) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&v.set, "set", nil, "set a var of the document: `NAME=VALUE`; may be given more than once")
	c.Flags().StringVar(&v.file, "values", "", "a YAML or TOML `FILE` with values of vars; --set wins over it")
	c.Flags().StringVar(&v.envFile, "env-file", "", "a `FILE` of NAME=VALUE lines; the environment wins over it")
}

// options are what documents are loaded with.
func (v *values) options(r *engine.Registry) (dsl.Options, error) {
	o := dsl.Options{Specs: r, LookupEnv: os.LookupEnv, Set: map[string]string{}}
	for _, s := range v.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return o, usage("--set %s: expected NAME=VALUE, as in --set env=prod", s)
		}
		o.Set[name] = value
	}
	if v.file != "" {
		data, err := os.ReadFile(v.file)
		if err != nil {
			return o, usage("--values: %w", err)
		}
		o.Values = source.NewFile(v.file, data)
	}
	if v.envFile == "" {
		return o, nil
	}
	data, err := os.ReadFile(v.envFile)
	if err != nil {
		return o, usage("--env-file: %w", err)
	}
	env, ds := dsl.ParseEnvFile(source.NewFile(v.envFile, data))
	if ds.HasErrors() {
		return o, exitError{exitUsage, fmt.Errorf("--env-file is wrong\n%s", ds.Render())}
	}
	o.LookupEnv = func(name string) (string, bool) {
		if value, ok := os.LookupEnv(name); ok {
			return value, true
		}
		value, ok := env[name]
		return value, ok
	}
	return o, nil
}
