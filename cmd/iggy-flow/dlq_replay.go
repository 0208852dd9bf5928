package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/letters"
	"github.com/iggy-flow/iggy-flow/internal/arrowpool"
	"github.com/iggy-flow/iggy-flow/lint"
)

const dlqReplayHelp = `Puts the records of dead letters through their document again, when what rejected them is mended: the document or
its schema, a table, a lookup. Records are decoded from the bytes that the input first read, with the meta that they
had. FILE is what an output ` + "`file`" + ` under ` + "`dead_letter`" + ` wrote.

A replay is a pipeline of its own, NAME-replay-ID, with its own state: killed, it goes on where its targets are, and a
letter that was replayed is not replayed again, whatever files it comes in; --fresh does so all the same. Tables and
streams get the records with the others. An output ` + "`file`" + ` writes them to files of their own, out.replay-ID.ndjson
beside out.ndjson, since the document's next run would cut or replace what is not its own.

Records that are rejected again go to another dead letter. Letters that hold no whole record stay where they are: they
are counted, and the exit code is 1.`

// replayFlags are the flags of dlq replay.
type replayFlags struct {
	runFlags
	chosen
	dead string
}

func dlqReplayCommand() *cobra.Command {
	f := &replayFlags{}
	f.replica = "0"
	c := &cobra.Command{
		Use: "replay DOCUMENT FILE...", Short: "Put dead letters through their document again", Long: dlqReplayHelp, Args: cobra.MinimumNArgs(2),
		Example: "  iggy-flow dlq replay orders.yaml dead.ndjson\n  iggy-flow dlq replay orders.yaml dead/*.ndjson --code json-type --dead-letter again.ndjson",
		RunE:    func(c *cobra.Command, args []string) error { return f.replay(c, args[0], args[1:]) },
	}
	f.values.flags(c)
	f.chosen.flags(c)
	c.Flags().StringVar(&f.dead, "dead-letter", "", "`FILE` for the records that are rejected again; it must not exist (default: FILE.replay-ID.ndjson beside the first FILE)")
	c.Flags().StringVar(&f.place.state, "state", "", "`DIR` for the state of all replays of the document (default: $XDG_STATE_HOME/iggy-flow/NAME-replay-HASH)")
	c.Flags().BoolVar(&f.fresh, "fresh", false, "replay also what was replayed before, and write it again")
	c.Flags().DurationVar(&f.deadline, "shutdown-deadline", 25*time.Second, "how long a clean stop may take")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "no progress and no summary")
	c.Flags().StringVar(&f.logLevel, "log-level", "warn", "debug, info, warn or error; logs go to standard error")
	return c
}

func (f *replayFlags) replay(c *cobra.Command, document string, files []string) (err error) {
	selected, err := f.selection()
	if err != nil {
		return err
	}
	log, err := f.log(c.ErrOrStderr())
	if err != nil {
		return err
	}
	wanted := letters.Replay{Select: selected}
	for _, path := range files {
		file, err := letters.Look(path)
		if err != nil {
			return exitError{exitFailure, err}
		}
		wanted.Files = append(wanted.Files, file)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	r := registry()
	options, err := f.options(r)
	if err != nil {
		return err
	}
	d, ds := dsl.Load(document, options)
	if ds.HasErrors() {
		return wrong(c, ds)
	}
	pipeline := d.Name
	root, err := replayRoot(f.place.state, d)
	if err != nil {
		return exitError{exitFailure, err}
	}
	chosen, err := root.choose(wanted, f.fresh, f.dead)
	if err != nil {
		return exitError{exitFailure, err}
	}
	d.Name = letters.Name(pipeline, chosen.id)
	if ds := replaceDeadLetter(d, options, chosen.DeadLetter); ds.HasErrors() {
		return wrong(c, ds)
	}
	plan, ds := lint.Plan(d, r, engine.PlanOptions{Mem: arrowpool.New(), Log: log.With("document", document)})
	if ds.HasErrors() {
		return wrong(c, ds)
	}
	in, err := letters.StandIn(plan, pipeline, chosen.Replay)
	if err != nil {
		return exitError{exitUsage, err}
	}
	counts, err := in.Count()
	if err != nil {
		return exitError{exitFailure, err}
	}
	if counts[""] == 0 {
		f.say(c.OutOrStdout(), "nothing to replay", counts)
		return left(counts)
	}
	if err := root.keep(chosen); err != nil {
		return exitError{exitFailure, err}
	}
	store, err := checkpoint.OpenDirectory(root.state(chosen.id))
	if err != nil {
		return exitError{exitFailure, err}
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	runner := engine.NewRunner(plan, engine.RunOptions{Store: store, Takeover: f.takeover(), Replica: f.replica, Addition: "replay-" + chosen.id})
	if err := f.runJobs(c, signals, []started{{d, runner, store, plan.BufferBytes()}}); err != nil {
		return err
	}
	return f.finish(c, log, runner, chosen, counts)
}

// finish tells what became of a replay that has ended, or was stopped.
func (f *replayFlags) finish(c *cobra.Command, log *slog.Logger, runner *engine.Runner, chosen chosenReplay, counts map[letters.Reason]int) error {
	status := runner.Status()
	if status.State != engine.Finished {
		fmt.Fprintln(c.ErrOrStderr(), "iggy-flow: the replay was stopped; the same command goes on with it")
		return nil
	}
	if status.DeadLettered == 0 {
		if info, err := os.Stat(chosen.DeadLetter); err == nil && info.Size() == 0 {
			if err := os.Remove(chosen.DeadLetter); err != nil {
				log.Warn("an empty dead letter stays", "path", chosen.DeadLetter, "error", err)
			}
		}
	}
	f.say(c.OutOrStdout(), fmt.Sprintf("%s replayed, %d rejected again", plural(counts[""], "record"), status.DeadLettered), counts)
	return left(counts)
}

// say prints a line, and why letters were not replayed.
func (f *replayFlags) say(w io.Writer, text string, counts map[letters.Reason]int) {
	var why []string
	for reason, n := range counts {
		if reason != "" && (!f.quiet || reason.Left()) {
			why = append(why, fmt.Sprintf("  %d %s", n, reason))
		}
	}
	slices.Sort(why)
	fmt.Fprintln(w, strings.Join(append([]string{text}, why...), "\n"))
}

// left is the error for letters that were meant and stay behind.
func left(counts map[letters.Reason]int) error {
	n := 0
	for reason, count := range counts {
		if reason.Left() {
			n += count
		}
	}
	if n == 0 {
		return nil
	}
	return exitError{exitFailure, fmt.Errorf("%s could not be replayed, for the reasons above, and stay in their file", plural(n, "dead letter"))}
}

// replaceDeadLetter has d write what is rejected to path, which must be free. The share of rejected records says nothing
// where all have been rejected before.
func replaceDeadLetter(d *dsl.Document, o dsl.Options, path string) source.Diagnostics {
	text := fmt.Sprintf("name: replay\ninput: {stdin: {}}\noutput: {drop: {}}\ndead_letter: {file: {path: %q, if_exists: fail}}\n", strings.ReplaceAll(path, "$", "$$"))
	o.Set, o.Values = nil, nil
	written, ds := dsl.Parse(source.NewFile("--dead-letter", []byte(text)), ".", o)
	if ds.HasErrors() {
		return ds
	}
	d.DeadLetter, d.MaxRatio = written.DeadLetter, nil
	return nil
}

func wrong(c *cobra.Command, ds source.Diagnostics) error {
	fmt.Fprint(c.ErrOrStderr(), ds.Render())
	return exitError{exitUsage, nil}
}
