package checkpoint

import (
	"context"
	"errors"
	"fmt"
)

// Store keeps the last two checkpoints of one pipeline. Save replaces atomically: a crash leaves the old checkpoint or
// the new one, and never neither. A store is held by one process at a time.
type Store interface {
	// Load returns the last checkpoint that was saved, nil when none ever was. What is there but cannot be read is a
	// *CorruptError, never nil.
	Load(ctx context.Context) ([]byte, error)

	// LoadPrevious returns the checkpoint before the last one, nil when there is none.
	LoadPrevious(ctx context.Context) ([]byte, error)

	// Save makes data the last checkpoint and the last one the previous. When it returns nil, data survives a crash of
	// the machine. After an error the last checkpoint is the old or the new one.
	Save(ctx context.Context, data []byte) error

	// Close gives up the hold on the store.
	Close() error
}

// ErrLocked is wrapped by the error of opening a store that another process holds.
var ErrLocked = errors.New("the state is in use by another process")

// CorruptError is a checkpoint that is there but cannot be trusted.
type CorruptError struct {
	Path   string
	Reason string
}

// Error names the file and what is wrong with it.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("the state file %s is damaged: %s; bring it back from a copy, or move the state directory away and start with --adopt, "+
		"to go on from the positions that the targets hold, or with --fresh, to write everything again", e.Path, e.Reason)
}
