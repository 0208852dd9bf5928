// Command iggy-flow runs, checks and tests stream pipelines that are written as YAML or TOML documents.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1   // a pipeline or test failed, a start was refused, or the deadline passed
	exitUsage   = 2   // the document or the command line is wrong
	exitSignal  = 130 // a second signal
)

// exitError ends the program with a code. A nil err was reported already.
type exitError struct {
	code int
	err  error
}

// Error implements error.
func (e exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

// Unwrap gives the reported error.
func (e exitError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return exitError{exitUsage, fmt.Errorf(format, args...)}
}

func main() {
	// A reader that goes away, as in `| head`, is an error of the stdout output, which names it; not the end of the process.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs one command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(context.Background())
	if err == nil {
		return exitOK
	}
	code := exitUsage // cobra's own errors are about the command line
	if exit, ok := errors.AsType[exitError](err); ok {
		code = exit.code
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(stderr, "iggy-flow: "+text)
	}
	return code
}
