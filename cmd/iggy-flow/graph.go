package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/lint"
)

func graphCommand() *cobra.Command {
	v := &values{}
	c := &cobra.Command{
		Use: "graph DOCUMENT", Short: "Draw what a document does", Args: cobra.ExactArgs(1),
		Long: "Draws the components of a document from input to output, what each does to the columns, and what the document promises about its records.",
		RunE: func(c *cobra.Command, args []string) error {
			paths, err := dsl.Find(args)
			if err != nil {
				return exitError{exitUsage, err}
			}
			if len(paths) > 1 {
				return usage("graph draws one document, and %s holds %d", args[0], len(paths))
			}
			r := registry()
			options, err := v.options(r)
			if err != nil {
				return err
			}
			plan, ds := lint.Bind(c.Context(), paths[0], r, options)
			if ds.HasErrors() {
				fmt.Fprint(c.ErrOrStderr(), ds.Render())
				return exitError{exitUsage, nil}
			}
			fmt.Fprint(c.OutOrStdout(), plan.Graph())
			return nil
		},
	}
	v.flags(c)
	return c
}
