package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/internal/arrowpool"
	"github.com/iggy-flow/iggy-flow/internal/heap"
	"github.com/iggy-flow/iggy-flow/lint"
)

const runHelp = `Runs documents until their inputs end or a signal comes. DOCUMENT is a file; a folder stands for the
documents in it, and DIR/... for those in its subfolders too. Several documents run beside each other.

The first SIGINT or SIGTERM takes a last checkpoint and stops cleanly; the next start goes on there. A second one
ends the process at once, which loses nothing either: it only repeats the work since the last checkpoint.

A document whose input has ended is finished; running it again is a new run.`

// runFlags are the flags of run.
type runFlags struct {
	values
	place    place
	adopt    bool
	fresh    bool
	recover  string
	replica  string
	deadline time.Duration
	quiet    bool
	logLevel string
}

func runCommand() *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use: "run DOCUMENT...", Short: "Run documents", Long: runHelp, Args: cobra.MinimumNArgs(1),
		Example: "  iggy-flow run pipeline.yaml\n  iggy-flow run pipeline.yaml --set env=prod --env-file prod.env\n  iggy-flow run pipelines/ --state /var/lib/iggy-flow",
		RunE:    func(c *cobra.Command, args []string) error { return runDocuments(c, f, args) },
	}
	f.flags(c)
	f.place.flags(c)
	c.Flags().BoolVar(&f.adopt, "adopt", false, "go on from the positions that targets hold, although another run wrote them")
	c.Flags().BoolVar(&f.fresh, "fresh", false, "start a new run and write everything again")
	c.Flags().StringVar(&f.recover, "state-recover", "", "when the last checkpoint is damaged, go on from `WHICH`: previous, the one before it")
	c.Flags().StringVar(&f.replica, "replica", "0", "`NAME` of this process among replicas: {replica} in paths")
	c.Flags().DurationVar(&f.deadline, "shutdown-deadline", 25*time.Second, "how long a clean stop may take")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "no progress and no summary")
	c.Flags().StringVar(&f.logLevel, "log-level", "warn", "debug, info, warn or error; logs go to standard error")
	c.MarkFlagsMutuallyExclusive("adopt", "fresh")
	return c
}

// previous reads --state-recover.
func (f *runFlags) previous() (bool, error) {
	if f.recover != "" && f.recover != "previous" {
		return false, usage("--state-recover %s: expected previous", f.recover)
	}
	return f.recover == "previous", nil
}

// replicaName is what {replica} may stand for in a path: one name, which leads nowhere else.
var replicaName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// checkReplica reads --replica.
func (f *runFlags) checkReplica() error {
	if !replicaName.MatchString(f.replica) {
		return usage("--replica %q: expected up to 64 letters, digits, `_`, `-` and `.`, with no `.` or `-` at the beginning", f.replica)
	}
	return nil
}

func (f *runFlags) takeover() engine.Takeover {
	switch {
	case f.adopt:
		return engine.Adopt
	case f.fresh:
		return engine.Fresh
	default:
		return engine.Refuse
	}
}

func (f *runFlags) log(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, usage("--log-level %s: expected debug, info, warn or error", f.logLevel)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})), nil
}

// started is one document that was checked and is about to run.
type started struct {
	document *dsl.Document
	runner   *engine.Runner
	store    checkpoint.Store
	buffers  int64 // bytes that its outputs may hold
}

func runDocuments(c *cobra.Command, f *runFlags, args []string) (err error) {
	log, err := f.log(c.ErrOrStderr())
	if err != nil {
		return err
	}
	if err := f.checkReplica(); err != nil {
		return err
	}
	signals := make(chan os.Signal, 2) // both signals that matter, should they come while the documents are checked
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	jobs, err := f.start(c, log, args)
	defer func() {
		for _, j := range jobs {
			err = errors.Join(err, j.store.Close())
		}
	}()
	if err != nil {
		return err
	}
	return f.runJobs(c, signals, jobs)
}

// runJobs runs what was checked until it is done or a signal comes.
func (f *runFlags) runJobs(c *cobra.Command, signals <-chan os.Signal, jobs []started) (err error) {
	defer heap.Bound(memory(jobs))()
	ctx, release := stopOnSignal(c.Context(), signals, jobs, f.deadline, c.ErrOrStderr())
	defer release()
	shown := newProgress(c.ErrOrStderr(), jobs)
	if !f.quiet {
		stop := shown.begin()
		defer stop()
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, j := range jobs {
		g.Go(func() error {
			if err := j.runner.Run(ctx); err != nil {
				return fmt.Errorf("%s: %w", j.document.Name, err)
			}
			return nil
		})
	}
	err = g.Wait()
	shown.end()
	if !f.quiet {
		for _, j := range jobs {
			writeSummary(c.OutOrStdout(), j, shown.since(), err)
		}
	}
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); errors.Is(cause, errDeadline) {
		err = errDeadline
	}
	if wrong, ok := errors.AsType[engine.DiagnosticsError](err); ok {
		fmt.Fprint(c.ErrOrStderr(), wrong.Diagnostics.Render())
		return exitError{exitUsage, nil}
	}
	return exitError{exitFailure, err}
}

// The memory that a process and each of its documents need beside what outputs buffer: batches under way, the garbage
// between two collections, and for Iceberg the pages of its encoders.
const (
	processMemory  = 40 << 20
	documentMemory = 56 << 20
)

// memory is what the collector is asked to keep the process below.
func memory(jobs []started) (bytes int64) {
	bytes = processMemory
	for _, j := range jobs {
		bytes += documentMemory + j.buffers
	}
	return bytes
}

// start checks every document before the first one runs.
func (f *runFlags) start(c *cobra.Command, log *slog.Logger, args []string) (jobs []started, err error) {
	paths, err := dsl.Find(args)
	if err != nil {
		return nil, exitError{exitUsage, err}
	}
	r := registry()
	options, err := f.options(r)
	if err != nil {
		return nil, err
	}
	previous, err := f.previous()
	if err != nil {
		return nil, err
	}
	mem := arrowpool.New()
	names := map[string]string{}
	wrong := false
	var plans []*engine.Plan
	for _, path := range paths {
		plan, ds := lint.Load(path, r, options, engine.PlanOptions{Mem: mem, Log: log.With("document", path)})
		if ds.HasErrors() {
			fmt.Fprint(c.ErrOrStderr(), ds.Render())
			wrong = true
			continue
		}
		if other, taken := names[plan.Document.Name]; taken {
			return nil, usage("%s and %s are both called %q: a name keys the state, and must be unique in a process", other, path, plan.Document.Name)
		}
		names[plan.Document.Name] = path
		plans = append(plans, plan)
	}
	if wrong {
		return nil, exitError{exitUsage, nil}
	}
	for _, plan := range plans {
		store, err := f.place.open(c.Context(), plan, len(plans) > 1, log)
		if err != nil {
			return jobs, err
		}
		runner := engine.NewRunner(plan, engine.RunOptions{Store: store, Takeover: f.takeover(), Previous: previous, Replica: f.replica})
		jobs = append(jobs, started{plan.Document, runner, store, plan.BufferBytes()})
	}
	return jobs, nil
}

// errDeadline ends a stop that takes too long.
var errDeadline = errors.New("the shutdown deadline passed before the last checkpoint was committed; nothing is lost: the next start goes on from the checkpoint before")

// hardExit is how long behind the deadline a call may still hang that cannot be interrupted, such as a write to a pipe
// that nobody reads.
const hardExit = 2 * time.Second

// stopOnSignal stops the jobs cleanly at the first SIGINT or SIGTERM, at once at the second, and when a clean stop takes
// longer than deadline. The returned function ends the watch.
func stopOnSignal(parent context.Context, signals <-chan os.Signal, jobs []started, deadline time.Duration, stderr io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		var late, hard <-chan time.Time
		asked := false
		for {
			select {
			case s := <-signals:
				if asked {
					fmt.Fprintf(stderr, "iggy-flow: second signal (%s): ending at once; the next start goes on from the last checkpoint\n", s)
					os.Exit(exitSignal)
				}
				fmt.Fprintf(stderr, "iggy-flow: %s: taking a last checkpoint; a second signal ends at once\n", s)
				asked, late = true, time.After(deadline)
				for _, j := range jobs {
					j.runner.Stop()
				}
			case <-late:
				cancel(errDeadline)
				late = nil
				hard = time.After(hardExit)
			case <-hard:
				fmt.Fprintln(stderr, "iggy-flow: "+errDeadline.Error())
				os.Exit(exitFailure)
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		close(done)
		<-watched
		cancel(nil)
	}
}
