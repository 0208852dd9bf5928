package pgstate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// The bounds of every call.
const (
	connectTimeout = 10 * time.Second
	requestTimeout = 20 * time.Second
)

// Config says where checkpoints are. What the address leaves out comes from the environment (PGHOST, PGPASSWORD and the
// others) and PGPASSFILE, as for every tool of PostgreSQL.
type Config struct {
	pipeline string // the row
	connect  *pgx.ConnConfig
}

// Parse reads postgres://[USER@]HOST[:PORT]/DATABASE[?...] for the state of a pipeline. Its errors do not repeat the
// address: it may hold a password.
func Parse(address, pipeline string) (Config, error) {
	c, err := pgx.ParseConfig(address)
	if err != nil {
		reason := "expected postgres://USER@HOST:PORT/DATABASE"
		if u, parse := url.Parse(address); parse == nil && u.Port() != "" {
			if _, bad := strconv.ParseUint(u.Port(), 10, 16); bad != nil {
				reason = "its port is no number below 65536"
			}
		}
		return Config{}, errors.New("an address of PostgreSQL that cannot be understood: " + reason)
	}
	if c.ConnectTimeout == 0 || c.ConnectTimeout > connectTimeout {
		c.ConnectTimeout = connectTimeout
	}
	// Statements are not prepared by name: a pooler between us may give each transaction another connection.
	c.DefaultQueryExecMode = pgx.QueryExecModeExec
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "iggy-flow " + pipeline
	}
	return Config{pipeline: pipeline, connect: c}, nil
}

// String is the place without user, password and parameters.
func (c Config) String() string {
	host := c.connect.Host
	if !strings.HasPrefix(host, "/") {
		host = net.JoinHostPort(host, strconv.Itoa(int(c.connect.Port)))
	}
	return fmt.Sprintf("postgres://%s/%s (pipeline %s)", host, c.connect.Database, c.pipeline)
}

// explain says what was tried, and marks what may pass. The server's errors hold no credentials.
func (c Config) explain(what string, err error) error {
	if err == nil || errors.Is(err, checkpoint.ErrOvertaken) || errors.Is(err, checkpoint.ErrUnavailable) {
		return err
	}
	answer, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, pgx.ErrNoRows), errors.Is(err, context.Canceled):
		return fmt.Errorf("%s in %s: %w", what, c, err)
	case !ok:
		return fmt.Errorf("%w: %s in %s: %w", checkpoint.ErrUnavailable, what, c, err)
	case answer.Code == "28P01" || answer.Code == "28000":
		return fmt.Errorf("%s in %s: the server refused user %q (%s); check the user, PGPASSWORD and PGPASSFILE", what, c, c.connect.User, answer.Code)
	case answer.Code == "42501":
		return fmt.Errorf("%s in %s: user %q may not do that; grant it CREATE on the database, or create the schema and the tables as docs/operating.md says: %w", what, c, c.connect.User, err)
	case passes(answer.Code):
		return fmt.Errorf("%w: %s in %s: %w", checkpoint.ErrUnavailable, what, c, err)
	default:
		return fmt.Errorf("%s in %s: %w", what, c, err)
	}
}

// passes reports whether the server may answer otherwise later: a lost connection, a conflict, no resources, a shutdown,
// a server that is read-only while another one is promoted.
func passes(code string) bool {
	if code == "25006" {
		return true
	}
	for _, class := range []string{"08", "40", "53", "55", "57", "58"} {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return false
}
