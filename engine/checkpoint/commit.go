package checkpoint

import (
	"context"
	"fmt"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// job is one commit: of a stored checkpoint, and of those that were collected before it.
type job struct {
	checkpoint *Checkpoint
	cs         []Committable // ascending by epoch; those of the jobs before are not among them
	last       bool
}

// commit works through stored checkpoints in order.
func (c *Coordinator) commit(ctx context.Context, jobs <-chan job) error {
	for j := range jobs {
		if err := c.finish(ctx, j); err != nil {
			return err
		}
		select {
		case c.done <- j.checkpoint.Epoch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (c *Coordinator) finish(ctx context.Context, j job) error {
	if err := c.config.Pipeline.Commit(ctx, j.checkpoint, j.cs); err != nil {
		return fmt.Errorf("commit checkpoint %d: %w", j.checkpoint.Epoch, err)
	}
	if err := c.config.Pipeline.Told(ctx, j.checkpoint); err != nil {
		return fmt.Errorf("tell the inputs of checkpoint %d: %w", j.checkpoint.Epoch, err)
	}
	if !j.last {
		return nil
	}
	if err := failpoint.Hit(failpoint.StopSettled); err != nil {
		return err
	}
	return Settle(ctx, c.config.Store, j.checkpoint)
}

// Settle stores that everything of a pipeline's last checkpoint is committed; a final one becomes complete.
func Settle(ctx context.Context, s Store, last *Checkpoint) error {
	settled := *last
	settled.Committables = nil
	settled.Complete = settled.Final
	data, err := settled.Encode()
	if err != nil {
		return err
	}
	if err := s.Save(ctx, data); err != nil {
		return fmt.Errorf("store that checkpoint %d is committed: %w", last.Epoch, err)
	}
	return nil
}
