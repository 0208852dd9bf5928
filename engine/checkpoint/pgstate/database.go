package pgstate

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/retry"
)

// attempts is how often what is safe to repeat is tried in one call; beyond that the caller decides.
const attempts = 4

// database is one connection, which is made again when it was lost.
type database struct {
	config Config

	mu   sync.Mutex // guards what follows: renewals run beside saves
	conn *pgx.Conn  // nil when it is not connected
}

// do runs f in one transaction, durably. A connection that failed is not used again.
func (d *database) do(ctx context.Context, what string, f func(ctx context.Context, tx pgx.Tx) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if d.conn == nil || d.conn.IsClosed() {
		conn, err := pgx.ConnectConfig(ctx, d.config.connect)
		if err != nil {
			return d.config.explain("connect", err)
		}
		d.conn = conn
	}
	err := pgx.BeginFunc(ctx, d.conn, func(tx pgx.Tx) error {
		// A server whose commits do not wait for its disk would lose what this process takes for stored.
		if _, err := tx.Exec(ctx, "select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'"); err != nil {
			return err
		}
		return f(ctx, tx)
	})
	return d.config.explain(what, err)
}

// again is do for what may be repeated whatever became of it.
func (d *database) again(ctx context.Context, what string, f func(ctx context.Context, tx pgx.Tx) error) error {
	c := retry.Defaults()
	c.MaxElapsed = requestTimeout
	return retry.Policy{Config: c, Attempts: attempts}.Do(ctx, func(ctx context.Context) error {
		err := d.do(ctx, what, f)
		if err == nil || errors.Is(err, checkpoint.ErrUnavailable) {
			return err
		}
		return retry.Permanent(err)
	})
}

func (d *database) close(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		_ = d.conn.Close(ctx) // there is nothing that it could still lose
		d.conn = nil
	}
}

// schema makes the tables. It is repeated by nobody who finds them there, so that a user without the right to create may
// use what an administrator made.
const schema = `
create schema if not exists iggy_flow;
create table if not exists iggy_flow.state (
	pipeline text primary key,
	number   bigint not null default 0,       -- of the lease: raised by each process that takes it
	beat     bigint not null default 0,       -- raised by each renewal
	holder   text not null default '',        -- for people; empty when the lease was given back
	ttl_ms   bigint not null default 0,
	expires  timestamptz,
	count    bigint not null default 0,       -- of checkpoints that were ever saved
	current  bytea,
	previous bytea
);
create table if not exists iggy_flow.state_aside (
	pipeline text not null,
	number   bigint not null,
	kept_at  timestamptz not null default clock_timestamp(),
	content  bytea not null,
	primary key (pipeline, number)
);`

// prepare makes the tables and the pipeline's row where they are missing.
func (d *database) prepare(ctx context.Context) error {
	return d.again(ctx, "prepare the tables", func(ctx context.Context, tx pgx.Tx) error {
		there, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		if !there {
			// Two processes that create the same table at once would fail: they take turns.
			if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtext('iggy_flow.state'))"); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, schema, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, "insert into iggy_flow.state (pipeline) values ($1) on conflict do nothing", d.config.pipeline)
		return err
	})
}

func tables(ctx context.Context, tx pgx.Tx) (there bool, err error) {
	err = tx.QueryRow(ctx, "select to_regclass('iggy_flow.state') is not null and to_regclass('iggy_flow.state_aside') is not null").Scan(&there)
	return there, err
}

// load returns the payload in one column of the pipeline's row.
func (d *database) load(ctx context.Context, column string) ([]byte, error) {
	var sealed []byte
	err := d.again(ctx, "read the state", func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, "select "+column+" from iggy_flow.state where pipeline = $1", d.config.pipeline).Scan(&sealed)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, &checkpoint.CorruptError{Place: d.place(column), Reason: "its row was deleted"}
	case err != nil || sealed == nil:
		return nil, err
	}
	return checkpoint.Unseal(d.place(column), sealed)
}

func (d *database) place(column string) string {
	return fmt.Sprintf("%s, column %s of iggy_flow.state", d.config, column)
}

// aside lists what was kept of damaged checkpoints.
func (d *database) aside(ctx context.Context) (places []string, err error) {
	err = d.again(ctx, "look at the state", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select number from iggy_flow.state_aside where pipeline = $1 order by number", d.config.pipeline)
		if err != nil {
			return err
		}
		numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		places = nil
		for _, n := range numbers {
			places = append(places, d.asidePlace(n))
		}
		return err
	})
	return places, err
}

func (d *database) asidePlace(n int64) string {
	return fmt.Sprintf("%s, number %d of iggy_flow.state_aside", d.config, n)
}
