package iceberg

import (
	"bufio"
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	iceio "github.com/apache/iceberg-go/io"
)

const (
	sinkBytes = 64 << 10 // of write buffer per open file: pages are that long
	pageBytes = 1 << 20  // raw values of a page, which the encoder holds per column
)

// dataFile is one Parquet file under construction.
type dataFile struct {
	path    string
	table   *Table
	fs      iceio.WriteFileIO
	out     iceio.FileWriter
	sink    *sink
	parquet *pqarrow.FileWriter
	columns int64
	rows    int64
	raw     int64 // bytes of Arrow in the open row group
	maxRows int64
}

// sink counts and buffers. It has no Close: the Parquet writer must not close the file before it is synced.
type sink struct {
	buffer *bufio.Writer
	n      int64
}

// Write implements io.Writer.
func (s *sink) Write(p []byte) (int, error) {
	n, err := s.buffer.Write(p)
	s.n += int64(n)
	return n, err
}

// createFile begins a file for rows like those of sample, by which its dictionaries are chosen.
func createFile(
	ctx context.Context, mem memory.Allocator, s Settings, p *Plan, name string, sample arrow.RecordBatch,
) (*dataFile, error) {
	locations, err := p.Table.inner.LocationProvider()
	if err != nil {
		return nil, fmt.Errorf("place a data file of table %s: %w", p.Table.Name, err)
	}
	f := &dataFile{table: p.Table, path: locations.NewDataLocation(name), maxRows: s.RowGroupRows, columns: int64(p.schema.NumFields())}
	if f.fs, err = p.Table.files(ctx); err != nil {
		return nil, err
	}
	if f.out, err = f.fs.Create(f.path); err != nil {
		return nil, fmt.Errorf("create data file %s: %w", f.path, err)
	}
	f.sink = &sink{buffer: bufio.NewWriterSize(f.out, sinkBytes)}
	props := []parquet.WriterProperty{
		parquet.WithAllocator(mem),
		parquet.WithCompression(codecs[s.Compression]),
		parquet.WithMaxRowGroupLength(s.RowGroupRows),
		parquet.WithDictionaryDefault(false),
		parquet.WithDataPageSize(pageBytes),
		parquet.WithStoreDecimalAsInteger(true), // as the specification of Iceberg has it
		parquet.WithCreatedBy("iggy-flow"),
	}
	if s.Compression == Zstd {
		props = append(props, parquet.WithCompressionLevel(s.Level))
	}
	for _, path := range repetitive(sample) {
		props = append(props, parquet.WithDictionaryFor(path, true))
	}
	f.parquet, err = pqarrow.NewFileWriter(p.schema, f.sink, parquet.NewWriterProperties(props...),
		pqarrow.NewArrowWriterProperties(pqarrow.WithAllocator(mem)))
	if err != nil {
		f.abort()
		return nil, fmt.Errorf("begin data file %s: %w", f.path, err)
	}
	return f, nil
}

// write encodes the rows of r, which it borrows.
func (f *dataFile) write(r arrow.RecordBatch) error {
	if err := f.parquet.WriteBuffered(r); err != nil {
		return err
	}
	f.rows += r.NumRows()
	f.raw += recordBytes(r)
	if rows, err := f.parquet.RowGroupNumRows(); err == nil && int64(rows) >= f.maxRows {
		return f.endRowGroup()
	}
	return nil
}

// endRowGroup writes what the encoder holds to the file. The next rows begin a row group.
func (f *dataFile) endRowGroup() error {
	rows, err := f.parquet.RowGroupNumRows()
	if err != nil || rows == 0 {
		return err
	}
	f.raw = 0
	return f.parquet.NewBufferedRowGroupChecked()
}

// held is about what the encoder keeps in memory: compressed pages, and one page under construction per column.
func (f *dataFile) held() int64 {
	return f.parquet.RowGroupTotalCompressedBytes() + min(f.raw, f.columns*pageBytes) + sinkBytes
}

// size is how long the file would be about if it ended here.
func (f *dataFile) size() int64 { return f.sink.n + f.parquet.RowGroupTotalCompressedBytes() }

// close ends the file; it is durable when there is no error.
func (f *dataFile) close() (File, error) {
	if err := f.parquet.Close(); err != nil {
		return File{}, err
	}
	if err := f.sink.buffer.Flush(); err != nil {
		return File{}, err
	}
	if err := f.out.Close(); err != nil {
		return File{}, err
	}
	schema, fields := f.table.SchemaID()
	return File{Path: f.path, Rows: f.rows, Bytes: f.sink.n, Schema: schema, Fields: fields}, nil
}

// abort gives the encoder's memory back and removes the file, which nobody knows of.
func (f *dataFile) abort() {
	if f.parquet != nil {
		_ = f.parquet.Close() // only for its memory: what it writes is removed
	}
	_ = f.out.Close()
	_ = f.fs.Remove(f.path)
}
