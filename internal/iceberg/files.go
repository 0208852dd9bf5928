package iceberg

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	iceio "github.com/apache/iceberg-go/io"
)

// fileIOProperty, among the properties of a catalog, chooses durableFS for its files.
const fileIOProperty = "iggy-flow.file-io"

// keepFiles, as a key of a context, makes Remove a no-op: iceberg-go removes the metadata of a table whose creation
// failed even when the catalog may have accepted it.
type keepFiles struct{}

// registerFiles replaces iceberg-go's local file system, whose files are never synced. The registry of iceberg-go is
// global; what other users of it in this process get stays as it was.
var registerFiles = sync.OnceFunc(func() {
	open := func(ctx context.Context, _ *url.URL, props map[string]string) (iceio.IO, error) {
		if props[fileIOProperty] == "" {
			return iceio.LocalFS{}, nil
		}
		return durableFS{keep: ctx.Value(keepFiles{}) != nil}, nil
	}
	for _, scheme := range []string{"file", ""} {
		iceio.Unregister(scheme)
		iceio.Register(scheme, open)
	}
})

// durableFS is the local file system; a file that was closed without an error survives a loss of power, and so do its
// name and the folders above it.
type durableFS struct {
	iceio.LocalFS
	keep bool
}

var (
	_ iceio.WriteFileIO = durableFS{}
	_ iceio.StatIO      = durableFS{}
)

// Create makes the file and the folders above it.
func (d durableFS) Create(name string) (iceio.FileWriter, error) { return create(name) }

// WriteFile writes a whole file.
func (d durableFS) WriteFile(name string, data []byte) error {
	f, err := create(name)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.File.Close())
	}
	return f.Close()
}

// Remove deletes a file, unless the context that opened d keeps files.
func (d durableFS) Remove(name string) error {
	if d.keep {
		return nil
	}
	return d.LocalFS.Remove(name)
}

// durableFile is a file under construction. Its content and its name are durable when Close has returned nil.
type durableFile struct{ *os.File }

func create(name string) (durableFile, error) {
	path := name
	if u, err := url.Parse(name); err == nil && u.Scheme == "file" {
		path = filepath.FromSlash(u.Path)
	}
	forgetFolders(filepath.Dir(path))
	w, err := (iceio.LocalFS{}).Create(name)
	if err != nil {
		return durableFile{}, err
	}
	return durableFile{w.(*os.File)}, nil
}

// Close syncs the file, closes it, and syncs its folder. After a failed sync the file is worthless: the kernel may have
// dropped what it could not write, and a second sync would succeed.
//
// The name of a manifest becomes durable with that of the metadata file, which lies in the same folder and is written
// behind it: only what the metadata refers to matters.
func (f durableFile) Close() error {
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.File.Close())
	}
	if err := f.File.Close(); err != nil {
		return err
	}
	if strings.HasSuffix(f.Name(), ".avro") {
		return nil
	}
	return syncFolders(filepath.Dir(f.Name()))
}

// namedFolders holds the folders whose own names were synced. It is knowledge about the file system, which all catalogs
// of the process share; it only spares syncs.
var namedFolders sync.Map

// syncFolders makes the names in folder durable, and the name of folder itself, up to one that is known to be.
func syncFolders(folder string) error {
	if err := syncFolder(folder); err != nil {
		return err
	}
	for {
		above := filepath.Dir(folder)
		if _, known := namedFolders.Load(folder); known || above == folder {
			return nil
		}
		if err := syncFolder(above); err != nil {
			return err
		}
		namedFolders.Store(folder, struct{}{})
		folder = above
	}
}

// forgetFolders takes back what is known of folders that are not there any more.
func forgetFolders(folder string) {
	for above := filepath.Dir(folder); above != folder; folder, above = above, filepath.Dir(above) {
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
			return
		}
		namedFolders.Delete(folder)
	}
}

func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if errors.Is(err, fs.ErrPermission) {
		return nil // a folder that we may not even read was not made by us
	}
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
