package iceberg

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	ice "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	icesql "github.com/apache/iceberg-go/catalog/sql"
	"github.com/apache/iceberg-go/table"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// catalogName is the row key of the SQL catalog. PyIceberg and Spark find the tables under a catalog of this name.
const catalogName = "default"

// Config says where the catalog and the files of its tables are: in a database, or behind REST.
type Config struct {
	Database  string // path of the SQLite file; it is created when it is missing
	Warehouse string // absolute path of the folder for new tables

	REST *REST // in the place of the two

	// Wrap, when it is not nil, stands between this package and the catalog: for faults in tests.
	Wrap func(catalog.Catalog) catalog.Catalog
}

// Catalog finds, creates and changes tables. It is safe for concurrent use.
type Catalog struct {
	inner catalog.Catalog
	close func() error
}

// Open opens the catalog that c describes.
func Open(ctx context.Context, c Config) (*Catalog, error) {
	registerFiles()
	out := &Catalog{}
	var err error
	if c.REST != nil {
		out.inner, out.close, err = openREST(ctx, *c.REST)
	} else {
		out.inner, out.close, err = openSQL(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	if c.Wrap != nil {
		out.inner = c.Wrap(out.inner)
	}
	return out, nil
}

func openSQL(ctx context.Context, c Config) (catalog.Catalog, func() error, error) {
	db, err := openSQLite(ctx, c.Database)
	if err != nil {
		return nil, nil, err
	}
	warehouse := url.URL{Scheme: "file", Path: filepath.ToSlash(c.Warehouse)}
	inner, err := icesql.NewCatalog(catalogName, db, icesql.SQLite, ice.Properties{
		"warehouse":    warehouse.String(),
		fileIOProperty: "durable",
	})
	if err != nil {
		_ = db.Close() // the catalog was not used
		return nil, nil, fmt.Errorf("open the catalog %s: %w", c.Database, err)
	}
	return inner, func() error { return errors.Join(inner.Close(), db.Close()) }, nil
}

// Close gives the database or the connections back.
func (c *Catalog) Close() error { return c.close() }

// ErrNoTable is the error of Load for a table that does not exist.
var ErrNoTable = errors.New("table does not exist")

// tableName is what identifiers look like: parts that every catalog, file system and SQL engine takes unquoted.
var tableName = regexp.MustCompile(`^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+$`)

// maxTableName keeps folder names below what file systems take.
const maxTableName = 200

// ValidTableName reports whether name is `namespace.table`, with any number of namespaces.
func ValidTableName(name string) bool {
	return len(name) <= maxTableName && tableName.MatchString(name)
}

// Load reads the table called name as it is now. The error is ErrNoTable when there is none.
func (c *Catalog) Load(ctx context.Context, name string) (*Table, error) {
	ctx, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	t, err := c.inner.LoadTable(ctx, strings.Split(name, "."))
	if errors.Is(err, catalog.ErrNoSuchTable) || errors.Is(err, catalog.ErrNoSuchNamespace) {
		return nil, fmt.Errorf("table %s: %w", name, ErrNoTable)
	}
	if err != nil {
		return nil, fmt.Errorf("load table %s: %w", name, refusal(err))
	}
	if err := local(name, t.Location()); err != nil {
		return nil, err
	}
	return newTable(name, t, c.inner), nil
}

// CreateOptions say what a new table is like.
type CreateOptions struct {
	FormatVersion int               // 2 or 3
	Properties    map[string]string // of the table; they win over the defaults
}

// tableDefaults are properties of new tables. Without the first one the metadata of a table grows with the square of its
// commits; the last hundred versions stay for readers that are at work.
var tableDefaults = ice.Properties{
	table.MetadataDeleteAfterCommitEnabledKey: "true",
	table.ParquetCompressionKey:               "zstd",
}

// Create makes the table called name, and its namespaces, for records of schema s, or loads it when somebody else has
// made it in the meantime: it may then have other columns.
func (c *Catalog) Create(ctx context.Context, name string, s *schemas.Schema, o CreateOptions) (*Table, error) {
	fields, err := newSchema(s, o.FormatVersion)
	if err != nil {
		return nil, fmt.Errorf("create table %s: %w", name, err)
	}
	ident := strings.Split(name, ".")
	for i := 1; i < len(ident); i++ {
		err := c.createNamespace(ctx, ident[:i])
		if err != nil && !errors.Is(err, catalog.ErrNamespaceAlreadyExists) {
			return nil, fmt.Errorf("create namespace %s: %w", strings.Join(ident[:i], "."), refusal(err))
		}
	}
	props := ice.Properties{table.PropertyFormatVersion: strconv.Itoa(o.FormatVersion)}
	for k, v := range tableDefaults {
		props[k] = v
	}
	for k, v := range o.Properties {
		props[k] = v
	}
	within, cancel := context.WithTimeout(context.WithValue(ctx, keepFiles{}, true), commitDeadline)
	defer cancel()
	t, err := c.inner.CreateTable(within, ident, fields, catalog.WithProperties(props))
	if err == nil {
		if err := local(name, t.Location()); err != nil {
			return nil, err
		}
		return newTable(name, t, c.inner), nil
	}
	// Whatever went wrong: when the table is there, somebody has made it, perhaps this very call.
	if found, loadErr := c.Load(ctx, name); loadErr == nil {
		return found, nil
	}
	return nil, fmt.Errorf("create table %s: %w", name, refusal(err))
}

// local reports a table whose files we cannot write.
func local(name, location string) error {
	if u, err := url.Parse(location); err == nil && u.Scheme != "" && u.Scheme != "file" {
		return &MismatchError{name, "lies at " + location + ", and iggy-flow writes tables on local disks only: file://"}
	}
	return nil
}

func (c *Catalog) createNamespace(ctx context.Context, ident []string) error {
	ctx, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	return c.inner.CreateNamespace(ctx, ident, nil)
}
