package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// MakeFolders creates the folder at path and what is missing above it, with permissions mode, and makes their names
// durable. Those that were there already are synced too, up to the root of their file system: whoever has made them may
// have died before the sync.
func MakeFolders(path string, mode fs.FileMode) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(path, mode); err != nil {
		return err
	}
	for at, above := path, filepath.Dir(path); above != at; at, above = above, filepath.Dir(above) {
		same, err := sameFileSystem(at, above)
		if err != nil || !same {
			return err
		}
		if err := SyncFolder(above); err != nil {
			return err
		}
	}
	return nil
}

func sameFileSystem(a, b string) (bool, error) {
	var of [2]syscall.Stat_t
	for i, path := range []string{a, b} {
		if err := syscall.Stat(path, &of[i]); err != nil {
			return false, &fs.PathError{Op: "stat", Path: path, Err: err}
		}
	}
	return of[0].Dev == of[1].Dev, nil
}

// SyncFolder makes the names in a folder durable. A folder that may not be read was not made by us, and a file system
// that knows no such sync (EINVAL) needs none: both are no error.
func SyncFolder(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("sync the folder: %w", err)
	}
	return nil
}
