package engine

import "github.com/iggy-flow/iggy-flow/engine/retry"

// Permanent marks err as one that a retry cannot cure. A nil err stays nil. It is retry.Permanent.
func Permanent(err error) error { return retry.Permanent(err) }

// IsPermanent reports whether err, or one that it wraps, was marked by Permanent.
func IsPermanent(err error) bool { return retry.IsPermanent(err) }
