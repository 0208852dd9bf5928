package file

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine"
)

// maxWindow bounds the memory that a zstd frame may ask for.
const maxWindow = 64 << 20

// list returns the files that paths stand for, each pattern's sorted by name. A path or pattern without a file is an
// error: a misspelt one must not read as an empty input. So is a file that is named twice.
func list(paths []dsl.Path) ([]string, error) {
	var files []string
	for _, p := range paths {
		matches := []string{p.Value}
		if strings.ContainsAny(p.Value, "*?[") {
			found, err := filepath.Glob(p.Value)
			if err != nil {
				return nil, engine.Permanent(fmt.Errorf("%s: the pattern %q is not one: %w", p.Range, p.Written, err))
			}
			if len(found) == 0 {
				return nil, engine.Permanent(fmt.Errorf("%s: no file matches %q (looked in %s)", p.Range, p.Written, filepath.Dir(p.Value)))
			}
			slices.Sort(found)
			matches = found
		}
		for _, path := range matches {
			if slices.Contains(files, path) {
				return nil, engine.Permanent(fmt.Errorf("%s: %s is named twice; its records would be read twice", p.Range, path))
			}
			info, err := os.Stat(path)
			switch {
			case errors.Is(err, os.ErrNotExist):
				return nil, engine.Permanent(fmt.Errorf("%s: there is no file %s; paths are relative to the document", p.Range, path))
			case err != nil:
				return nil, fmt.Errorf("look at %s: %w", path, err)
			case !info.Mode().IsRegular():
				return nil, engine.Permanent(fmt.Errorf("%s: %s is no regular file: it has no position to go on from; pipe it into `input: {stdin: {}}`", p.Range, path))
			}
			files = append(files, path)
		}
	}
	return files, nil
}

// opened is a file that is being read, unpacked where it is packed.
type opened struct {
	file   *os.File
	reader io.Reader
	unpack func()
	count  int64 // bytes read from the file, as they are on disk
}

func open(path, compression string) (*opened, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the input file: %w", err)
	}
	o := &opened{file: f, unpack: func() {}}
	o.reader = diskReader{o}
	if compression == "auto" {
		compression = map[string]string{".gz": "gzip", ".zst": "zstd"}[strings.ToLower(filepath.Ext(path))]
	}
	switch compression {
	case "gzip":
		z, err := gzip.NewReader(diskReader{o})
		if errors.Is(err, io.EOF) {
			o.reader = strings.NewReader("") // an empty file holds no record, packed or not
			break
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("unpack %s: %w", path, err), f.Close())
		}
		o.reader = z
	case "zstd":
		z, err := zstd.NewReader(diskReader{o}, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("unpack %s: %w", path, err), f.Close())
		}
		o.reader, o.unpack = z, z.Close
	}
	return o, nil
}

// diskReader counts what is read from the file itself.
type diskReader struct{ o *opened }

// Read implements io.Reader.
func (r diskReader) Read(p []byte) (int, error) {
	n, err := r.o.file.Read(p)
	r.o.count += int64(n)
	return n, err
}

// Read implements io.Reader.
func (o *opened) Read(p []byte) (int, error) { return o.reader.Read(p) }

// skip passes over n unpacked bytes: by seeking where the file is not packed.
func (o *opened) skip(n int64) error {
	if _, plain := o.reader.(diskReader); !plain {
		_, err := io.CopyN(io.Discard, o.reader, n)
		return err
	}
	_, err := o.file.Seek(n, io.SeekCurrent)
	o.count += n
	return err
}

func (o *opened) taken() int64 { return o.count }

// Close gives the file back.
func (o *opened) Close() error {
	o.unpack()
	return o.file.Close()
}

// size is the length of a file on disk, 0 when it cannot be had: for progress alone.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
