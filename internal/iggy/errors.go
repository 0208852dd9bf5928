package iggy

import (
	"errors"
	"fmt"

	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Error is why a call failed: what was tried, what the server or the network said, and which field of the configuration
// decides about it. It holds no secret.
type Error struct {
	Op     string      // what was tried, such as "poll orders/clicks"
	Status wire.Status // what the server answered; OK when it did not
	Field  string      // "address", "password", "tls.server_name", "topic", ...; empty when none decides
	Cause  error       // when the server did not answer

	unknown bool
	again   bool // a retry may help although the server answered, or nothing is known against it
}

// Error says it in one line.
func (e *Error) Error() string {
	text := e.Op + ": "
	if e.Status != wire.OK {
		text += e.Status.Error()
	} else {
		text += e.Cause.Error()
	}
	if e.unknown {
		text += "; whether the server did it is unknown"
	}
	if e.Field != "" {
		text += fmt.Sprintf("; check `%s`", e.Field)
	}
	return text
}

// Unwrap returns the status, or the cause where there is none.
func (e *Error) Unwrap() error {
	if e.Status != wire.OK {
		return e.Status
	}
	return e.Cause
}

// StatusOf returns what the server answered, or wire.OK where it did not.
func StatusOf(err error) wire.Status {
	s, _ := errors.AsType[wire.Status](err)
	return s
}

// OutcomeUnknown reports whether a request may have been executed although its call failed: it was sent, and no answer came.
func OutcomeUnknown(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.unknown
}

// ErrClosed is the cause of every call to a closed client.
var ErrClosed = errors.New("the client is closed")

// classed marks e for retry: as permanent unless a retry may help.
func classed(e *Error) error {
	if e.again || e.Status.Retryable() {
		return e
	}
	return retry.Permanent(e)
}

// refused is a server's answer that is an error.
func refused(op string, s wire.Status) *Error { return &Error{Op: op, Status: s, Field: fieldOf(s)} }

// fieldOf names what has to be corrected for a status to go away.
func fieldOf(s wire.Status) string {
	switch s {
	case wire.InvalidCredentials, wire.InvalidPassword:
		return "password"
	case wire.InvalidUsername, wire.UserInactive, wire.Unauthorized:
		return "username"
	case wire.InvalidToken, wire.TokenExpired:
		return "token"
	case wire.StreamIDNotFound, wire.StreamNameNotFound, wire.InvalidStreamName:
		return "stream"
	case wire.TopicIDNotFound, wire.TopicNameNotFound, wire.InvalidTopicName:
		return "topic"
	case wire.PartitionNotFound, wire.NoPartitions, wire.TooManyPartitions:
		return "partitions"
	case wire.GroupIDNotFound, wire.GroupNameNotFound, wire.InvalidGroupName:
		return "consumer_group"
	}
	return ""
}
