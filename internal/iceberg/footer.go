package iceberg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/apache/arrow-go/v18/parquet/file"
	ice "github.com/apache/iceberg-go"
	iceio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"
)

// dataFiles makes the manifest entries of a batch, with the metrics that the footers of its files hold. The files are
// looked at each time: a manifest must not name a file that is not there, or is not all there.
func (t *Table) dataFiles(ctx context.Context, b Batch) ([]ice.DataFile, error) {
	if spec := t.inner.Metadata().PartitionSpecByID(b.Spec); spec == nil || !spec.IsUnpartitioned() {
		return nil, &MismatchError{t.Name, fmt.Sprintf("partition spec %d is not what the data files of commit %s were written for", b.Spec, b.ID)}
	}
	files, err := t.files(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]ice.DataFile, len(b.Files))
	for i, f := range b.Files {
		schema, err := t.schemaOf(b, f)
		if err != nil {
			return nil, err
		}
		if out[i], err = t.dataFile(files, schema, b, f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// schemaOf returns the schema that a file of b was written by. Ids are reused by nobody, but for a catalog that was
// restored or edited by hand; a schema that maintenance has removed is found under another id when its fields are alike.
func (t *Table) schemaOf(b Batch, f File) (*ice.Schema, error) {
	meta := t.inner.Metadata()
	for _, s := range meta.Schemas() {
		if s.ID == f.Schema && fingerprintOf(s) == f.Fields {
			return s, nil
		}
	}
	for _, s := range meta.Schemas() {
		if fingerprintOf(s) == f.Fields {
			return s, nil
		}
	}
	return nil, &MismatchError{t.Name, fmt.Sprintf(
		"schema %d no longer has the fields that data file %s of commit %s was written for; the file is kept", f.Schema, f.Path, b.ID)}
}

func (t *Table) dataFile(files iceio.IO, schema *ice.Schema, b Batch, f File) (_ ice.DataFile, err error) {
	in, err := files.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MismatchError{t.Name, fmt.Sprintf("data file %s of commit %s is missing", f.Path, b.ID)}
	}
	if err != nil {
		return nil, fmt.Errorf("open data file %s: %w", f.Path, err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	stat, err := in.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at data file %s: %w", f.Path, err)
	}
	if stat.Size() != f.Bytes {
		return nil, &MismatchError{t.Name, fmt.Sprintf("data file %s of commit %s has %d bytes instead of %d", f.Path, b.ID, stat.Size(), f.Bytes)}
	}
	reader, err := file.NewParquetReader(in)
	if err != nil {
		return nil, fmt.Errorf("read the footer of data file %s: %w", f.Path, err)
	}
	if reader.NumRows() != f.Rows {
		return nil, &MismatchError{t.Name, fmt.Sprintf("data file %s of commit %s has %d rows instead of %d", f.Path, b.ID, reader.NumRows(), f.Rows)}
	}
	entry, err := table.DataFileFromMetadata(table.DataFileArgs{
		Schema:        schema,
		Spec:          *t.inner.Metadata().PartitionSpecByID(b.Spec),
		Format:        ice.ParquetFile,
		Metadata:      reader.MetaData(),
		FilePath:      f.Path,
		FileSize:      f.Bytes,
		Content:       ice.EntryContentData,
		Properties:    t.inner.Properties(),
		FormatVersion: t.FormatVersion(),
	})
	if err != nil {
		return nil, fmt.Errorf("describe data file %s: %w", f.Path, err)
	}
	return entry, nil
}
