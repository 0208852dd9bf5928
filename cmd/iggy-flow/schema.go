package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/lint"
)

func schemaCommand() *cobra.Command {
	c := &cobra.Command{Use: "schema", Short: "Work with schemas"}
	c.AddCommand(inferCommand())
	return c
}

const inferHelp = `Looks at the first records of a document's input, or of a data file, and prints a schema that they fit: put it into a
file, mend it, and name it under "schema". Texts that look like timestamps, dates or uuids stay text, with a proposal
in a comment. Nothing is read that a later run would miss.`

func inferCommand() *cobra.Command {
	v := &values{}
	c := &cobra.Command{
		Use: "infer DOCUMENT|FILE", Short: "Propose a schema for an input or a data file", Long: inferHelp, Args: cobra.ExactArgs(1),
		Example: "  iggy-flow schema infer orders.ndjson > schemas/order.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			r := registry()
			options, err := v.options(r)
			if err != nil {
				return err
			}
			schema, proposals, ds, err := lint.Infer(c.Context(), args[0], r, options)
			if ds.HasErrors() {
				fmt.Fprint(c.ErrOrStderr(), ds.Render())
				return exitError{exitUsage, nil}
			}
			if err != nil {
				return exitError{exitFailure, err}
			}
			_, err = c.OutOrStdout().Write(dsl.WriteSchema(schema, proposals...))
			return err
		},
	}
	v.flags(c)
	return c
}
