package iceberg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	ice "github.com/apache/iceberg-go"
	iceio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// Table is one table as it was when it was loaded. It is immutable and safe for concurrent use.
type Table struct {
	Name string // namespace.table
	UUID string // another one is another table of the same name

	inner *table.Table
}

// newTable binds t to cat, through which its commits go.
func newTable(name string, t *table.Table, cat table.CatalogIO) *Table {
	bound := table.New(t.Identifier(), t.Metadata(), t.MetadataLocation(), t.FS, cat)
	return &Table{Name: name, UUID: t.Metadata().TableUUID().String(), inner: bound}
}

// Property returns a property of the table.
func (t *Table) Property(key string) (value string, ok bool) {
	value, ok = t.inner.Properties()[key]
	return value, ok
}

// FormatVersion is the version of the Iceberg format.
func (t *Table) FormatVersion() int { return t.inner.Metadata().Version() }

// Partitioned describes how the table is partitioned; it is empty when it is not.
func (t *Table) Partitioned() string {
	spec := t.inner.Spec()
	if spec.IsUnpartitioned() {
		return ""
	}
	return spec.String()
}

// Schema returns the columns of the table in our types. A type that we have no name for is an error.
func (t *Table) Schema() (*schemas.Schema, error) {
	fields, err := fromFields(t.inner.Schema().Fields())
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", t.Name, err)
	}
	return schemas.New(fields...), nil
}

// SchemaID is the id of the table's schema, and Fingerprint of its fields: with equal fingerprints the same field ids
// are the same columns, of the same types.
func (t *Table) SchemaID() (id int, fingerprint string) {
	s := t.inner.Schema()
	return s.ID, fingerprintOf(s)
}

// fingerprintOf hashes what data files depend on: id, path, type and nullability of every field, at any depth.
func fingerprintOf(s *ice.Schema) string {
	var lines []string
	var walk func(path string, f ice.NestedField)
	walk = func(path string, f ice.NestedField) {
		path += "/" + f.Name
		lines = append(lines, fmt.Sprintf("%d %q %t %s", f.ID, path, f.Required, f.Type.Type()))
		for _, inner := range innerFields(f.Type) {
			walk(path, inner)
		}
	}
	for _, f := range s.Fields() {
		walk("", f)
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:16])
}

// innerFields lists the fields of a nested type: members, the element, the key and the value.
func innerFields(t ice.Type) []ice.NestedField {
	if n, ok := t.(ice.NestedType); ok {
		return n.Fields()
	}
	return nil
}

// files returns the file system of the table.
func (t *Table) files(ctx context.Context) (iceio.WriteFileIO, error) {
	fs, err := t.inner.FS(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the files of table %s: %w", t.Name, err)
	}
	w, ok := fs.(iceio.WriteFileIO)
	if !ok {
		return nil, fmt.Errorf("open the files of table %s: %T cannot write", t.Name, fs)
	}
	return w, nil
}

// Remove removes data files that no commit will name.
func (t *Table) Remove(ctx context.Context, files []File) {
	fs, err := t.files(ctx)
	if err != nil {
		return
	}
	for _, f := range files {
		_ = fs.Remove(f.Path) // what stays is garbage, and no rows
	}
}

// MismatchError says that a table is no longer what data files were written for. No retry helps; the files are kept.
type MismatchError struct {
	Table  string
	Reason string
}

// Error names the table and the reason.
func (e *MismatchError) Error() string { return "table " + e.Table + ": " + e.Reason }
