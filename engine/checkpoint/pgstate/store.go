package pgstate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
)

// closeTimeout bounds the attempt to give the lease back: without it, others wait until it lapses.
const closeTimeout = 5 * time.Second

// Store is a checkpoint.Store in a database.
type Store struct {
	database
	options lease.Options
	renewal *lease.Renewal
	number  int64 // of the lease; set before the first save
	count   int64 // of saves, as far as they are known to have landed; guarded by the caller, who saves one at a time
}

var (
	_ checkpoint.Mender = (*Store)(nil)
	_ checkpoint.Viewer = (*View)(nil)
)

// Open takes the lease on a pipeline's checkpoints; tables that are missing are made. The error wraps
// checkpoint.ErrLocked when another process holds it.
func Open(ctx context.Context, c Config, o lease.Options) (*Store, error) {
	s := &Store{database: database{config: c}, options: o.WithDefaults()}
	err := s.prepare(ctx)
	if err == nil {
		err = lease.Acquire(ctx, s.options, s)
	}
	if err != nil {
		s.close(ctx)
		return nil, err
	}
	s.renewal = lease.Renew(ctx, s.options, s.renew)
	return s, nil
}

// Where implements lease.Place.
func (s *Store) Where() string { return s.config.String() }

// Place implements checkpoint.Viewer.
func (s *Store) Place() string { return s.config.String() }

// Look implements lease.Place.
func (s *Store) Look(ctx context.Context) (seen lease.Seen, err error) {
	err = s.again(ctx, "look at the lease", func(ctx context.Context, tx pgx.Tx) (err error) {
		seen, err = s.look(ctx, tx)
		return err
	})
	return seen, err
}

func (s *Store) look(ctx context.Context, tx pgx.Tx) (seen lease.Seen, err error) {
	var ttl int64
	err = tx.QueryRow(ctx, `select number, beat, holder, ttl_ms, holder = '' or expires is null or expires < clock_timestamp()
		from iggy_flow.state where pipeline = $1`, s.config.pipeline).Scan(&seen.Number, &seen.Beat, &seen.Holder, &ttl, &seen.Free)
	seen.TTL = time.Duration(ttl) * time.Millisecond
	return seen, err
}

// Take implements lease.Place.
func (s *Store) Take(ctx context.Context, seen lease.Seen) (taken bool, err error) {
	err = s.do(ctx, "take the lease", func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `update iggy_flow.state set number = number + 1, beat = beat + 1, holder = $4, ttl_ms = $5::bigint,
			expires = clock_timestamp() + $5::bigint * interval '1 millisecond' where pipeline = $1 and number = $2 and beat = $3 returning number, count`,
			s.config.pipeline, seen.Number, seen.Beat, s.options.Holder, s.options.TTL.Milliseconds()).Scan(&s.number, &s.count)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		taken = err == nil
		return err
	})
	return taken && err == nil, err
}

// held is the condition that every change carries: the row is this process's.
const held = " where pipeline = $1 and number = $2 and holder <> ''"

func (s *Store) renew(ctx context.Context) error {
	return s.do(ctx, "renew the lease", func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update iggy_flow.state set beat = beat + 1, expires = clock_timestamp() + ttl_ms * interval '1 millisecond'"+held, s.config.pipeline, s.number)
		if err == nil && tag.RowsAffected() == 0 {
			return s.overtaken(ctx, tx)
		}
		return err
	})
}

// overtaken says who changed the row.
func (s *Store) overtaken(ctx context.Context, tx pgx.Tx) error {
	seen, err := s.look(ctx, tx)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%w: the row of %s was deleted", checkpoint.ErrOvertaken, s.config)
	}
	if err != nil {
		return err
	}
	return lease.Overtaken(s.config.String(), seen)
}

// Load implements checkpoint.Store.
func (s *Store) Load(ctx context.Context) ([]byte, error) { return s.load(ctx, "current") }

// LoadPrevious implements checkpoint.Store.
func (s *Store) LoadPrevious(ctx context.Context) ([]byte, error) { return s.load(ctx, "previous") }

// Save implements checkpoint.Store. When the answer to the commit is lost, the count of saves tells whether it landed.
func (s *Store) Save(ctx context.Context, payload []byte) error {
	return s.write(ctx, "store the checkpoint", payload, "previous = current, ")
}

// write makes payload the current checkpoint, with more set in the same step.
func (s *Store) write(ctx context.Context, what string, payload []byte, more string) error {
	sealed := checkpoint.Seal(payload)
	err := s.do(ctx, what, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update iggy_flow.state set "+more+"current = $4, count = count + 1, beat = beat + 1, expires = clock_timestamp() + ttl_ms * interval '1 millisecond'"+
			held+" and count = $3", s.config.pipeline, s.number, s.count, sealed)
		if err != nil || tag.RowsAffected() == 1 {
			return err
		}
		return s.landed(ctx, tx, sealed)
	})
	if err == nil {
		s.count++
	}
	return err
}

// landed looks why nothing was changed: because an earlier attempt at the same was, or because the row is another's.
func (s *Store) landed(ctx context.Context, tx pgx.Tx, sealed []byte) error {
	var count int64
	var there []byte
	err := tx.QueryRow(ctx, "select count, current from iggy_flow.state"+held, s.config.pipeline, s.number).Scan(&count, &there)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return s.overtaken(ctx, tx)
	case err != nil:
		return err
	case count == s.count+1 && bytes.Equal(there, sealed):
		return nil
	}
	s.count = count // an attempt at something else has landed, whose answer was lost
	return fmt.Errorf("%w: an earlier save has landed; try again", checkpoint.ErrUnavailable)
}

// Close implements checkpoint.Store: it gives the lease back, if it can.
func (s *Store) Close() error {
	s.renewal.Close()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.do(ctx, "give the lease back", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "update iggy_flow.state set holder = '', expires = null"+held, s.config.pipeline, s.number)
		return err
	})
	if err != nil {
		s.options.Log.Warn("the lease of the state was not given back; it lapses by itself", "lease", s.options.TTL, "error", err)
	}
	s.close(ctx)
	return nil
}
