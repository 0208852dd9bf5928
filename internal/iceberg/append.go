package iceberg

import (
	"context"
	"errors"
	"fmt"
	"strings"

	ice "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// commitsKey is the entry of a snapshot's summary that lists the commit uuids whose rows it brought.
const commitsKey = "iggy-flow.commits"

// Batch is what one commit uuid stands for: files that are to become visible together.
type Batch struct {
	ID    string `json:"id"`   // random uuid
	UUID  string `json:"uuid"` // of the table
	Spec  int    `json:"spec"` // the partition spec that the files were written for
	Files []File `json:"files"`
}

// NewBatch notes which table files were written for.
func NewBatch(t *Table, id string, files []File) Batch {
	return Batch{ID: id, UUID: t.UUID, Spec: t.inner.Metadata().DefaultPartitionSpec(), Files: files}
}

// Append is one commit to a table.
type Append struct {
	Table    string
	Batches  []Batch // in the order of their epochs; one that is committed means that those before it are, too
	Property string  // the table property, and the entry of the snapshot's summary, that is set with the rows

	// Read looks at what the property holds before the commit; it is not called where the table lacks it. It returns the
	// commit uuid in there, and an error when this append must not happen any more; the error ends the append as it is.
	Read func(value string) (commit string, err error)

	// Value is what the property becomes, for the commit of open, which are the last of Batches, in the place of what it
	// holds; old is empty where the table lacks it. Its error ends the append as it is.
	Value func(old string, open []Batch) (string, error)
}

// State says what became of a batch.
type State uint8

// The states. A Ready batch is not in its table, and all its files exist; of a Gone one files are missing.
const (
	Ready State = iota
	Committed
	Gone
)

// Append makes the files of the batches visible in one snapshot and sets the property in the same transaction; batches
// that the table has already are left out. It is idempotent: whatever happened before or happens meanwhile, the rows of
// each batch are in the table once when it returns nil. With an error they may be, and a later call finds out.
//
// It compares and swaps on the snapshot that it looked at. After any error it loads the table again and looks for its
// uuids in every snapshot, since the answer may have been lost, not the commit. A *MismatchError is final: the files of
// the batches no longer fit the table, and are kept.
func (c *Catalog) Append(ctx context.Context, a Append) error {
	err := c.retry(ctx, func(ctx context.Context) (done bool, err error) {
		t, err := c.Load(ctx, a.Table)
		if errors.Is(err, ErrNoTable) {
			return true, &MismatchError{a.Table, "does not exist any more; the data files that were to be committed are kept"}
		}
		if err != nil {
			return false, err
		}
		open, err := a.open(t)
		if err != nil || len(open) == 0 {
			return true, err
		}
		old, _ := t.Property(a.Property)
		value, err := a.Value(old, open)
		if err != nil {
			return true, err
		}
		txn, err := t.stage(ctx, a.Property, value, open)
		if err != nil {
			return false, err
		}
		if err := failpoint.Hit(failpoint.IcebergStaged); err != nil {
			return false, err
		}
		// Not done even without an error: that the catalog has it is seen by looking, at the price of one load.
		if err := c.commit(ctx, t, txn); err != nil {
			return false, err
		}
		return false, failpoint.Hit(failpoint.IcebergCommitted)
	})
	if err != nil {
		return fmt.Errorf("append to table %s: %w", a.Table, err)
	}
	return nil
}

// Inspect says what became of the last batch of a, whose fields are as for Append.
func (c *Catalog) Inspect(ctx context.Context, a Append) (State, error) {
	t, err := c.Load(ctx, a.Table)
	if errors.Is(err, ErrNoTable) {
		return Gone, &MismatchError{a.Table, "does not exist any more; the data files that were to be committed are kept"}
	}
	if err != nil {
		return Gone, err
	}
	open, err := a.open(t)
	if err != nil {
		return Gone, err
	}
	if len(open) == 0 {
		return Committed, nil
	}
	for _, b := range open {
		if _, err := t.dataFiles(ctx, b); err != nil {
			if _, gone := errors.AsType[*MismatchError](err); gone {
				return Gone, nil
			}
			return Gone, err
		}
	}
	return Ready, nil
}

// open returns the batches that t does not have yet, or why they cannot be appended to it.
func (a Append) open(t *Table) ([]Batch, error) {
	landed := t.commits()
	var refused error
	if value, ok := t.Property(a.Property); ok {
		var commit string
		commit, refused = a.Read(value)
		landed[commit] = true // the snapshot may have been expired since; the property stays
	}
	open := a.Batches
	for i, b := range a.Batches {
		if landed[b.ID] {
			open = a.Batches[i+1:]
		}
	}
	if len(open) == 0 {
		return nil, nil
	}
	if refused != nil {
		return nil, refused
	}
	for _, b := range open {
		if b.UUID != t.UUID {
			return nil, &MismatchError{t.Name, fmt.Sprintf(
				"was dropped and created again (its uuid is %s, and data files were written for %s); the files are kept", t.UUID, b.UUID)}
		}
	}
	return open, nil
}

// commits lists the commit uuids in the summaries of all snapshots, on whatever branch: one that was rolled back is
// there, too, and must not come again.
func (t *Table) commits() map[string]bool {
	out := map[string]bool{}
	for _, s := range t.inner.Metadata().Snapshots() {
		if s.Summary == nil {
			continue
		}
		for id := range strings.SplitSeq(s.Summary.Properties[commitsKey], ",") {
			out[id] = true
		}
	}
	return out
}

// stage writes the manifests of a snapshot on top of the one that t has.
func (t *Table) stage(ctx context.Context, property, value string, open []Batch) (*table.Transaction, error) {
	var files []ice.DataFile
	var ids []string
	for _, b := range open {
		made, err := t.dataFiles(ctx, b)
		if err != nil {
			return nil, err
		}
		files, ids = append(files, made...), append(ids, b.ID)
	}
	txn := t.inner.NewTransaction()
	if err := txn.AssertRefSnapshotID(""); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	summary := ice.Properties{commitsKey: strings.Join(ids, ","), property: value}
	if err := txn.NewRowDelta(summary).AddRows(files...).Commit(ctx); err != nil {
		return nil, fmt.Errorf("stage %d files: %w", len(files), err)
	}
	if err := txn.SetProperties(ice.Properties{property: value}); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	return txn, nil
}
