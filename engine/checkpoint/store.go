package checkpoint

import (
	"context"
	"errors"
	"fmt"
)

// Store keeps the last two checkpoints of one pipeline. Save replaces atomically: a crash leaves the old checkpoint or
// the new one, and never neither.
//
// A store is held by one process at a time. Where the hold is a lease, which lapses when its holder is silent for too
// long, another process may take it over; from then on every Save of the first one fails with ErrOvertaken, however late
// it wakes up.
type Store interface {
	// Load returns the last checkpoint that was saved, nil when none ever was. What is there but cannot be read is a
	// *CorruptError, never nil; what a newer program wrote is a *VersionError.
	Load(ctx context.Context) ([]byte, error)

	// LoadPrevious returns the checkpoint before the last one, nil when there is none.
	LoadPrevious(ctx context.Context) ([]byte, error)

	// Save makes data the last checkpoint and the last one the previous. When it returns nil, data survives a crash of
	// the machine. After an error the last checkpoint is the old or the new one, and saving the same data again, which may
	// be the last checkpoint by then, does not make it the previous one, too. The error wraps ErrUnavailable when
	// another attempt with the same data may succeed, and ErrOvertaken when none ever will.
	Save(ctx context.Context, data []byte) error

	// Close gives up the hold on the store.
	Close() error
}

// Viewer is what can be read of a store without holding it. A pipeline may run meanwhile.
type Viewer interface {
	Load(ctx context.Context) ([]byte, error)
	LoadPrevious(ctx context.Context) ([]byte, error)

	// Place names the store for people. It holds no secret.
	Place() string

	// Leftovers names what a crash left behind and nothing refers to, and what was kept aside. It changes nothing.
	Leftovers(ctx context.Context) (stale, aside []string, err error)

	Close() error
}

// Mender is a store that can be repaired. Every store of this package and its parts is one.
type Mender interface {
	Store
	Viewer

	// Replace makes data the last checkpoint in the place of one that cannot be used; the previous one stays. What was
	// there is kept, whole, under the name that is returned; it is empty when nothing was there. It is as atomic as Save.
	Replace(ctx context.Context, data []byte) (aside string, err error)

	// Clean removes what Leftovers calls stale, and returns what it removed.
	Clean(ctx context.Context) ([]string, error)
}

var (
	// ErrLocked is wrapped by the error of opening a store that another process holds.
	ErrLocked = errors.New("the state is in use by another process")

	// ErrOvertaken is wrapped by the error of Save when another process has taken the store over.
	ErrOvertaken = errors.New("another process has taken over the state of this pipeline")

	// ErrUnavailable is wrapped by the error of Save when the store may take the same data later.
	ErrUnavailable = errors.New("the state store cannot be written at the moment")
)

// CorruptError is a checkpoint that is there but cannot be trusted.
type CorruptError struct {
	Place  string
	Reason string
}

// Error names the place, what is wrong with it, and the ways out.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("the state %s is damaged: %s; bring it back from a copy, or go on from the checkpoint before it with --state-recover=previous, "+
		"or name another --state and start with --adopt, to go on from the positions that the targets hold, or with --fresh, to write everything again", e.Place, e.Reason)
}
