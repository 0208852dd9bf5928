package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/stores"
)

// stateFlags say which state is meant.
type stateFlags struct {
	values   values
	place    place
	pipeline string
}

func stateCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "state", Short: "Look at the state of pipelines, and mend it",
		Long: "Looks at the checkpoints of a pipeline and mends what can be mended. The state is that of DOCUMENT, or the one at --state.",
	}
	c.AddCommand(stateShowCommand(), stateVerifyCommand(), stateRepairCommand())
	return c
}

func (f *stateFlags) flags(c *cobra.Command) {
	c.Args = cobra.MaximumNArgs(1)
	f.values.flags(c)
	f.place.flags(c)
	c.Flags().StringVar(&f.pipeline, "pipeline", "", "`NAME` of the pipeline, where no document is given and --state is a database")
}

// address finds the state that the command line means.
func (f *stateFlags) address(c *cobra.Command, args []string) (stores.Address, error) {
	if len(args) == 0 {
		if f.place.state == "" {
			return stores.Address{}, usage("which state? Expected a DOCUMENT, or --state")
		}
		return f.place.address(f.pipeline, "", false)
	}
	options, err := f.values.options(registry())
	if err != nil {
		return stores.Address{}, err
	}
	d, ds := dsl.Load(args[0], options)
	if ds.HasErrors() {
		return stores.Address{}, wrong(c, ds)
	}
	return f.place.address(d.Name, d.Path, false)
}

func stateVerifyCommand() *cobra.Command {
	f := &stateFlags{}
	c := &cobra.Command{
		Use: "verify [DOCUMENT]", Short: "Check that both checkpoints can be read",
		Long: "Reads the last checkpoint and the one before it: format, checksum, content, and that one follows the other. Changes nothing, and may run beside the pipeline.",
		RunE: func(c *cobra.Command, args []string) error {
			a, err := f.address(c, args)
			if err != nil {
				return err
			}
			v, err := a.View(c.Context())
			if err != nil {
				return exitError{exitFailure, err}
			}
			defer v.Close()
			last, err := decoded(v.Load(c.Context()))
			previous, err2 := decoded(v.LoadPrevious(c.Context()))
			if err = errors.Join(err, err2, follows(last, previous)); err != nil {
				return exitError{exitFailure, err}
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: %s, %s\n", v.Place(), named("last", last), named("previous", previous))
			return nil
		},
	}
	f.flags(c)
	return c
}

// decoded reads what a store returned.
func decoded(data []byte, err error) (*checkpoint.Checkpoint, error) {
	if err != nil || data == nil {
		return nil, err
	}
	return checkpoint.Decode(data)
}

// follows checks that last may stand behind previous.
func follows(last, previous *checkpoint.Checkpoint) error {
	switch {
	case last == nil || previous == nil:
		return nil
	case last.Pipeline != previous.Pipeline || last.Run != previous.Run:
		return fmt.Errorf("the last checkpoint is of run %s of %q, the previous one of run %s of %q", last.Run, last.Pipeline, previous.Run, previous.Pipeline)
	case last.Generation < previous.Generation || last.Generation == previous.Generation && last.Epoch < previous.Epoch:
		return fmt.Errorf("the last checkpoint (generation %d, epoch %d) is older than the previous one (%d, %d)", last.Generation, last.Epoch, previous.Generation, previous.Epoch)
	}
	return nil
}

func named(which string, c *checkpoint.Checkpoint) string {
	if c == nil {
		return which + ": none"
	}
	return fmt.Sprintf("%s: generation %d, epoch %d", which, c.Generation, c.Epoch)
}

func stateRepairCommand() *cobra.Command {
	f := &stateFlags{}
	back := false
	c := &cobra.Command{
		Use: "repair [DOCUMENT]", Short: "Remove what a crash left, and go back from a damaged checkpoint",
		Long: "Takes hold of the state, removes what a crash left behind, and with --restore-previous puts the checkpoint before a damaged last one in its place, as " +
			"`run --state-recover=previous` does. What is damaged is kept.",
		RunE: func(c *cobra.Command, args []string) (err error) {
			a, err := f.address(c, args)
			if err != nil {
				return err
			}
			if v, err := a.View(c.Context()); err != nil { // nothing is made where there is nothing to repair
				return exitError{exitFailure, err}
			} else if err := v.Close(); err != nil {
				return exitError{exitFailure, err}
			}
			s, err := f.place.hold(c.Context(), a, slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil)))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			if err := repair(c, s, back); err != nil {
				return exitError{exitFailure, err}
			}
			return nil
		},
	}
	f.flags(c)
	c.Flags().BoolVar(&back, "restore-previous", false, "put the previous checkpoint in the place of a damaged one")
	return c
}

func repair(c *cobra.Command, s checkpoint.Mender, back bool) error {
	out := c.OutOrStdout()
	_, err := decoded(s.Load(c.Context()))
	_, damaged := errors.AsType[*checkpoint.CorruptError](err)
	switch {
	case err != nil && !damaged:
		return err
	case damaged && !back:
		return fmt.Errorf("%w; here, --restore-previous does so", err)
	case damaged:
		previous, err := decoded(s.LoadPrevious(c.Context()))
		if err != nil {
			return err
		}
		if previous == nil {
			return errors.New("the last checkpoint is damaged, and there is none before it")
		}
		data, err := previous.GoBack().Encode()
		if err != nil {
			return err
		}
		aside, err := s.Replace(c.Context(), data)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "the previous checkpoint (generation %d, epoch %d) is the last one now; kept as %s\n", previous.Generation, previous.Epoch, aside)
	default:
		fmt.Fprintln(out, "the last checkpoint is whole")
	}
	removed, err := s.Clean(c.Context())
	for _, name := range removed {
		fmt.Fprintln(out, "removed "+name)
	}
	return err
}
