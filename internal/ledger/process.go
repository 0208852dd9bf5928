package ledger

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// lifetime is how long a process may live by default. A hang ends it with the stacks of its goroutines, and is a failure.
const lifetime = 2 * time.Minute

// Pipeline is a document whose processes come and go.
type Pipeline struct {
	Program  string // path of the binary
	Dir      string // where it runs
	Document string // relative to Dir
	State    string // directory of its checkpoints
	Flags    []string
	Lifetime time.Duration // how long a process may live; 0 is two minutes
}

// End says how a process ended.
type End uint8

// The ends. A process that ended well had either read everything, or was stopped and can go on.
const (
	Finished End = iota
	Stopped
	Killed
	Failed
)

// Process is one life of a pipeline.
type Process struct {
	cmd    *exec.Cmd
	output bytes.Buffer
	done   chan struct{}
	cancel context.CancelFunc

	state string
	last  os.FileInfo
	saves int
}

// Start starts a process with additions to the environment. Whoever starts it calls Wait.
func (p Pipeline) Start(environment ...string) (*Process, error) {
	ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(p.Lifetime, lifetime))
	args := append([]string{"run", p.Document, "--state", p.State, "--log-level", "info"}, p.Flags...)
	q := &Process{cmd: exec.CommandContext(ctx, p.Program, args...), done: make(chan struct{}), cancel: cancel, state: filepath.Join(p.State, "checkpoint")}
	q.cmd.Dir, q.cmd.Env = p.Dir, append(os.Environ(), environment...)
	q.cmd.Stdout, q.cmd.Stderr = &q.output, &q.output
	q.cmd.Cancel = func() error { return q.cmd.Process.Signal(syscall.SIGQUIT) }
	q.cmd.WaitDelay = 10 * time.Second
	q.last, _ = os.Stat(q.state) // missing before the first save
	if err := q.cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("start iggy-flow: %w", err)
	}
	go func() {
		defer close(q.done)
		_ = q.cmd.Wait() // the state of the process tells
	}()
	return q, nil
}

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Signal sends s; a process that has just ended does not get it.
func (p *Process) Signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// Saves returns how many checkpoints were seen to be stored in this life. One that is at once followed by another is
// missed: it is a lower bound.
func (p *Process) Saves() int {
	if now, err := os.Stat(p.state); err == nil && (p.last == nil || !os.SameFile(now, p.last)) {
		p.last = now
		p.saves++
	}
	return p.saves
}

// Await returns when so many checkpoints were seen, or the process has ended; ok is false for the latter.
func (p *Process) Await(saves int) (ok bool) {
	tick := time.NewTicker(time.Millisecond) // the event is in another process: there is nothing to wait on
	defer tick.Stop()
	for p.Saves() < saves {
		select {
		case <-p.done:
			return false
		case <-tick.C:
		}
	}
	return true
}

// Wait waits for the end.
func (p *Process) Wait() End {
	<-p.done
	p.cancel()
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case status.Signaled() && (status.Signal() == syscall.SIGKILL || status.Signal() == syscall.SIGTERM):
		return Killed // by SIGTERM before it listens for signals: it has done nothing yet
	case !p.cmd.ProcessState.Success():
		return Failed
	case strings.Contains(p.output.String(), "the next start goes on from here"):
		return Stopped
	default:
		return Finished
	}
}

// Output is what the process has printed, after Wait.
func (p *Process) Output() string { return p.output.String() }

// complete reports whether the run in a state directory is over: the next start would be a new one.
func complete(state string) (bool, error) {
	store, err := checkpoint.OpenDirectory(state)
	if err != nil {
		return false, err
	}
	defer store.Close() // only read
	data, err := store.Load(context.Background())
	if err != nil || data == nil {
		return false, err
	}
	c, err := checkpoint.Decode(data)
	if err != nil {
		return false, err
	}
	return c.Complete, nil
}
