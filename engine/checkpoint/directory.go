package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/iggy-flow/iggy-flow/internal/durable"
	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// The files of a state directory. At every instant between the first Save and a removal by hand, current exists.
const (
	currentName   = "checkpoint"
	previousName  = "checkpoint.previous"
	temporaryName = "checkpoint.tmp"
	linkName      = "checkpoint.link"
	asidePrefix   = "checkpoint.damaged-"
	lockName      = "lock"
)

// Directory is a Store of plain files in one directory.
type Directory struct {
	dir  string
	lock *os.File // nil in a view
	disk disk
}

var (
	_ Mender = (*Directory)(nil)
	_ Viewer = (*Directory)(nil)
)

// OpenDirectory creates dir where it is missing and takes the lock on it. The error wraps ErrLocked when another process
// holds it, and then names that process.
func OpenDirectory(dir string) (*Directory, error) {
	if err := durable.MakeFolders(dir, 0o700); err != nil {
		return nil, unusable(dir, fmt.Errorf("create the state directory: %w", err))
	}
	path := filepath.Join(dir, lockName)
	lock, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unusable(dir, fmt.Errorf("open the lock of the state directory: %w", err))
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path) // for the message alone
		_ = lock.Close()               // the lock was not had
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		who := ""
		if pid := strings.TrimSpace(string(holder)); pid != "" {
			who = " (process " + pid + ")"
		}
		return nil, fmt.Errorf("%w%s: %s; stop it, or choose another directory with --state", ErrLocked, who, dir)
	}
	// The process id is a courtesy for the message above: the lock is the flock, so that a crash frees it.
	if err := lock.Truncate(0); err == nil {
		_, _ = lock.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	d := &Directory{dir: dir, lock: lock, disk: realDisk{}}
	// A directory that can be locked and not written is found now, not at the first checkpoint.
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return nil, errors.Join(unusable(dir, fmt.Errorf("write to the state directory: %w", err)), lock.Close())
	}
	return d, nil
}

// unusable says who may not use the directory, where that is the reason.
func unusable(dir string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; %s must be writable by user %d, as which this process runs: change its owner, or choose another directory with --state", err, dir, os.Geteuid())
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w; %s must be on a file system that can be written: mount it so, or choose another directory with --state", err, dir)
	default:
		return err
	}
}

// ViewDirectory looks at a state directory that another process may hold. It can be read, not written.
func ViewDirectory(dir string) (*Directory, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("look at the state directory: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("look at the state directory: %s is no directory", dir)
	}
	return &Directory{dir: dir, disk: realDisk{}}, nil
}

// Place implements Viewer.
func (d *Directory) Place() string { return d.dir }

// Load implements Store.
func (d *Directory) Load(context.Context) ([]byte, error) {
	path := filepath.Join(d.dir, currentName)
	data, err := readFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	if _, err := os.Lstat(filepath.Join(d.dir, previousName)); err == nil {
		return nil, &CorruptError{Place: path, Reason: "it is missing, but the checkpoint before it is there"}
	}
	return nil, nil
}

// LoadPrevious implements Store.
func (d *Directory) LoadPrevious(context.Context) ([]byte, error) {
	data, err := readFile(filepath.Join(d.dir, previousName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// readFile returns the payload of a checkpoint file.
func readFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	return Unseal(path, data)
}

// Save implements Store. A second name is linked to the last checkpoint before the new one takes its place, so that the
// previous one is never missing either.
func (d *Directory) Save(_ context.Context, payload []byte) error {
	return d.change(func() error {
		if err := failpoint.Hit(failpoint.CheckpointBefore); err != nil {
			return err
		}
		data := Seal(payload)
		current := filepath.Join(d.dir, currentName)
		// An attempt that failed behind its last rename has made data current already: linking that would lose the
		// checkpoint before.
		if there, err := os.ReadFile(current); err == nil && bytes.Equal(there, data) {
			return d.disk.syncDir(d.dir)
		}
		if err := d.write(data); err != nil {
			return err
		}
		if err := failpoint.Hit(failpoint.CheckpointTemporary); err != nil {
			return err
		}
		if err := d.keep(filepath.Join(d.dir, previousName)); err != nil {
			return err
		}
		if err := failpoint.Hit(failpoint.CheckpointLinked); err != nil {
			return err
		}
		if err := d.install(); err != nil {
			return err
		}
		return failpoint.Hit(failpoint.CheckpointAfter)
	})
}

// change runs a step that writes, if this process still holds the directory, and says of its error whether trying again
// makes sense. A descriptor whose sync failed is never tried again: the kernel may have dropped the pages, so every
// attempt writes a new file.
func (d *Directory) change(step func() error) error {
	if d.lock == nil {
		return errors.New("write the state: the directory is only being looked at: this is a bug in iggy-flow")
	}
	if err := d.held(); err != nil {
		return err
	}
	err := step()
	if err == nil {
		return nil
	}
	for _, passing := range []error{unix.ENOSPC, unix.EDQUOT, unix.EIO} {
		if errors.Is(err, passing) {
			return fmt.Errorf("%w: %s: %w", ErrUnavailable, d.dir, err)
		}
	}
	return unusable(d.dir, err)
}

// held reports whether the lock is still the one of the directory. It is not when the directory was moved away or its
// lock removed: then another process may hold a new one.
func (d *Directory) held() error {
	ours, err := d.lock.Stat()
	if errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("%w: this process has closed %s", ErrOvertaken, d.dir)
	}
	if err != nil {
		return fmt.Errorf("look at the lock of the state directory: %w", err)
	}
	there, err := os.Stat(filepath.Join(d.dir, lockName))
	if err != nil || !os.SameFile(ours, there) {
		return fmt.Errorf("%w: the lock in %s is not the one that this process took: the directory was moved away, or its lock removed", ErrOvertaken, d.dir)
	}
	return nil
}

// Close implements Store.
func (d *Directory) Close() error {
	if d.lock == nil {
		return nil
	}
	return d.lock.Close()
}
