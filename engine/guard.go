package engine

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// PanicError is a panic in a component, or in a library that it uses: a bug. The pipeline has failed as with any other
// error, and the process, with its other pipelines, lives.
type PanicError struct {
	Where string // path of the component, or the part of the engine
	Doing string // such as "writing"
	Value any    // what was thrown
}

// Error says what happened and whose fault it is.
func (e *PanicError) Error() string {
	return fmt.Sprintf("%s panicked while %s: %v: this is a bug in iggy-flow, please report it with the stack that the log has", e.Where, e.Doing, e.Value)
}

// guard, deferred, turns a panic into the error of the function, and logs the stack. It sees the panics of its own
// goroutine: what a library does in others it cannot.
func guard(log *slog.Logger, where, doing string, err *error) {
	if v := recover(); v != nil {
		log.Error("a component panicked", "where", where, "doing", doing, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
		*err = Permanent(&PanicError{Where: where, Doing: doing, Value: v})
	}
}

// call calls f, which calls the node's component, and turns a panic in it into an error.
func (n *Node) call(doing string, f func() error) (err error) {
	defer guard(n.env.Log, n.Site.Path, doing, &err)
	return f()
}

// positions calls the positions of the node's input.
func (n *Node) positions() (at Positions, err error) {
	defer guard(n.env.Log, n.Site.Path, "taking its position", &err)
	return n.Input.Positions()
}

// told tells the node's input what is durable everywhere.
func (n *Node) told(ctx context.Context, at Positions) error {
	return n.call("being told what is committed", func() error { return n.Input.Commit(ctx, at) })
}

// guarded is f as a goroutine of its own runs it, where a panic would end the process.
func (r *Runner) guarded(where string, f func() error) func() error {
	return func() (err error) {
		defer guard(r.log, where, "running", &err)
		return f()
	}
}
