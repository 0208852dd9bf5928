package engine

import (
	"errors"

	"github.com/iggy-flow/iggy-flow/engine/retry"
)

// refusedError is a target's refusal of a whole batch.
type refusedError struct {
	code string
	err  error
}

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }

// BatchRejected marks err as a target's refusal of the batch that it was given, for a reason that may lie in some of the
// rows, or in their number: nothing of the batch is written, and the output has counted none of its rows. code is what
// rows are rejected with that the target refuses alone; it is stable, kebab-case. What no part of a batch can cure, such
// as a password that is wrong, is no such refusal. A nil err stays nil.
func BatchRejected(code string, err error) error {
	if err == nil {
		return nil
	}
	return &refusedError{code, err}
}

// PartialError says that some rows of a batch failed for a reason that may pass. All others are written or rejected, and
// counted.
type PartialError struct {
	Rows []int32 // that failed, ascending
	Err  error   // why; retry.Throttled says when they may come again, and Permanent that they need not
}

// Error is the reason.
func (e *PartialError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *PartialError) Unwrap() error { return e.Err }

// Retrying is an output that says how the rows of a PartialError are tried again. Without it they are for ever, with
// pauses as retry.Defaults has them.
type Retrying interface {
	Retry() retry.Policy
}

// partOf returns the PartialError in err.
func partOf(err error) (*PartialError, bool) { return errors.AsType[*PartialError](err) }
