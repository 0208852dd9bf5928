package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine/unittest"
	"github.com/iggy-flow/iggy-flow/internal/arrowpool"
	"github.com/iggy-flow/iggy-flow/lint"
)

const testHelp = `Runs the tests of documents: NAME_test.yaml (or .yml, .toml) beside NAME.yaml. Each case gives records and says
what must come of them. No server is needed: input, output and dead letter are replaced, while decoding, processors
and the output's router are the real ones. TEST is a test file, a document, which stands for the tests beside it, or
a folder; DIR/... takes its subfolders too.

The exit code is 0 when all cases passed, 1 when one failed, 2 when a document, a test file or the command line is
wrong, and when there is no test.`

func testCommand() *cobra.Command {
	var format, run string
	var update, verbose bool
	c := &cobra.Command{
		Use: "test TEST...", Short: "Run the tests of documents", Long: testHelp, Args: cobra.MinimumNArgs(1),
		Example: "  iggy-flow test ./pipelines/...\n  iggy-flow test orders.yaml --run refunds -v\n  iggy-flow test orders_test.yaml --update",
		RunE: func(c *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usage("--format %s: expected text or json", format)
			}
			options := unittest.Options{Update: update, Mem: arrowpool.New()}
			if run != "" {
				var err error
				if options.Run, err = regexp.Compile(run); err != nil {
					return usage("--run %s: %w", run, err)
				}
			}
			paths, err := dsl.FindTests(args)
			if err != nil {
				return exitError{exitUsage, err}
			}
			r := registry()
			options.Lint = func(ctx context.Context, path string, o dsl.Options) source.Diagnostics {
				return lint.Check(ctx, path, r, o, lint.Options{})
			}
			report, err := unittest.Run(c.Context(), paths, r, options)
			if err != nil {
				return exitError{exitUsage, err}
			}
			return printTests(c, report, format, verbose)
		},
	}
	c.Flags().BoolVar(&update, "update", false, "write golden files instead of comparing with them")
	c.Flags().StringVar(&run, "run", "", "only the cases whose name this `REGEXP` matches")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "list the cases that passed too")
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

// printTests prints a report and turns it into the exit code.
func printTests(c *cobra.Command, report unittest.Report, format string, verbose bool) error {
	if format == "json" {
		e := json.NewEncoder(c.OutOrStdout())
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(report); err != nil {
			return exitError{exitFailure, err}
		}
	} else {
		fmt.Fprint(c.OutOrStdout(), report.Text(verbose))
	}
	switch {
	case report.Wrong():
		return exitError{exitUsage, nil}
	case report.Failed() > 0:
		return exitError{exitFailure, nil}
	}
	return nil
}
