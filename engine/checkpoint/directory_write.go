package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/internal/durable"
	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// disk is what can fail of a disk though the file system's structure is sound.
type disk interface {
	write(f *os.File, data []byte) error
	sync(f *os.File) error
	syncDir(path string) error
}

// realDisk is the disk of the machine.
type realDisk struct{}

func (realDisk) write(f *os.File, data []byte) error {
	_, err := f.Write(data)
	return err
}

func (realDisk) sync(f *os.File) error { return f.Sync() }

func (realDisk) syncDir(path string) error {
	if err := durable.SyncFolder(path); err != nil {
		return fmt.Errorf("sync the state directory: %w", err)
	}
	return nil
}

// write writes and syncs the temporary file.
func (d *Directory) write(data []byte) (err error) {
	f, err := os.OpenFile(filepath.Join(d.dir, temporaryName), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("write the state: %w", err)
		}
	}()
	if err := d.disk.write(f, data); err != nil {
		return err
	}
	return d.disk.sync(f)
}

// keep makes name another name of the current checkpoint, in one step and in the place of what name stood for. Without a
// current checkpoint it does nothing.
func (d *Directory) keep(name string) error {
	link := filepath.Join(d.dir, linkName)
	if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keep the last checkpoint: %w", err)
	}
	err := os.Link(filepath.Join(d.dir, currentName), link)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.Rename(link, name)
	}
	if err != nil {
		return fmt.Errorf("keep the last checkpoint: %w", err)
	}
	return nil
}

// install makes the temporary file the current checkpoint.
func (d *Directory) install() error {
	if err := os.Rename(filepath.Join(d.dir, temporaryName), filepath.Join(d.dir, currentName)); err != nil {
		return fmt.Errorf("replace the checkpoint: %w", err)
	}
	if err := failpoint.Hit(failpoint.CheckpointRenamed); err != nil {
		return err
	}
	return d.disk.syncDir(d.dir)
}

// Replace implements Mender.
func (d *Directory) Replace(_ context.Context, payload []byte) (aside string, err error) {
	err = d.change(func() error {
		if err := d.write(Seal(payload)); err != nil {
			return err
		}
		if _, err := os.Lstat(filepath.Join(d.dir, currentName)); err == nil {
			if aside, err = d.freeName(); err != nil {
				return err
			}
			if err := d.keep(aside); err != nil {
				return err
			}
		}
		return d.install()
	})
	return aside, err
}

// freeName returns a path for what is kept aside.
func (d *Directory) freeName() (string, error) {
	for n := 1; ; n++ {
		path := filepath.Join(d.dir, fmt.Sprintf("%s%d", asidePrefix, n))
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		} else if err != nil {
			return "", fmt.Errorf("keep the damaged checkpoint: %w", err)
		}
	}
}

// Leftovers implements Viewer. While a pipeline runs, a checkpoint that it is just writing shows as stale.
func (d *Directory) Leftovers(context.Context) (stale, aside []string, err error) {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("look at the state directory: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(d.dir, e.Name())
		switch name := e.Name(); {
		case name == temporaryName, name == linkName:
			stale = append(stale, path)
		case strings.HasPrefix(name, asidePrefix):
			aside = append(aside, path)
		}
	}
	slices.Sort(aside)
	return stale, aside, nil
}

// Clean implements Mender.
func (d *Directory) Clean(ctx context.Context) (removed []string, err error) {
	stale, _, err := d.Leftovers(ctx)
	if err != nil {
		return nil, err
	}
	err = d.change(func() error {
		for _, path := range stale {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("remove what a crash left: %w", err)
			}
			removed = append(removed, path)
		}
		return d.disk.syncDir(d.dir)
	})
	return removed, err
}
