package iceberg

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/compress"
)

// encodeRows is how many rows are encoded together: slices of ten rows cost three times as much as these.
const encodeRows = 8192

// Settings say how data files are written.
type Settings struct {
	Compression  Compression
	Level        int   // of zstd
	RowGroupRows int64 // most rows of a row group
	TargetBytes  int64 // a file is closed when it is about this long
}

// Compression is a codec of Parquet pages.
type Compression string

// The codecs.
const (
	Zstd         Compression = "zstd"
	Snappy       Compression = "snappy"
	Uncompressed Compression = "none"
)

var codecs = map[Compression]compress.Compression{
	Zstd: compress.Codecs.Zstd, Snappy: compress.Codecs.Snappy, Uncompressed: compress.Codecs.Uncompressed,
}

// File is a data file that is durable; it becomes visible by an append.
type File struct {
	Path   string `json:"path"` // a URI, as manifests have it
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	Schema int    `json:"schema"` // id of the schema that it was written by
	Fields string `json:"fields"` // fingerprint of what that schema's ids mean
}

// Writer makes the data files of one table. It is used by one goroutine.
type Writer struct {
	mem      memory.Allocator
	settings Settings
	name     func(n int) string

	plan    *Plan // of the file and of what is pending
	pending []arrow.RecordBatch
	rows    int   // in pending
	bytes   int64 // of pending
	file    *dataFile
	files   []File
	opened  int
}

// NewWriter returns a writer whose files are called what name says; no two files of a table may have one name.
func NewWriter(mem memory.Allocator, s Settings, name func(n int) string) *Writer {
	return &Writer{mem: mem, settings: s, name: name}
}

// Write adds the rows of r, which p has conformed. Small records are held until some thousand rows are together. A record
// that is shared is a slice of a larger one, and copied rather than held. It takes r, also with an error.
func (w *Writer) Write(ctx context.Context, p *Plan, r arrow.RecordBatch, shared bool) error {
	defer r.Release()
	if p != w.plan {
		if err := w.Finish(ctx); err != nil {
			return err
		}
		w.plan = p
	}
	if w.rows == 0 && r.NumRows() >= encodeRows {
		return w.encode(ctx, r)
	}
	held := r
	if shared {
		copied, err := w.join([]arrow.RecordBatch{r})
		if err != nil {
			return err
		}
		held = copied
	} else {
		held.Retain()
	}
	w.pending = append(w.pending, held)
	w.rows += int(held.NumRows())
	w.bytes += recordBytes(held)
	if w.rows >= encodeRows {
		return w.encodePending(ctx)
	}
	return nil
}

// Held is the memory that the writer holds, about: pending rows and what the open row group keeps until it ends.
func (w *Writer) Held() int64 {
	if w.file == nil {
		return w.bytes
	}
	return w.bytes + w.file.held()
}

// Open reports whether a file is open.
func (w *Writer) Open() bool { return w.file != nil }

// Shrink gives memory back: it encodes what is pending and ends the row group.
func (w *Writer) Shrink(ctx context.Context) error {
	if err := w.encodePending(ctx); err != nil || w.file == nil {
		return err
	}
	return w.file.endRowGroup()
}

// Finish closes the open file, which is then durable.
func (w *Writer) Finish(ctx context.Context) error {
	if err := w.encodePending(ctx); err != nil || w.file == nil {
		return err
	}
	f, err := w.file.close()
	if err != nil {
		return fmt.Errorf("close data file %s: %w", w.file.path, err)
	}
	w.file = nil
	w.files = append(w.files, f)
	return nil
}

// Files finishes and hands over the files that were made since the last call: the caller answers for them from then on.
func (w *Writer) Files(ctx context.Context) ([]File, error) {
	if err := w.Finish(ctx); err != nil {
		return nil, err
	}
	files := w.files
	w.files = nil
	return files, nil
}

// Abort gives the memory back and removes the files that were not handed over: nobody knows of them.
func (w *Writer) Abort(ctx context.Context) {
	w.release()
	if w.file != nil {
		w.file.abort()
		w.file = nil
	}
	if w.plan == nil {
		return
	}
	w.plan.Table.Remove(ctx, w.files)
	w.files = nil
}

func (w *Writer) release() {
	for _, r := range w.pending {
		r.Release()
	}
	w.pending, w.rows, w.bytes = nil, 0, 0
}

func (w *Writer) encodePending(ctx context.Context) error {
	if len(w.pending) == 0 {
		return nil
	}
	joined := w.pending[0]
	if len(w.pending) > 1 {
		var err error
		if joined, err = w.join(w.pending); err != nil {
			return err
		}
	} else {
		joined.Retain()
	}
	w.release()
	defer joined.Release()
	return w.encode(ctx, joined)
}

// join copies records into one. It borrows them and returns the record owned.
func (w *Writer) join(records []arrow.RecordBatch) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, 0, records[0].NumCols())
	defer func() { releaseAll(columns) }()
	var rows int64
	for i := range records[0].Columns() {
		parts := make([]arrow.Array, len(records))
		for k, r := range records {
			parts[k] = r.Column(i)
		}
		column, err := array.Concatenate(parts, w.mem)
		if err != nil {
			return nil, fmt.Errorf("join column %q: %w", records[0].ColumnName(i), err)
		}
		columns = append(columns, column)
	}
	for _, r := range records {
		rows += r.NumRows()
	}
	return array.NewRecordBatch(records[0].Schema(), columns, rows), nil
}

func (w *Writer) encode(ctx context.Context, r arrow.RecordBatch) error {
	if w.file == nil {
		f, err := createFile(ctx, w.mem, w.settings, w.plan, w.name(w.opened), r)
		if err != nil {
			return err
		}
		w.file, w.opened = f, w.opened+1
	}
	if err := w.file.write(r); err != nil {
		return fmt.Errorf("write data file %s: %w", w.file.path, err)
	}
	if w.file.size() >= w.settings.TargetBytes {
		return w.Finish(ctx)
	}
	return nil
}

func recordBytes(r arrow.RecordBatch) (n int64) {
	for _, c := range r.Columns() {
		n += arrayBytes(c.Data())
	}
	return n
}
