package iceberg

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/iceberg-go/table"

	"github.com/iggy-flow/iggy-flow/engine/retry"
)

const (
	maxAttempts = 15                    // some 15 s of waiting; what still fails then is no mere conflict
	firstWait   = 20 * time.Millisecond // an SQLite commit takes less
	longestWait = 4 * time.Second       // a catalog that is overloaded needs no more pressure
)

// A catalog or a store behind a network may never answer.
const (
	callDeadline   = 30 * time.Second // of one question to the catalog
	commitDeadline = time.Minute      // of one commit, or of creating a table
	tryDeadline    = 2 * time.Minute  // of one attempt, with the files that it reads and writes
)

// errUnsettled is why an attempt that failed nowhere is repeated without end: somebody else undoes what it does.
var errUnsettled = errors.New("the table changes again and again")

// retry calls try until it is done. An attempt that is neither done nor failed has changed something that the next one
// looks at, at once; behind a failed one it waits, longer and longer, and never as long as others. What no retry helps
// against ends it, as does the last attempt's error.
func (c *Catalog) retry(ctx context.Context, try func(ctx context.Context) (done bool, err error)) error {
	var final error // of an attempt that was done
	policy := retry.Policy{Config: retry.Config{Base: firstWait, Max: longestWait}, Attempts: maxAttempts}
	err := policy.Do(ctx, func(ctx context.Context) error {
		for range maxAttempts {
			done, err := attempt(ctx, try)
			if _, hopeless := errors.AsType[*MismatchError](err); done || hopeless || errors.Is(err, ErrNoTable) {
				final = err
				return nil
			}
			if err != nil {
				return err
			}
		}
		return errUnsettled
	})
	return errors.Join(err, final) // one of them
}

func attempt(ctx context.Context, try func(context.Context) (bool, error)) (done bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryDeadline)
	defer cancel()
	return try(ctx)
}

// commit sends what txn staged on t to the catalog, once. The library's own commit would retry on settings of the table
// and remove files that it takes for orphans. With an error, whether the catalog accepted it is unknown.
func (c *Catalog) commit(ctx context.Context, t *Table, txn *table.Transaction) error {
	staged, err := txn.TableCommit()
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, commitDeadline)
	defer cancel()
	meta, _, err := c.inner.CommitTable(ctx, strings.Split(t.Name, "."), staged.Requirements, staged.Updates)
	if err != nil {
		return fmt.Errorf("commit: %w", refusal(err))
	}
	c.removeOldMetadata(ctx, t, meta)
	return nil
}

// removeOldMetadata removes the metadata files that the log of a table has dropped, when the table asks for it. The
// commit is confirmed, so nothing refers to them. A file that stays costs space and nothing else.
func (c *Catalog) removeOldMetadata(ctx context.Context, before *Table, after table.Metadata) {
	if !after.Properties().GetBool(table.MetadataDeleteAfterCommitEnabledKey, table.MetadataDeleteAfterCommitEnabledDefault) {
		return
	}
	fs, err := before.files(ctx)
	if err != nil {
		return
	}
	var kept []string
	for entry := range after.PreviousFiles() {
		kept = append(kept, entry.MetadataFile)
	}
	for entry := range before.inner.Metadata().PreviousFiles() {
		if !slices.Contains(kept, entry.MetadataFile) {
			_ = fs.Remove(entry.MetadataFile) // another process may have been faster
		}
	}
}
