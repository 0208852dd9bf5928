package retry

import (
	"errors"
	"time"
)

// permanentError marks an error that no retry helps against.
type permanentError struct{ err error }

func (e permanentError) Error() string { return e.err.Error() }
func (e permanentError) Unwrap() error { return e.err }

// Permanent marks err as one that a retry cannot cure. A nil err stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

// IsPermanent reports whether err, or one that it wraps, was marked by Permanent.
func IsPermanent(err error) bool {
	_, ok := errors.AsType[permanentError](err)
	return ok
}

// throttledError marks an error by which a peer asks for time.
type throttledError struct {
	err   error
	after time.Duration
}

func (e throttledError) Error() string { return e.err.Error() }
func (e throttledError) Unwrap() error { return e.err }

// Throttled marks err as a peer's wish to be asked again after a while, and not before; zero says that it names no time.
// A nil err stays nil.
func Throttled(err error, after time.Duration) error {
	if err == nil {
		return nil
	}
	return throttledError{err, after}
}

// Class says what helps against an error.
type Class uint8

// The classes. What nobody has marked is Transient: to repeat in vain costs time, to give up too early costs a pipeline.
const (
	Transient Class = iota // a retry may succeed
	Throttle               // a retry may succeed, after a time that the peer may have named
	Hopeless               // no retry helps
)

// ClassOf returns the class that err, or one that it wraps, was marked with. What is permanent stays so, whatever else it
// was marked with.
func ClassOf(err error) Class {
	if IsPermanent(err) {
		return Hopeless
	}
	if _, ok := errors.AsType[throttledError](err); ok {
		return Throttle
	}
	return Transient
}

// after is how long the peer wants to be left alone; zero when it does not say.
func after(err error) time.Duration {
	t, _ := errors.AsType[throttledError](err)
	return t.after
}
