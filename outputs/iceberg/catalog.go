package iceberg

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	lake "github.com/iggy-flow/iggy-flow/internal/iceberg"
)

// The types of catalogs.
const (
	catalogSQL  = "sql"
	catalogREST = "rest"
)

// Validate reports a catalog that cannot be opened.
func (c Catalog) Validate(at dsl.Node) source.Diagnostics {
	switch c.Type.Value {
	case catalogSQL:
		return c.validateSQL(at)
	case catalogREST:
		return c.validateREST(at)
	}
	return source.Diagnostics{{
		Code: "iceberg-catalog", Range: c.Type.Range, Found: fmt.Sprintf("the catalog type %q", c.Type.Value),
		Expected: "sql, a catalog in an SQLite file, or rest",
		Fix:      "write `catalog: {type: sql, uri: \"sqlite:lake/catalog.db\", warehouse: lake/warehouse}`",
	}}
}

func (c Catalog) validateSQL(at dsl.Node) (ds source.Diagnostics) {
	if _, err := c.database(""); err != nil {
		ds = append(ds, source.Diagnostic{
			Code: "iceberg-catalog", Range: c.URI.Range, Found: err.Error(), Expected: "sqlite:PATH, such as sqlite:lake/catalog.db",
		})
	}
	if _, err := c.warehouse(""); err != nil {
		place := c.Warehouse.Range
		if c.Warehouse.Value == "" {
			place = name(at)
		}
		ds = append(ds, source.Diagnostic{
			Code: "iceberg-catalog", Range: place, Found: err.Error(), Expected: "`warehouse`: a path, or file:///path",
		})
	}
	for _, field := range []string{"token", "credential", "oauth2_server_uri", "scope", "headers", "tls"} {
		if entry := at.Lookup(field); entry != nil {
			ds = append(ds, source.Diagnostic{
				Code: "iceberg-catalog", Range: name(*entry), Found: fmt.Sprintf("`%s` of a catalog in a file", field),
				Expected: "it beside `type: rest`", Fix: "remove it",
			})
		}
	}
	return ds
}

func (c Catalog) validateREST(at dsl.Node) (ds source.Diagnostics) {
	for _, address := range []dsl.Text{c.URI, c.OAuth2ServerURI} {
		u, err := url.Parse(address.Value)
		if address.Value == "" && address == c.OAuth2ServerURI {
			continue
		}
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
			ds = append(ds, source.Diagnostic{
				Code: "iceberg-catalog", Range: address.Range, Found: "an address that is not the one of a server",
				Expected: "http://host:port/path or https, without a user name", Fix: "write such as `http://127.0.0.1:8181`",
			})
		}
	}
	if !c.Token.IsZero() && !c.Credential.IsZero() {
		ds = append(ds, source.Diagnostic{
			Code: "iceberg-catalog", Range: name(at), Found: "both `token` and `credential`", Expected: "one of them", Fix: "remove `token`",
		})
	}
	return ds
}

// open says which catalog it is, for a document in the folder dir.
func (c Catalog) open(dir string) (lake.Config, error) {
	if c.Type.Value == catalogREST {
		r := &lake.REST{
			URI: c.URI.Value, Warehouse: c.Warehouse.Value, Token: c.Token, Credential: c.Credential,
			TokenURI: c.OAuth2ServerURI.Value, Scope: c.Scope.Value, Headers: map[string]dsl.Secret{},
		}
		for _, h := range c.Headers {
			r.Headers[h.Key] = h.Value
		}
		if c.TLS != nil {
			r.CAFile, r.ServerName = c.TLS.CAFile.Value, c.TLS.ServerName.Value
		}
		return lake.Config{REST: r}, nil
	}
	database, err := c.database(dir)
	if err != nil {
		return lake.Config{}, err
	}
	warehouse, err := c.warehouse(dir)
	return lake.Config{Database: database, Warehouse: warehouse}, err
}

// database is the path of the SQLite file; a relative one begins at dir.
func (c Catalog) database(dir string) (string, error) {
	rest, ok := strings.CutPrefix(c.URI.Value, "sqlite:")
	if !ok || rest == "" || strings.HasPrefix(rest, "//") {
		return "", fmt.Errorf("the uri %q", c.URI.Value)
	}
	return resolve(dir, rest)
}

// warehouse is the path of the folder for new tables.
func (c Catalog) warehouse(dir string) (string, error) { return resolve(dir, c.Warehouse.Value) }

func resolve(dir, text string) (string, error) {
	path := text
	if strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "file" || u.Host != "" && u.Host != "localhost" || !strings.HasPrefix(u.Path, "/") {
			return "", fmt.Errorf("the location %q", text)
		}
		path = filepath.FromSlash(u.Path)
	}
	if path == "" {
		return "", fmt.Errorf("an empty path")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	return filepath.Abs(path)
}
