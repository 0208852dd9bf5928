package pgstate

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// View looks at checkpoints that another process may hold.
type View struct{ database }

// OpenView connects; it takes no lease and changes nothing.
func OpenView(ctx context.Context, c Config) (*View, error) {
	v := &View{database{config: c}}
	found := false
	err := v.again(ctx, "look at the state", func(ctx context.Context, tx pgx.Tx) error {
		there, err := tables(ctx, tx)
		if err != nil || !there {
			return err
		}
		return tx.QueryRow(ctx, "select exists (select from iggy_flow.state where pipeline = $1)", c.pipeline).Scan(&found)
	})
	if err == nil && !found {
		err = fmt.Errorf("look at the state: there is none at %s", c)
	}
	if err != nil {
		v.close(ctx)
		return nil, err
	}
	return v, nil
}

// Place implements checkpoint.Viewer.
func (v *View) Place() string { return v.config.String() }

// Load implements checkpoint.Viewer.
func (v *View) Load(ctx context.Context) ([]byte, error) { return v.load(ctx, "current") }

// LoadPrevious implements checkpoint.Viewer.
func (v *View) LoadPrevious(ctx context.Context) ([]byte, error) { return v.load(ctx, "previous") }

// Leftovers implements checkpoint.Viewer: a transaction leaves nothing behind.
func (v *View) Leftovers(ctx context.Context) (stale, aside []string, err error) {
	aside, err = v.aside(ctx)
	return nil, aside, err
}

// Close implements checkpoint.Viewer.
func (v *View) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	v.close(ctx)
	return nil
}

// Leftovers implements checkpoint.Viewer: a transaction leaves nothing behind.
func (s *Store) Leftovers(ctx context.Context) (stale, aside []string, err error) {
	aside, err = s.aside(ctx)
	return nil, aside, err
}

// Clean implements checkpoint.Mender: there is never anything to remove.
func (s *Store) Clean(ctx context.Context) ([]string, error) { return nil, s.renew(ctx) }

// Replace implements checkpoint.Mender: the damaged bytes become a row of iggy_flow.state_aside.
func (s *Store) Replace(ctx context.Context, payload []byte) (aside string, err error) {
	var number int64
	err = s.do(ctx, "keep the damaged checkpoint", func(ctx context.Context, tx pgx.Tx) error {
		// The same damage is kept once, should the step behind this one fail and be repeated.
		rows, err := tx.Query(ctx, `with damaged as (select current from iggy_flow.state`+held+` and current is not null),
			known as (select number from iggy_flow.state_aside, damaged where pipeline = $1 and content = damaged.current),
			kept as (insert into iggy_flow.state_aside (pipeline, number, content)
				select $1, coalesce((select max(number) from iggy_flow.state_aside where pipeline = $1), 0) + 1, current from damaged
				where not exists (select from known) returning number)
			select number from kept union all select number from known limit 1`, s.config.pipeline, s.number)
		if err != nil {
			return err
		}
		numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if len(numbers) > 0 {
			number = numbers[0]
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if err := s.write(ctx, "replace the damaged checkpoint", payload, ""); err != nil {
		return "", err
	}
	if number > 0 {
		aside = s.asidePlace(number)
	}
	return aside, nil
}
