package letters

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// File is the whole lines that a dead letter had when it was looked at. Sizes and offsets are of what it holds unpacked.
type File struct {
	Path   string `json:"path"` // absolute
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of these bytes
}

// maxWindow bounds the memory that a packed file may ask for.
const maxWindow = 64 << 20

// opened is a file as it is read, unpacked by its ending.
type opened struct {
	io.Reader
	file *os.File
	zstd *zstd.Decoder
}

func open(path string) (*opened, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the dead letter: %w", err)
	}
	o := &opened{Reader: f, file: f}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz":
		z, err := gzip.NewReader(bufio.NewReader(f))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), f.Close())
		}
		o.Reader = z
	case ".zst":
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), f.Close())
		}
		o.Reader, o.zstd = z, z
	}
	return o, nil
}

// Close closes the file.
func (o *opened) Close() error {
	if o.zstd != nil {
		o.zstd.Close()
	}
	return o.file.Close()
}

// Look returns what the file at path holds. A last line without its end is still being written: it is no part of it.
func Look(path string) (File, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return File{}, fmt.Errorf("find the dead letter: %w", err)
	}
	f := File{Path: path}
	h := sha256.New()
	err = lines(path, -1, func(_ int64, line []byte) error {
		f.Bytes += int64(len(line))
		h.Write(line)
		return nil
	})
	f.SHA256 = hex.EncodeToString(h.Sum(nil))
	return f, err
}

// Begins reports whether f begins with all that g was: whether g is the same file, or a copy, from before it grew.
func (f File) Begins(g File) (bool, error) {
	if g.Bytes > f.Bytes || g.Bytes == 0 {
		return false, nil
	}
	if g.Bytes == f.Bytes {
		return g.SHA256 == f.SHA256, nil
	}
	o, err := open(f.Path)
	if err != nil {
		return false, err
	}
	defer func() { _ = o.Close() }() // only read
	h := sha256.New()
	if _, err := io.CopyN(h, o, g.Bytes); err != nil {
		return false, fmt.Errorf("read %s: %w", f.Path, err)
	}
	return hex.EncodeToString(h.Sum(nil)) == g.SHA256, nil
}

// Each calls visit for the letters of f, each with the offset of its line. It stops at visit's error.
func (f File) Each(visit func(offset int64, l *Letter) error) error {
	number := 0
	return lines(f.Path, f.Bytes, func(offset int64, line []byte) error {
		number++
		if len(strings.TrimSpace(string(line))) == 0 {
			return nil
		}
		l, err := Parse(line)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", f.Path, number, err)
		}
		return visit(offset, l)
	})
}

// lines calls visit for the whole lines of a file up to offset to, or its end where that is negative.
func lines(path string, to int64, visit func(offset int64, line []byte) error) (err error) {
	r, err := openLines(path, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	for to < 0 || r.at < to {
		at := r.at
		line, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := visit(at, line); err != nil {
			return err
		}
	}
	return nil
}

// lineReader reads a file line by line.
type lineReader struct {
	file *opened
	buf  *bufio.Reader
	at   int64 // of the next line
}

func openLines(path string, at int64) (*lineReader, error) {
	o, err := open(path)
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, o, at); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s up to byte %d: %w", path, at, err), o.Close())
	}
	return &lineReader{file: o, buf: bufio.NewReaderSize(o, 256<<10), at: at}, nil
}

// next returns the next whole line with its end; the error is io.EOF behind the last one.
func (r *lineReader) next() ([]byte, error) {
	line, err := r.buf.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", r.file.file.Name(), err)
	}
	if err != nil {
		return nil, io.EOF
	}
	r.at += int64(len(line))
	return line, nil
}

func (r *lineReader) close() error { return r.file.Close() }
