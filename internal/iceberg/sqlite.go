package iceberg

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite", in pure Go
)

// sqliteConnections is enough for a writer, a committer and a reader at once; SQLite has one writer at a time anyway.
const sqliteConnections = 4

// openSQLite opens or creates a database whose commits survive a loss of power. Transactions take the write lock when
// they begin: a read that turns into a write fails at once when another process wrote in between, whatever busy_timeout
// says.
func openSQLite(ctx context.Context, path string) (*sql.DB, error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("create the folder of the catalog: %w", err)
	}
	query := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, fmt.Errorf("open the catalog %s: %w", path, err)
	}
	db.SetMaxOpenConns(sqliteConnections)
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close() // nothing was written
		return nil, fmt.Errorf("open the catalog %s: %w", path, err)
	}
	if err := syncFolders(folder); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("sync the folder of the catalog %s: %w", path, err)
	}
	return db, nil
}
