package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

func stateShowCommand() *cobra.Command {
	f := &stateFlags{}
	format := ""
	previous := false
	c := &cobra.Command{
		Use: "show [DOCUMENT]", Short: "Show positions, processor states and open commits",
		Long: "Shows the last checkpoint. Changes nothing, and may run beside the pipeline.",
		RunE: func(c *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usage("--format %s: expected text or json", format)
			}
			a, err := f.address(c, args)
			if err != nil {
				return err
			}
			v, err := a.View(c.Context())
			if err != nil {
				return exitError{exitFailure, err}
			}
			defer v.Close()
			load := v.Load
			if previous {
				load = v.LoadPrevious
			}
			found, err := decoded(load(c.Context()))
			if err != nil {
				return exitError{exitFailure, err}
			}
			if found == nil {
				return exitError{exitFailure, fmt.Errorf("%s holds no such checkpoint", v.Place())}
			}
			if format == "json" {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(found)
			}
			writeState(c.OutOrStdout(), found)
			return nil
		},
	}
	f.flags(c)
	c.Flags().StringVar(&format, "format", "text", "text or json")
	c.Flags().BoolVar(&previous, "previous", false, "the checkpoint before the last one")
	return c
}

// writeState writes a checkpoint for people.
func writeState(w io.Writer, c *checkpoint.Checkpoint) {
	fmt.Fprintf(w, "pipeline    %s\ndocument    %s\nrun         %s\ngeneration  %d\nepoch       %d\ntime        %s\n", c.Pipeline, c.Document, c.Run, c.Generation, c.Epoch, c.Time.Format(time.RFC3339))
	fmt.Fprintf(w, "final       %v\ncomplete    %v\n", c.Final, c.Complete)
	if c.Recovered != 0 {
		fmt.Fprintln(w, "recovered   from the checkpoint before a lost one")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Inputs)) {
		in := c.Inputs[name]
		fmt.Fprintf(w, "input %s\n  source     %s\n  positions  %s\n", name, in.Identity, in.Positions)
	}
	for _, name := range slices.Sorted(maps.Keys(c.States)) {
		fmt.Fprintf(w, "processor %s\n  state      %s\n", name, readable(c.States[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Outputs)) {
		fmt.Fprintf(w, "output %s\n  state      %s\n", name, readable(c.Outputs[name]))
	}
	for _, open := range c.Committables {
		fmt.Fprintf(w, "commit %s of %s\n  target     %s\n  epoch      %d\n  content    %s\n", open.ID, open.Output, open.Target, open.Epoch, readable(open.Data))
	}
}

// maxShown is how many bytes of a state are shown.
const maxShown = 400

// readable is data as text where it is text, behind its size.
func readable(data []byte) string {
	text := ""
	if utf8.Valid(data) && len(data) <= maxShown {
		text = ": " + string(data)
	}
	return fmt.Sprintf("%d bytes%s", len(data), text)
}
