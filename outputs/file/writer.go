package file

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/iggy-flow/iggy-flow/internal/durable"
)

// writeSize is how many encoded bytes are gathered before a system call.
const writeSize = 256 << 10

// writer appends to one file, packed where the config says so. A packed file is a sequence of gzip members or zstd
// frames: one ends at every sync, so that the file can be cut there.
type writer struct {
	file        *os.File
	compression string
	pack        io.WriteCloser // nil between two members, and when nothing is packed
	length      int64          // bytes on disk behind the last sync
	regular     bool
}

// openWriter opens path at length bytes: what lies behind is cut off. A file that is shorter has lost what a checkpoint
// relies on, and is an error.
func openWriter(path, compression string, length int64) (*writer, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	w := &writer{file: f, compression: compression, length: length, regular: true}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, errors.Join(err, f.Close())
	case !info.Mode().IsRegular():
		w.regular = false
		return w, nil
	case info.Size() < length:
		return nil, errors.Join(fmt.Errorf("%s has %d bytes, and the state says that %d were written: it was changed by someone else", path, info.Size(), length), f.Close())
	}
	if err := f.Truncate(length); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(length, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := durable.SyncFolder(filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// packing is how the file that will be called path is packed.
func packing(path, compression string) string {
	if compression != "auto" {
		return compression
	}
	for ending, name := range map[string]string{".gz": "gzip", ".zst": "zstd"} {
		if strings.HasSuffix(strings.ToLower(path), ending) {
			return name
		}
	}
	return "none"
}

// write appends data, which it does not keep.
func (w *writer) write(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	to := io.Writer(w.file)
	if w.compression != "none" {
		if err := w.begin(); err != nil {
			return err
		}
		to = w.pack
	}
	_, err := to.Write(data)
	return err
}

func (w *writer) begin() (err error) {
	if w.pack != nil {
		return nil
	}
	if w.compression == "gzip" {
		w.pack = gzip.NewWriter(w.file)
		return nil
	}
	w.pack, err = zstd.NewWriter(w.file, zstd.WithEncoderConcurrency(1))
	return err
}

// sync ends the packed member and makes everything durable; length is right behind it.
func (w *writer) sync() error {
	if w.pack != nil {
		if err := w.pack.Close(); err != nil {
			return err
		}
		w.pack = nil
	}
	if !w.regular {
		return nil
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	at, err := w.file.Seek(0, io.SeekCurrent)
	w.length = at
	return err
}

func (w *writer) close() error { return w.file.Close() }
