package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/lint"
)

const lintHelp = `Checks documents without running them: the form, every field, every expression against the schema of the
records, and what may be valid but is unwise. Nothing is connected to; files that are there are looked at for their
columns. The exit code is 2 when there is an error, else 0.`

func lintCommand() *cobra.Command {
	v := &values{}
	var format string
	var explain bool
	c := &cobra.Command{
		Use: "lint DOCUMENT...", Short: "Check documents without running them", Long: lintHelp, Args: cobra.MinimumNArgs(1),
		Example: "  iggy-flow lint pipeline.yaml\n  iggy-flow lint ./pipelines/... --format json",
		RunE: func(c *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usage("--format %s: expected text or json", format)
			}
			paths, err := dsl.Find(args)
			if err != nil {
				return exitError{exitUsage, err}
			}
			r := registry()
			options, err := v.options(r)
			if err != nil {
				return err
			}
			var all source.Diagnostics
			for _, path := range paths {
				all = append(all, lint.Check(c.Context(), path, r, options, lint.Options{Explain: explain})...)
			}
			return report(c, all, format, len(paths))
		},
	}
	v.flags(c)
	c.Flags().StringVar(&format, "format", "text", "text or json")
	c.Flags().BoolVar(&explain, "explain", false, "show also what the document promises, and which expressions are evaluated row by row")
	return c
}

// report prints findings and turns errors into the exit code.
func report(c *cobra.Command, ds source.Diagnostics, format string, documents int) error {
	failed := error(nil)
	if ds.HasErrors() {
		failed = exitError{exitUsage, nil}
	}
	if format == "json" {
		if ds == nil {
			ds = source.Diagnostics{}
		}
		e := json.NewEncoder(c.OutOrStdout())
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(ds); err != nil {
			return exitError{exitFailure, err}
		}
		return failed
	}
	fmt.Fprint(c.OutOrStdout(), ds.Render())
	fmt.Fprintln(c.OutOrStdout(), tally(ds, documents))
	return failed
}

// tally counts findings in words.
func tally(ds source.Diagnostics, documents int) string {
	text := ""
	for _, s := range []source.Severity{source.Error, source.Warning, source.Info} {
		n := ds.Count(s)
		if n == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += plural(n, s.String())
	}
	if text == "" {
		return plural(documents, "document") + ", no findings"
	}
	return text
}

func plural(n int, word string) string {
	if n == 1 || word == "info" {
		return fmt.Sprintf("%d %s", n, word)
	}
	return fmt.Sprintf("%d %ss", n, word)
}
