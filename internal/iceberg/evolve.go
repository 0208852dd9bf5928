package iceberg

import (
	"context"
	"fmt"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// Evolve adds the columns of s that the table lacks, as optional ones, in a commit of its own, and returns a plan for the
// table as the catalog has it behind that commit. Files that are written by the plan carry only ids that the catalog has
// confirmed: two writers who number their new columns themselves would give one id to two columns.
//
// It starts again when somebody else changes the table meanwhile; what the other one added need not be added again.
func (c *Catalog) Evolve(ctx context.Context, name string, s *schemas.Schema) (*Plan, error) {
	var plan *Plan
	err := c.retry(ctx, func(ctx context.Context) (done bool, err error) {
		t, err := c.Load(ctx, name)
		if err != nil {
			return false, err
		}
		if plan, err = NewPlan(s, t); err != nil {
			return true, err
		}
		if len(plan.Missing) == 0 {
			return true, nil
		}
		return false, c.addColumns(ctx, plan)
	})
	if err != nil {
		return nil, fmt.Errorf("add columns to table %s: %w", name, err)
	}
	return plan, nil
}

// addColumns commits what is missing. Whether it did is seen by loading the table again, whatever the answer was.
func (c *Catalog) addColumns(ctx context.Context, p *Plan) error {
	txn := p.Table.inner.NewTransaction()
	update := txn.UpdateSchema(true, false)
	ids := 0
	for _, m := range p.Missing {
		t, err := toType(m.Type, p.Table.FormatVersion(), &ids)
		if err != nil {
			return &MismatchError{p.Table.Name, fmt.Sprintf("column %q: %v", m.Path[len(m.Path)-1], err)}
		}
		update.AddColumn(m.Path, t, m.Doc, false, nil)
	}
	if err := update.Commit(); err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	return c.commit(ctx, p.Table, txn)
}
