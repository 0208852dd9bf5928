package pgstate_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/checkpointtest"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/pgstate"
	"github.com/iggy-flow/iggy-flow/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parse(t *testing.T, address, pipeline string) pgstate.Config {
	t.Helper()
	c, err := pgstate.Parse(address, pipeline)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	server := pgtest.Start(t)
	var places atomic.Int64
	checkpointtest.Run(t, checkpointtest.Case{Place: func(t *testing.T) checkpointtest.Place {
		n := places.Add(1)
		database, name := "first", fmt.Sprintf("pipeline-%d", n)
		if n == 1 || n%4 == 0 { // some meet an empty database, some the rows of others
			database = fmt.Sprintf("db%d", n)
			server.Database(t, database)
			if n == 1 {
				server.Database(t, "first")
			}
		}
		c := parse(t, server.URL(database), name)
		return checkpointtest.Place{
			Open: func(ctx context.Context, o lease.Options) (checkpoint.Mender, error) { return pgstate.Open(ctx, c, o) },
			View: func(ctx context.Context) (checkpoint.Viewer, error) { return pgstate.OpenView(ctx, c) },
			Damage: func(t *testing.T, previous bool) {
				column := "current"
				if previous {
					column = "previous"
				}
				server.Exec(t, database, fmt.Sprintf("update iggy_flow.state set %[1]s = set_byte(%[1]s, length(%[1]s) / 2, 255 - get_byte(%[1]s, length(%[1]s) / 2)) where pipeline = $1", column), name)
			},
			Secrets: []string{pgtest.Password},
		}
	}})
}
